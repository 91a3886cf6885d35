import type { EmulatorOptions } from "./index.js";

/** Return a setup function that starts an emulator with these options and returns a teardown function. */
export function createGlobalSetup(options?: EmulatorOptions): () => Promise<(() => Promise<void>) | undefined>;

declare const globalSetup: ReturnType<typeof createGlobalSetup>;
export default globalSetup;
