// Functions that run Appwrite's CLI for these tests, and the resources that the tests push.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { PROJECT } from "./emulator.mjs";

const CLI = fileURLToPath(new URL("node_modules/appwrite-cli/index.js", import.meta.url));

/** Appwrite's CLI in its own folder, where it stores its session and the project file. */
export class CommandLine {
  static async create() {
    return new CommandLine(await mkdtemp(path.join(tmpdir(), "appwrite-cli-")));
  }

  constructor(folder) {
    this.folder = folder;
    this.file = path.join(folder, "appwrite.config.json");
  }

  /** Run a command and return its output. Throw an error if the command fails. */
  run = async (...args) => {
    const options = { cwd: this.folder, env: { ...process.env, HOME: this.folder }, timeout: 60_000 };
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], options);
    return stdout;
  };

  config = async () => JSON.parse(await readFile(this.file, "utf8"));
  setConfig = (content) => writeFile(this.file, JSON.stringify({ projectId: PROJECT, ...content }));
  remove = () => rm(this.folder, { recursive: true });
}

export const field = (key, type, fields) => ({ key, type, required: false, array: false, ...fields });
export const column = (key, type, fields) => field(key, type, { default: null, ...fields });
export const text = (key, fields) => column(key, "string", { size: 100, encrypt: false, ...fields });
export const relation = (key, fields) =>
  field(key, "relationship", { relationType: "manyToOne", twoWay: true, onDelete: "setNull", ...fields });
export const table = (fields) => ({
  $permissions: ['read("any")'],
  databaseId: "blog",
  enabled: true,
  rowSecurity: false,
  indexes: [],
  ...fields,
});

export const OTHERS = {
  buckets: [
    {
      $id: "pictures",
      $permissions: ['read("any")'],
      name: "Pictures",
      enabled: true,
      fileSecurity: true,
      maximumFileSize: 1_000_000,
      allowedFileExtensions: ["png"],
      compression: "gzip",
      encryption: false,
      antivirus: false,
    },
  ],
  teams: [{ $id: "editors", name: "Editors" }],
  topics: [{ $id: "news", name: "News", subscribe: ["any"] }],
};

export const HELLO = {
  $id: "hello",
  name: "Hello",
  runtime: "node-22",
  specification: "s-1vcpu-512mb",
  execute: ["any"],
  events: [],
  schedule: "",
  timeout: 20,
  enabled: true,
  logging: true,
  entrypoint: "main.js",
  commands: "",
  scopes: ["users.read"],
  path: "functions/Hello",
};
