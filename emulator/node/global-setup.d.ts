import type { EmulatorOptions } from "./index.js";

/** Return a global setup that starts an emulator with these options, and returns the teardown. */
export function createGlobalSetup(options?: EmulatorOptions): () => Promise<(() => Promise<void>) | undefined>;

declare const globalSetup: ReturnType<typeof createGlobalSetup>;
export default globalSetup;
