import type { TestAPI } from "vitest";

import type { Project } from "./index.js";

export interface AppwriteFixtures {
  /** The worker's project, reset before the test. */
  appwrite: Project;
  /** Checkpoint that each test starts from; "" is the initial data. */
  appwriteCheckpoint: string;
}

export const test: TestAPI<AppwriteFixtures>;
export const it: TestAPI<AppwriteFixtures>;
