// The `appwrite` fixture for Vitest: a project for each worker, reset before each test that uses it.

import { test as base } from "vitest";

import { connectToEmulator } from "./index.js";

export const test = base.extend({
  appwriteCheckpoint: "",
  appwrite: async ({ appwriteCheckpoint }, use) => {
    const project = await connectToEmulator().openProject(`worker-${process.env.VITEST_POOL_ID}`);
    await project.reset(appwriteCheckpoint);
    await use(project);
  },
});

export const it = test;
