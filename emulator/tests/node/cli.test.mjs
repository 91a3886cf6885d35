// Appwrite's CLI with an API key works as docs/emulator.md describes.

import assert from "node:assert/strict";
import { afterEach, beforeEach, it } from "node:test";

import { Client, Functions, Query, TablesDB } from "node-appwrite";

import { column, CommandLine, HELLO, OTHERS, relation, table, text } from "./cli.mjs";
import { ENDPOINT, KEY, PROJECT, reset } from "./emulator.mjs";

const server = new Client().setEndpoint(ENDPOINT).setProject(PROJECT).setKey(KEY);
const tables = new TablesDB(server);

let appwrite, config, setConfig, remove;

beforeEach(async () => {
  await reset();
  ({ run: appwrite, config, setConfig, remove } = await CommandLine.create());
  await appwrite("client", "--endpoint", ENDPOINT, "--project-id", PROJECT, "--key", KEY);
});
afterEach(() => remove());

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
it("pulls the tables, buckets, teams and topics that it pushed", async () => {
  const pushed = { ...BLOG, ...OTHERS };
  const kinds = ["tables", ...Object.keys(OTHERS)];
  await setConfig(pushed);
  for (const kind of kinds) await appwrite("push", kind, "--all", "--force");
  await setConfig({});
  for (const kind of kinds) await appwrite("pull", kind, "--all", "--force");
  const pulled = await config();
  // The CLI creates tables concurrently, so their order varies.
  pulled.tables.sort((one, other) => one.$id.localeCompare(other.$id));
  assert.deepEqual(pulled, { projectId: PROJECT, ...pushed });
  // Without --force, the CLI asks for confirmation.
  assert.match(await appwrite("push", "tables", "--all"), /Successfully pushed 0 tables/);
});

it("changes columns and indexes, and deletes tables that are no longer in the file", async () => {
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

it("updates and pulls the settings of a function", async () => {
  const functions = new Functions(server);
  await appwrite("functions", "create", "--function-id", "hello", "--name", "Hello", "--runtime", "node-22");
  await setConfig({ functions: [HELLO] });
  await appwrite("push", "functions", "--all", "--force", "--no-code");
  const { timeout, scopes, execute } = await functions.get({ functionId: "hello" });
  assert.deepEqual({ timeout, scopes, execute }, { timeout: 20, scopes: ["users.read"], execute: ["any"] });
  await setConfig({});
  await appwrite("pull", "functions", "--all", "--no-code");
  assert.deepEqual(await config(), { projectId: PROJECT, functions: [HELLO] });
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
