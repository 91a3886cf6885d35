// Other clients of the emulator: old SDK versions, the data providers of admin frameworks, and RxDB.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { beforeEach, describe, it } from "node:test";

import { dataProvider as refineDataProvider, liveProvider as refineLiveProvider } from "@refinedev/appwrite";
import { Databases, ID, Permission, Role, TablesDB } from "node-appwrite";
import * as old from "node-appwrite-14";
import { createRxDatabase } from "rxdb/plugins/core";
import { replicateAppwrite } from "rxdb/plugins/replication-appwrite";
import { getRxStorageMemory } from "rxdb/plugins/storage-memory";

import { open } from "./browser.mjs";
import { BOOKS, ENDPOINT, KEY, PASSWORD, PICTURE, PROJECT, failure, link, mailed, reset, server } from "./emulator.mjs";

// These packages do not declare their modules as ES modules, so older Node versions can only `require` them.
const require = createRequire(import.meta.url);
const { appWriteDataProvider } = require("ra-appwrite/lib/appWriteDataProvider.js"); // the package's index needs React
const web = { newest: require("appwrite-28"), old: require("appwrite-16") };

// Node has had a built-in WebSocket since version 22.
globalThis.WebSocket ??= require("ws").WebSocket;

const tables = new TablesDB(server);
const databases = new Databases(server);
const ANYONE = ["read", "create", "update", "delete"].map((action) => Permission[action](Role.any()));
const LOCATION = { databaseId: BOOKS.databaseId, collectionId: BOOKS.tableId };

beforeEach(async () => {
  await reset();
  open();
});

/** Create a table that anyone can read and change. */
async function createBooks(...columns) {
  await tables.create({ databaseId: BOOKS.databaseId, name: "Library" });
  const standard = [
    { key: "title", type: "string", size: 100, required: true },
    { key: "pages", type: "integer" },
  ];
  const table = { ...BOOKS, name: "Books", permissions: ANYONE, rowSecurity: true };
  await tables.createTable({ ...table, columns: [...standard, ...columns] });
}

/** Wait until the function returns the expected value. */
async function eventually(read, expected) {
  for (let i = 0; i < 100; i++) {
    try {
      assert.deepEqual(await read(), expected);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  assert.deepEqual(await read(), expected);
}

describe("node-appwrite 14", () => {
  const client = new old.Client().setEndpoint(ENDPOINT).setProject(PROJECT).setKey(KEY);

  it("creates a collection with attributes and an index, and finds documents", async () => {
    const api = new old.Databases(client);
    await api.create("lib", "Library");
    await api.createCollection("lib", "books", "Books", [old.Permission.read(old.Role.any())], true);
    await api.createStringAttribute("lib", "books", "title", 100, true);
    await api.createIntegerAttribute("lib", "books", "pages", false, 0, 5000, 100);
    await api.createIndex("lib", "books", "by_title", old.IndexType.Key, ["title"], ["ASC"]);
    assert.deepEqual(
      (await api.listAttributes("lib", "books")).attributes.map(({ key, status }) => [key, status]),
      [
        ["title", "available"],
        ["pages", "available"],
      ],
    );
    const document = await api.createDocument("lib", "books", "sult", { title: "Sult" });
    assert.deepEqual([document.title, document.pages, document.$collectionId], ["Sult", 100, "books"]);
    await api.updateDocument("lib", "books", "sult", { pages: 200 });
    const found = await api.listDocuments("lib", "books", [old.Query.greaterThan("pages", 150)]);
    assert.deepEqual([found.total, found.documents[0].$id], [1, "sult"]);
    await api.deleteDocument("lib", "books", "sult");
    await assert.rejects(api.getDocument("lib", "books", "sult"), failure("document_not_found", 404));
  });

  it("manages users and signs them in", async () => {
    const users = new old.Users(client);
    await users.create("ada", "ada@example.com", undefined, PASSWORD, "Ada");
    const session = await new old.Account(client).createEmailPasswordSession("ada@example.com", PASSWORD);
    const signedIn = new old.Client().setEndpoint(ENDPOINT).setProject(PROJECT).setSession(session.secret);
    assert.equal((await new old.Account(signedIn).get()).name, "Ada");
    assert.equal((await users.list([old.Query.equal("name", "Ada")])).total, 1);
  });

  it("uploads and downloads a file", async () => {
    const { InputFile } = await import("node-appwrite-14/file");
    const storage = new old.Storage(client);
    await storage.createBucket("files", "Files");
    await storage.createFile("files", "red", InputFile.fromBuffer(PICTURE, "red.png"));
    assert.deepEqual(Buffer.from(await storage.getFileDownload("files", "red")), PICTURE);
  });
});

describe("appwrite 16 and 28 in a page", () => {
  for (const [version, sdk] of Object.entries(web)) {
    it(`${version}: a user signs in by link and code, and owns a row`, async () => {
      await createBooks();
      const client = new sdk.Client().setEndpoint(ENDPOINT).setProject(PROJECT);
      const account = new sdk.Account(client);
      await account.createMagicURLToken("ada", "ada@example.com", "http://localhost/callback");
      const { userId, secret } = await link("ada@example.com");
      await account.createSession(userId, secret);
      assert.equal((await account.get()).email, "ada@example.com");
      const api = new sdk.Databases(client);
      const owner = [sdk.Permission.read(sdk.Role.user("ada"))];
      await api.createDocument("lib", "books", "sult", { title: "Sult" }, owner);
      assert.equal((await api.listDocuments("lib", "books", [sdk.Query.equal("title", "Sult")])).total, 1);
      await account.deleteSession("current");
      await account.createEmailToken("ada", "ada@example.com");
      await account.createSession("ada", (await mailed("ada@example.com")).code);
      assert.equal((await account.listSessions()).total, 1);
    });

    it(`${version}: a subscription gets the event of a new row`, async () => {
      await createBooks();
      const client = new sdk.Client().setEndpoint(ENDPOINT).setProject(PROJECT);
      const titles = [];
      const unsubscribe = client.subscribe("databases.lib.collections.books.documents", ({ payload }) =>
        titles.push(payload.title),
      );
      try {
        await eventually(async () => {
          await tables.createRow({ ...BOOKS, rowId: ID.unique(), data: { title: "Sult" } });
          return titles[0];
        }, "Sult");
      } finally {
        await unsubscribe();
      }
    });
  }
});

describe("the data provider of refine", () => {
  const resource = BOOKS.tableId;
  const provider = () =>
    refineDataProvider(new web.old.Client().setEndpoint(ENDPOINT).setProject(PROJECT), { databaseId: "lib" });

  it("creates, changes and deletes records", async () => {
    await createBooks();
    const api = provider();
    const { data: made } = await api.create({ resource, variables: { title: "Sult", pages: 200 } });
    const { data: changed } = await api.update({ resource, id: made.id, variables: { pages: 201 } });
    assert.deepEqual([changed.id, changed.title, changed.pages], [made.id, "Sult", 201]);
    assert.equal((await api.getOne({ resource, id: made.id })).data.pages, 201);
    await api.deleteOne({ resource, id: made.id });
    await assert.rejects(api.getOne({ resource, id: made.id }), failure("document_not_found", 404));
  });

  it("lists pages with filters and sorting", async () => {
    await createBooks();
    const api = provider();
    const variables = [1, 2, 3, 4].map((pages) => ({ title: `Book ${pages}`, pages }));
    await api.createMany({ resource, variables });
    const list = (options) => api.getList({ resource, ...options });
    const page = await list({
      filters: [{ field: "pages", operator: "gte", value: 2 }],
      sorters: [{ field: "pages", order: "desc" }],
      pagination: { currentPage: 2, pageSize: 2 },
    });
    assert.deepEqual([page.total, page.data.map((one) => one.title)], [3, ["Book 2"]]);
    const either = [
      { field: "title", operator: "eq", value: "Book 1" },
      { field: "title", operator: "startswith", value: "Book 4" },
    ];
    const found = await list({ filters: [{ operator: "or", value: either }] });
    assert.deepEqual(found.data.map((one) => one.pages).sort(), [1, 4]);
    const ids = found.data.map((one) => one.id);
    assert.equal((await api.getMany({ resource, ids })).data.length, 2);
    await api.deleteMany({ resource, ids });
    assert.equal((await list()).total, 2);
  });
});

describe("the live provider of refine", () => {
  const resource = BOOKS.tableId;
  const channel = `resources/${resource}`;
  const live = () =>
    refineLiveProvider(new web.old.Client().setEndpoint(ENDPOINT).setProject(PROJECT), { databaseId: BOOKS.databaseId });

  it("notifies lists and records of the changes they subscribe to", async () => {
    await createBooks();
    const api = live();
    const [all, created, ofOne] = [[], [], []];
    const note = (events) => ({ type, payload }) => events.push([type, payload.$id]);
    const subscriptions = [
      api.subscribe({ channel, types: ["*"], callback: note(all) }),
      api.subscribe({ channel, types: ["created"], callback: note(created) }),
      api.subscribe({ channel, types: ["*"], params: { ids: ["one"] }, callback: note(ofOne) }),
    ];
    try {
      await eventually(async () => {
        await tables.createRow({ ...BOOKS, rowId: ID.unique(), data: { title: "Before" } });
        return all.length > 0 && created.length > 0;
      }, true);
      for (const events of [all, created, ofOne]) events.length = 0;
      const row = (rowId) => ({ ...BOOKS, rowId });
      await tables.createRow({ ...row("one"), data: { title: "Sult" } });
      await tables.createRow({ ...row("two"), data: { title: "Pan" } });
      await tables.updateRow({ ...row("one"), data: { pages: 200 } });
      await tables.deleteRow(row("one"));
      await eventually(async () => all.filter(([, id]) => ["one", "two"].includes(id)).length, 4);
      // Refine 8.0.1 reports an update event by its full name, because its conversion to "updated" lacks a `return`.
      const updated = "tablesdb.lib.tables.books.rows.one.update";
      const types = (events, id) => events.filter((event) => event[1] === id).map(([type]) => type);
      assert.deepEqual(types(all, "one"), ["created", updated, "deleted"]);
      assert.deepEqual(types(ofOne, "one"), ["created", updated, "deleted"]);
      assert.deepEqual([types(all, "two"), types(created, "two"), types(ofOne, "two")], [["created"], ["created"], []]);
      assert.deepEqual(types(created, "one"), ["created"]);
    } finally {
      for (const unsubscribe of subscriptions) await api.unsubscribe(unsubscribe);
    }
  });
});

describe("the data provider of react-admin", () => {
  const resource = BOOKS.tableId;

  it("creates, lists, changes and deletes records", async () => {
    await createBooks();
    const client = new web.old.Client().setEndpoint(ENDPOINT).setProject(PROJECT);
    const api = appWriteDataProvider({ client, databaseId: "lib", collectionIds: { [resource]: BOOKS.tableId } });
    for (const pages of [3, 1, 2]) await api.create(resource, { data: { title: `Book ${pages}`, pages } });
    const sorted = await api.getList(resource, {
      filter: { pages_gte: 2 },
      sort: { field: "pages", order: "ASC" },
      pagination: { page: 1, perPage: 10 },
    });
    assert.deepEqual([sorted.total, sorted.data.map((one) => one.pages)], [2, [2, 3]]);
    const [book] = sorted.data;
    await api.update(resource, { id: book.id, data: { pages: 20 }, previousData: book });
    assert.equal((await api.getOne(resource, { id: book.id })).data.pages, 20);
    await api.delete(resource, { id: book.id, previousData: book });
    const ids = (await tables.listRows(BOOKS)).rows.map((row) => row.$id);
    assert.equal(ids.includes(book.id), false);
    assert.equal((await api.getMany(resource, { ids })).data.length, 2);
  });
});

describe("RxDB", () => {
  it("replicates documents in both directions", async () => {
    await createBooks({ key: "deleted", type: "boolean", required: true });
    await databases.createDocument({ ...LOCATION, documentId: "sult", data: { title: "Sult", pages: 1, deleted: false } });
    const storage = getRxStorageMemory();
    const local = await createRxDatabase({ name: "library", storage, multiInstance: false });
    const properties = { id: { type: "string", maxLength: 40 }, title: { type: "string" }, pages: { type: "number" } };
    const schema = { version: 0, type: "object", primaryKey: "id", properties, required: ["id", "title", "pages"] };
    const { books } = await local.addCollections({ books: { schema } });
    const replication = replicateAppwrite({
      replicationIdentifier: "books",
      client: new web.old.Client().setEndpoint(ENDPOINT).setProject(PROJECT),
      ...LOCATION,
      deletedField: "deleted",
      collection: books,
      live: true,
      pull: { batchSize: 10 },
      push: { batchSize: 10 },
    });
    const errors = [];
    replication.error$.subscribe((error) => errors.push(error));
    const stored = async () => (await books.find().exec()).map((book) => book.title).sort();
    const onServer = async () => (await tables.listRows(BOOKS)).rows.map((row) => row.title).sort();
    try {
      await replication.awaitInitialReplication();
      assert.deepEqual(await stored(), ["Sult"]);
      await books.insert({ id: "pan", title: "Pan", pages: 2 });
      await eventually(onServer, ["Pan", "Sult"]);
      await tables.createRow({ ...BOOKS, rowId: "victoria", data: { title: "Victoria", pages: 3, deleted: false } });
      await eventually(stored, ["Pan", "Sult", "Victoria"]);
      await (await books.findOne("sult").exec()).patch({ title: "Sult (1890)" });
      await eventually(onServer, ["Pan", "Sult (1890)", "Victoria"]);
      await (await books.findOne("pan").exec()).remove();
      await eventually(async () => (await tables.getRow({ ...BOOKS, rowId: "pan" })).deleted, true);
      assert.deepEqual(errors, []);
    } finally {
      await replication.cancel();
      await local.close();
    }
  });
});
