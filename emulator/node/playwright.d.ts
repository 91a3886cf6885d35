import type {
  PlaywrightTestArgs,
  PlaywrightTestOptions,
  PlaywrightWorkerArgs,
  PlaywrightWorkerOptions,
  TestType,
} from "@playwright/test";

import type { Project } from "./index.js";

export { expect } from "@playwright/test";

export interface AppwriteFixtures {
  /** The worker's project, reset before the test. */
  appwrite: Project;
  /** Checkpoint that each test starts from; "" is the initial data. */
  appwriteCheckpoint: string;
}

export interface AppwriteWorkerFixtures {
  /** The worker's project, without a reset before each test, for fixtures that prepare a checkpoint. */
  appwriteProject: Project;
}

export const test: TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & AppwriteFixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & AppwriteWorkerFixtures
>;
