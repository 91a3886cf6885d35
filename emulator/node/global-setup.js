// Global setup for Vitest, Playwright and Jest: one emulator for the whole run. Workers find it through the same
// environment variables that `appwrite-emulator exec` sets. If that command runs the tests, its emulator is used.

import { startEmulator } from "./index.js";

export function createGlobalSetup(options = {}) {
  return async () => {
    if (await isEmulator(process.env.APPWRITE_ENDPOINT)) return undefined;
    const emulator = await startEmulator(options);
    process.env.APPWRITE_ENDPOINT = emulator.endpoint;
    process.env.APPWRITE_PROJECT_ID = emulator.project;
    process.env.APPWRITE_API_KEY = emulator.key;
    return () => emulator.stop();
  };
}

/** Return whether the server at this endpoint is an emulator. It could also be a real Appwrite server. */
async function isEmulator(endpoint) {
  if (!endpoint) return false;
  try {
    const response = await fetch(new URL("/_emulator/health", endpoint));
    return response.ok && "appwrite" in (await response.json());
  } catch {
    return false;
  }
}

export default createGlobalSetup();
