// Appwrite's CLI, signed in to the console, works as docs/emulator.md describes.

import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { it } from "node:test";

import { Client, Functions } from "node-appwrite";

import { startEmulator } from "../../node/index.js";
import { CommandLine, HELLO, OTHERS, table, text } from "./cli.mjs";
import { KEY, PASSWORD, PROJECT } from "./emulator.mjs";

const OFF = ["avatars", "magic-url"];
const switches = (names, on) => Object.fromEntries(names.split(" ").map((name) => [name, on || !OFF.includes(name)]));
/** Return settings in the project file's format. Unless `on` is true, the settings in OFF are disabled. */
const settings = (on, security) => ({
  services: switches("account avatars databases locale health storage teams users sites functions graphql messaging", on),
  auth: { methods: switches("jwt phone invites anonymous email-otp magic-url email-password", on), security },
});
const UNCHANGED = settings(true, {
  duration: 31_536_000,
  limit: 0,
  sessionsLimit: 0,
  passwordHistory: 0,
  passwordDictionary: false,
  personalDataCheck: false,
  sessionAlerts: false,
  mockNumbers: [],
});
const CHANGED = settings(false, {
  duration: 3600,
  limit: 10,
  sessionsLimit: 5,
  passwordHistory: 3,
  passwordDictionary: true,
  personalDataCheck: true,
  sessionAlerts: true,
  mockNumbers: [{ phone: "+4722334455", otp: "123456" }],
});

it("signs in and pulls the project it pushed, with its settings and the code of its functions", async () => {
  const { folder, run: appwrite, config, setConfig, remove } = await CommandLine.create();
  const email = "admin@example.com";
  const emulator = await startEmulator({
    key: KEY,
    runFunctions: true,
    fastHashes: true,
    args: ["--console-user", `${email}:${PASSWORD}`],
  });
  try {
    await appwrite("login", "--email", email, "--password", PASSWORD, "--endpoint", emulator.endpoint);
    assert.match(await appwrite("whoami", "--json"), new RegExp(`Email: '${email}'`));
    await setConfig({});
    await appwrite("pull", "settings");
    assert.deepEqual((await config()).settings, UNCHANGED);

    const notes = table({ $id: "notes", name: "Notes", columns: [text("body")] });
    const pushed = {
      projectName: "Blog",
      settings: CHANGED,
      functions: [{ ...HELLO, execute: ["any"], path: "functions/Hello" }],
      tablesDB: [{ $id: "blog", name: "Blog", enabled: true }],
      tables: [notes],
      ...OTHERS,
    };
    const code = path.join(folder, "functions", "Hello", "main.js");
    await mkdir(path.dirname(code), { recursive: true });
    await writeFile(code, 'export default ({ res }) => res.text("Hello");');
    await setConfig(pushed);
    await appwrite("push", "all", "--all", "--force");
    await appwrite("push", "settings", "--all", "--force");
    const functions = new Functions(new Client().setEndpoint(emulator.endpoint).setProject(PROJECT).setKey(KEY));
    assert.equal((await functions.createExecution({ functionId: "hello" })).responseBody, "Hello");
    const { project } = await emulator.control("GET", "export");
    assert.match(project.proxyRules[0].domain, /^[0-9a-f]{20}\.functions\.localhost$/);

    await rm(path.join(folder, "functions"), { recursive: true });
    await setConfig({});
    await appwrite("pull", "all", "--all", "--force");
    assert.deepEqual(await config(), { projectId: PROJECT, ...pushed });
    assert.match(await readFile(code, "utf8"), /Hello/);

    const preferences = JSON.parse(await readFile(path.join(folder, ".appwrite", "prefs.json"), "utf8"));
    const { cookie } = preferences[preferences.current];
    const statusOfAccount = async () => (await fetch(`${emulator.endpoint}/account`, { headers: { cookie } })).status;
    assert.equal(await statusOfAccount(), 200);
    await appwrite("logout");
    assert.equal(await statusOfAccount(), 401);
  } finally {
    await emulator.stop();
    await remove();
  }
});
