// The `appwrite` fixture for Playwright: a project for each worker, reset before each test that uses it.

import { test as base } from "@playwright/test";

import { connectToEmulator } from "./index.js";

export { expect } from "@playwright/test";

export const test = base.extend({
  appwriteCheckpoint: ["", { option: true }],
  appwriteProject: [
    // Playwright reads fixture names from the first parameter, so it must be a destructured object.
    async ({}, use, { parallelIndex }) => use(await connectToEmulator().openProject(`worker-${parallelIndex}`)),
    { scope: "worker" },
  ],
  appwrite: async ({ appwriteProject, appwriteCheckpoint }, use) => {
    await appwriteProject.reset(appwriteCheckpoint);
    await use(appwriteProject);
  },
});
