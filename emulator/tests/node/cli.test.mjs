// The emulator through Appwrite's command line, with an API key: what docs/emulator.md says about it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { Client, Functions, Query, TablesDB } from "node-appwrite";

import { ENDPOINT, KEY, PROJECT, reset } from "./emulator.mjs";

const CLI = fileURLToPath(new URL("node_modules/appwrite-cli/index.js", import.meta.url));
const server = new Client().setEndpoint(ENDPOINT).setProject(PROJECT).setKey(KEY);
const tables = new TablesDB(server);

let folder;

/** Run the command line in the folder of this test; return what it prints. It fails if the command does. */
async function appwrite(...args) {
  // The command line keeps endpoint and key in the home folder.
  const options = { cwd: folder, env: { ...process.env, HOME: folder }, timeout: 60_000 };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], options);
  return stdout;
}

const file = () => path.join(folder, "appwrite.config.json");
const config = async () => JSON.parse(await readFile(file(), "utf8"));
const setConfig = (content) => writeFile(file(), JSON.stringify({ projectId: PROJECT, ...content }));

beforeEach(async () => {
  await reset();
  folder = await mkdtemp(path.join(tmpdir(), "appwrite-cli-"));
  await appwrite("client", "--endpoint", ENDPOINT, "--project-id", PROJECT, "--key", KEY);
});
afterEach(() => rm(folder, { recursive: true }));

const field = (key, type, fields) => ({ key, type, required: false, array: false, ...fields });
const column = (key, type, fields) => field(key, type, { default: null, ...fields });
const text = (key, fields) => column(key, "string", { size: 100, encrypt: false, ...fields });
const relation = (key, fields) =>
  field(key, "relationship", { relationType: "manyToOne", twoWay: true, onDelete: "setNull", ...fields });
const table = (fields) => ({
  $permissions: ['read("any")'],
  databaseId: "blog",
  enabled: true,
  rowSecurity: false,
  indexes: [],
  ...fields,
});

const AUTHORS = table({
  $id: "authors",
  name: "Authors",
  columns: [
    text("name", { required: true }),
    column("email", "string", { format: "email" }),
    relation("posts", { relatedTable: "posts", twoWayKey: "author", side: "child" }),
  ],
});
const POSTS = table({
  $id: "posts",
  name: "Posts",
  rowSecurity: true,
  columns: [
    text("title", { required: true }),
    text("tags", { array: true }),
    column("link", "string", { format: "url" }),
    column("host", "string", { format: "ip" }),
    column("state", "string", { format: "enum", elements: ["draft", "published"], default: "draft" }),
    column("likes", "integer", { min: 0, max: 1000, default: 0 }),
    column("score", "double", { min: 0, max: 1.5 }),
    column("open", "boolean", { default: false }),
    column("at", "datetime", { format: "" }),
    column("place", "point"),
    column("way", "linestring"),
    column("area", "polygon"),
    relation("author", { relatedTable: "authors", twoWayKey: "posts", side: "parent" }),
  ],
  indexes: [
    { key: "by_title", type: "key", status: "available", columns: ["title"], orders: ["ASC"] },
    { key: "words", type: "fulltext", status: "available", columns: ["title"], orders: [] },
  ],
});
const BLOG = { tablesDB: [{ $id: "blog", name: "Blog", enabled: true }], tables: [AUTHORS, POSTS] };
const OTHERS = {
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

it("pulls the tables, buckets, teams and topics that it has pushed", async () => {
  const pushed = { ...BLOG, ...OTHERS };
  const kinds = ["tables", ...Object.keys(OTHERS)];
  await setConfig(pushed);
  for (const kind of kinds) await appwrite("push", kind, "--all", "--force");
  await setConfig({});
  for (const kind of kinds) await appwrite("pull", kind, "--all", "--force");
  const pulled = await config();
  // The command line creates tables at the same time, so that their order varies.
  pulled.tables.sort((one, other) => one.$id.localeCompare(other.$id));
  assert.deepEqual(pulled, { projectId: PROJECT, ...pushed });
  // Without --force, a change would need an answer.
  assert.match(await appwrite("push", "tables", "--all"), /Successfully pushed 0 tables/);
});

it("changes columns and indexes, and deletes tables that the file no longer has", async () => {
  const notes = table({ $id: "notes", name: "Notes", columns: [text("body"), column("likes", "integer")] });
  const drafts = table({ $id: "drafts", name: "Drafts", columns: [text("body")] });
  await setConfig({ ...BLOG, tables: [notes, drafts] });
  await appwrite("push", "tables", "--all", "--force");

  const columns = [text("body"), column("likes", "integer", { min: 1, max: 5 }), text("extra")];
  const indexes = [{ key: "once", type: "unique", columns: ["extra"], orders: ["DESC"] }];
  await setConfig({ ...BLOG, tables: [{ ...notes, name: "All notes", columns, indexes }] });
  await appwrite("push", "tables", "--all", "--force");

  const { total, tables: found } = await tables.listTables({ databaseId: "blog" });
  assert.equal(total, 1);
  assert.equal(found[0].name, "All notes");
  assert.deepEqual(found[0].columns.map(({ key, max }) => [key, max]), [
    ["body", undefined],
    ["likes", 5],
    ["extra", undefined],
  ]);
  assert.deepEqual(found[0].indexes.map(({ key, type }) => [key, type]), [["once", "unique"]]);
});

it("updates the settings of a function, and pulls them", async () => {
  const functions = new Functions(server);
  await appwrite("functions", "create", "--function-id", "hello", "--name", "Hello", "--runtime", "node-22");
  const hello = {
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
  await setConfig({ functions: [hello] });
  await appwrite("push", "functions", "--all", "--force", "--no-code");
  const { timeout, scopes, execute } = await functions.get({ functionId: "hello" });
  assert.deepEqual({ timeout, scopes, execute }, { timeout: 20, scopes: ["users.read"], execute: ["any"] });
  await setConfig({});
  await appwrite("pull", "functions", "--all", "--no-code");
  assert.deepEqual(await config(), { projectId: PROJECT, functions: [hello] });
});

it("creates, changes and lists rows", async () => {
  await setConfig({ ...BLOG, tables: [table({ $id: "notes", name: "Notes", columns: [text("body")] })] });
  await appwrite("push", "tables", "--all", "--force");
  const rows = (command, ...args) =>
    appwrite("tables-db", command, "--database-id", "blog", "--table-id", "notes", ...args, "--json");
  await rows("create-row", "--row-id", "one", "--data", '{"body": "first"}');
  await rows("upsert-row", "--row-id", "two", "--data", '{"body": "second"}');
  await rows("update-row", "--row-id", "two", "--data", '{"body": "changed"}');
  await rows("delete-row", "--row-id", "one");
  const listed = JSON.parse(await rows("list-rows", "--queries", Query.equal("body", "changed")));
  assert.deepEqual(listed.rows.map(({ $id, body }) => [$id, body]), [["two", "changed"]]);
});
