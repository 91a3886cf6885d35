// node-appwrite as a server uses it, with an API key or with a user's session.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, describe, it } from "node:test";

import {
  Account,
  AppwriteException,
  Client,
  ID,
  OAuthProvider,
  Operator,
  Permission,
  Query,
  Role,
  Storage,
  TablesDB,
  Teams,
  Tokens,
  Users,
} from "node-appwrite";
import { InputFile } from "node-appwrite/file";

import {
  BOOKS,
  CALLBACK,
  COLUMNS,
  ENDPOINT,
  INDEXES,
  KEY,
  ORIGIN,
  PASSWORD,
  PICTURE,
  PROJECT,
  link,
  mailed,
  failure,
  reset,
} from "./emulator.mjs";

const guest = () => new Client().setEndpoint(ENDPOINT).setProject(PROJECT);
const server = guest().setKey(KEY);
const signedIn = (session) => guest().setSession(session.secret);

const account = new Account(server);
const users = new Users(server);
const teams = new Teams(server);
const tables = new TablesDB(server);
const storage = new Storage(server);

beforeEach(reset);

/** Create a user and a session. Return a client with this session. */
async function signedInClient(name, fields = {}) {
  const userId = name.toLowerCase();
  await users.create({ userId, email: `${userId}@example.com`, name, ...fields });
  return signedIn(await users.createSession({ userId }));
}

describe("users", () => {
  it("are created, found, labelled and deleted", async () => {
    const made = await users.create({ userId: "alice", email: "alice@example.com", password: PASSWORD, name: "Alice" });
    assert.deepEqual([made.$id, made.email, made.status, made.labels], ["alice", "alice@example.com", true, []]);
    await users.create({ userId: ID.unique(), email: "bob@example.com", name: "Bob" });
    const found = await users.list({ queries: [Query.equal("email", "alice@example.com")] });
    assert.deepEqual([found.total, found.users[0].name], [1, "Alice"]);
    assert.equal((await users.list({ search: "bob" })).users[0].name, "Bob");
    assert.deepEqual((await users.updateLabels({ userId: "alice", labels: ["admin"] })).labels, ["admin"]);
    assert.deepEqual((await users.list({ queries: [Query.contains("labels", ["admin"])] })).total, 1);
    await users.delete({ userId: "alice" });
    await assert.rejects(users.get({ userId: "alice" }), failure("user_not_found", 404));
  });

  it("are listed in pages by cursor", async () => {
    for (const userId of ["ada", "bea", "cleo"]) await users.create({ userId });
    const first = await users.list({ queries: [Query.limit(2)] });
    const rest = await users.list({ queries: [Query.limit(2), Query.cursorAfter(first.users[1].$id)] });
    assert.deepEqual(
      [...first.users, ...rest.users].map((user) => user.$id),
      ["ada", "bea", "cleo"],
    );
    assert.equal((await users.list({ total: false })).users.length, 3);
  });

  it("sign in with a token that a server created", async () => {
    await users.create({ userId: "alice", email: "alice@example.com" });
    const token = await users.createToken({ userId: "alice", length: 8 });
    assert.equal(token.secret.length, 8);
    const session = await new Account(guest()).createSession({ userId: "alice", secret: token.secret });
    assert.deepEqual([session.userId, session.secret], ["alice", ""], "a guest is told no secret");
    await assert.rejects(
      account.createSession({ userId: "alice", secret: token.secret }),
      failure("user_invalid_token", 401),
    );
  });

  it("have sessions that a server lists and deletes", async () => {
    const alice = new Account(await signedInClient("Alice"));
    await users.createSession({ userId: "alice" });
    const { total, sessions } = await users.listSessions({ userId: "alice" });
    assert.equal(total, 2);
    const other = sessions.find((session) => session.$id !== sessions[0].$id);
    await users.deleteSession({ userId: "alice", sessionId: other.$id });
    assert.equal((await users.listSessions({ userId: "alice" })).total, 1);
    await users.deleteSessions({ userId: "alice" });
    await assert.rejects(alice.get(), failure("general_unauthorized_scope", 401));
  });

  it("get an error while they are blocked", async () => {
    const alice = new Account(await signedInClient("Alice"));
    await users.updateStatus({ userId: "alice", status: false });
    await assert.rejects(alice.get(), failure("user_blocked", 403));
    await users.updateStatus({ userId: "alice", status: true });
    assert.equal((await alice.get()).$id, "alice");
  });

  it("are authenticated by a JWT created by a server", async () => {
    await signedInClient("Alice");
    const { jwt } = await users.createJWT({ userId: "alice" });
    assert.equal((await new Account(guest().setJWT(jwt)).get()).$id, "alice");
    await assert.rejects(new Account(guest().setJWT("not.a.jwt")).get(), failure("user_jwt_invalid", 401));
  });
});

describe("an account", () => {
  it("signs in once with the e-mailed link", async () => {
    await new Account(guest()).createMagicURLToken({
      userId: "ada",
      email: "ada@example.com",
      url: CALLBACK,
      phrase: true,
    });
    const { userId, secret } = await link("ada@example.com");
    const session = await account.createSession({ userId, secret });
    assert.equal(session.provider, "magic-url");
    const ada = await new Account(signedIn(session)).get();
    assert.deepEqual([ada.$id, ada.email, ada.emailVerification], ["ada", "ada@example.com", true]);
    await assert.rejects(account.createSession({ userId, secret }), failure("user_invalid_token", 401));
  });

  it("signs in with the e-mailed code", async () => {
    const token = await account.createEmailToken({ userId: ID.unique(), email: "ada@example.com" });
    const { code } = await mailed("ada@example.com");
    assert.equal(code, token.secret);
    const session = await account.createSession({ userId: token.userId, secret: code });
    assert.equal((await new Account(signedIn(session)).get()).email, "ada@example.com");
  });

  it("signs in with a password", async () => {
    await new Account(guest()).create({ userId: "ada", email: "ada@example.com", password: PASSWORD, name: "Ada" });
    const wanted = { email: "ada@example.com", password: PASSWORD };
    assert.equal((await account.createEmailPasswordSession(wanted)).userId, "ada");
    const wrong = account.createEmailPasswordSession({ ...wanted, password: "wrong-wrong" });
    await assert.rejects(wrong, failure("user_invalid_credentials", 401));
  });

  it("signs in with Microsoft: the server gets the URL to redirect to", async () => {
    const asked = { provider: OAuthProvider.Microsoft, success: CALLBACK, failure: CALLBACK };
    const address = new URL(await account.createOAuth2Token(asked));
    assert.equal(address.origin, ORIGIN);
    assert.equal((await fetch(address)).status, 200);
  });

  it("lists its sessions, marks the current one and deletes another", async () => {
    const alice = new Account(await signedInClient("Alice"));
    const { $id } = await users.createSession({ userId: "alice" });
    const { total, sessions } = await alice.listSessions();
    assert.equal(total, 2);
    assert.deepEqual(sessions.filter((session) => session.current).length, 1);
    await alice.deleteSession({ sessionId: $id });
    await assert.rejects(alice.getSession({ sessionId: $id }), failure("user_session_not_found", 404));
    await alice.deleteSession({ sessionId: "current" });
    await assert.rejects(alice.get(), failure("general_unauthorized_scope", 401));
  });

  it("stores name and preferences unchanged", async () => {
    const alice = new Account(await signedInClient("Alice"));
    assert.equal((await alice.updateName({ name: "Alice Ærlig" })).name, "Alice Ærlig");
    assert.equal(`${await alice.getPrefs()}`, "{}");
    const prefs = { theme: "dark", sizes: [1, 2.5], nested: { "with.dot": null } };
    assert.deepEqual(structuredClone((await alice.updatePrefs({ prefs })).prefs), prefs);
    assert.deepEqual(structuredClone(await alice.getPrefs()), prefs);
  });

  it("shows the browser that the server forwards", async () => {
    const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    await signedInClient("Alice", { password: PASSWORD });
    const passing = new Account(guest().setKey(KEY).setForwardedUserAgent(firefox));
    const session = await passing.createEmailPasswordSession({ email: "alice@example.com", password: PASSWORD });
    assert.deepEqual([session.clientName, session.osName], ["Firefox", "GNU/Linux"]);
  });
});

describe("rows", () => {
  const signedInMayCreate = [Permission.create(Role.users())];

  beforeEach(async () => {
    await tables.create({ databaseId: "lib", name: "Library" });
    const made = { ...BOOKS, name: "Books", columns: COLUMNS, indexes: INDEXES };
    await tables.createTable({ ...made, permissions: signedInMayCreate, rowSecurity: true });
  });

  const add = (rowId, data = {}, permissions) =>
    tables.createRow({ ...BOOKS, rowId, data: { title: rowId, ...data }, permissions });
  const find = async (...queries) => (await tables.listRows({ ...BOOKS, queries })).rows.map((row) => row.$id);

  it("are stored in a table created column by column", async () => {
    const films = { databaseId: "lib", tableId: "films" };
    await tables.createTable({ ...films, name: "Films" });
    await tables.createVarcharColumn({ ...films, key: "title", size: 50, required: true });
    await tables.createEnumColumn({
      ...films,
      key: "kind",
      elements: ["short", "long"],
      required: false,
      xdefault: "long",
    });
    await tables.createBigIntColumn({ ...films, key: "views", required: false, xdefault: 0 });
    await tables.createIndex({ ...films, key: "by_title", type: "key", columns: ["title"], orders: ["desc"] });
    const { columns } = await tables.listColumns(films);
    assert.deepEqual(
      columns.map(({ key, status }) => [key, status]),
      [
        ["title", "available"],
        ["kind", "available"],
        ["views", "available"],
      ],
    );
    assert.equal((await tables.getIndex({ ...films, key: "by_title" })).status, "available");
    const row = await tables.createRow({ ...films, rowId: "one", data: { title: "One", views: 2n ** 62n } });
    assert.deepEqual([row.kind, row.views], ["long", 2n ** 62n], "more than a double can count");
    assert.equal((await tables.getRow({ ...films, rowId: "one" })).views, 2n ** 62n);
  });

  it("are returned as they were created", async () => {
    const data = {
      title: "Sult 🍞",
      pages: 200,
      price: 9.5,
      lent: true,
      tags: ["norsk", "æøå"],
      body: "Det var i den tid",
    };
    const made = await add("sult", { ...data, born: "1890-06-01T12:00:00+02:00" });
    const row = await tables.getRow({ ...BOOKS, rowId: "sult" });
    assert.deepEqual(row, made);
    for (const [key, value] of Object.entries(data)) assert.deepEqual(row[key], value);
    assert.equal(new Date(row.born).toISOString(), "1890-06-01T10:00:00.000Z");
    assert.deepEqual([row.$databaseId, row.$tableId, row.slug], ["lib", "books", null]);
  });

  it("are updated, upserted and deleted", async () => {
    await add("sult", { pages: 200 });
    const changed = await tables.updateRow({ ...BOOKS, rowId: "sult", data: { pages: 201 } });
    assert.deepEqual([changed.title, changed.pages], ["sult", 201]);
    const kept = await tables.upsertRow({ ...BOOKS, rowId: "sult", data: { title: "Sult" } });
    const fresh = await tables.upsertRow({ ...BOOKS, rowId: "pan", data: { title: "Pan" } });
    assert.deepEqual([kept.title, fresh.title], ["Sult", "Pan"]);
    await tables.deleteRow({ ...BOOKS, rowId: "sult" });
    await assert.rejects(tables.getRow({ ...BOOKS, rowId: "sult" }), failure("row_not_found", 404));
  });

  it("are incremented and decremented within limits", async () => {
    await add("sult", { pages: 10 });
    const counted = { ...BOOKS, rowId: "sult", column: "pages" };
    assert.equal((await tables.incrementRowColumn({ ...counted, value: 5 })).pages, 15);
    assert.equal((await tables.decrementRowColumn({ ...counted, min: 0 })).pages, 14);
    const beyond = tables.incrementRowColumn({ ...counted, value: 5, max: 15 });
    await assert.rejects(beyond, failure("column_limit_exceeded", 400));
    assert.equal((await tables.getRow({ ...BOOKS, rowId: "sult" })).pages, 14);
  });

  it("are updated with operators", async () => {
    await add("sult", { pages: 10, tags: ["a"], lent: false });
    const data = { pages: Operator.multiply(3), tags: Operator.arrayAppend(["b"]), lent: Operator.toggle() };
    const row = await tables.updateRow({ ...BOOKS, rowId: "sult", data });
    assert.deepEqual([row.pages, row.tags, row.lent], [30, ["a", "b"], true]);
  });

  it("are found with every kind of query", async () => {
    await add("sult", { pages: 200, tags: ["norsk"], body: "Det var i den tid jeg gikk omkring og sultet" });
    await add("pan", { pages: 150, tags: ["norsk", "skog"], lent: true });
    await add("faust", { pages: 400, slug: "faust" });
    assert.deepEqual(await find(Query.orderDesc("pages")), ["faust", "sult", "pan"]);
    assert.deepEqual(await find(Query.equal("title", ["pan", "faust"]), Query.orderAsc("title")), ["faust", "pan"]);
    assert.deepEqual(await find(Query.between("pages", 160, 300)), ["sult"]);
    assert.deepEqual(await find(Query.contains("tags", ["skog"])), ["pan"]);
    assert.deepEqual(await find(Query.search("body", "sultet")), ["sult"]);
    assert.deepEqual(await find(Query.isNotNull("slug")), ["faust"]);
    assert.deepEqual(await find(Query.startsWith("title", "s"), Query.equal("lent", false)), ["sult"]);
    const either = Query.or([Query.greaterThan("pages", 300), Query.equal("lent", true)]);
    assert.deepEqual(await find(either, Query.orderAsc("pages")), ["pan", "faust"]);
    assert.deepEqual(await find(Query.orderAsc("pages"), Query.cursorAfter("pan"), Query.limit(1)), ["sult"]);
    const { total, rows } = await tables.listRows({ ...BOOKS, queries: [Query.select(["title"]), Query.limit(1)] });
    assert.deepEqual([total, rows.length, rows[0].pages], [3, 1, undefined]);
  });

  it("reject unknown columns and invalid values", async () => {
    const unknown = tables.createRow({ ...BOOKS, rowId: "x", data: { title: "x", colour: "red" } });
    await assert.rejects(unknown, failure("row_invalid_structure", 400));
    await assert.rejects(find(Query.equal("colour", "red")), failure("general_query_invalid", 400));
    await assert.rejects(find("not a query"), failure("general_query_invalid", 400));
    await add("sult", { slug: "sult" });
    await assert.rejects(add("sult"), failure("row_already_exists", 409));
    await assert.rejects(add("other", { slug: "sult" }), failure("row_already_exists", 409));
  });

  it("are private to Alice until she lets Bob read them", async () => {
    const alices = new TablesDB(await signedInClient("Alice"));
    const bobs = new TablesDB(await signedInClient("Bob"));
    const row = { ...BOOKS, rowId: "hers" };
    await alices.createRow({ ...row, data: { title: "Hers" } });
    await assert.rejects(bobs.getRow(row), failure("row_not_found", 404));
    assert.equal((await bobs.listRows(BOOKS)).total, 0);
    await assert.rejects(bobs.updateRow({ ...row, data: { title: "Bob's" } }), failure("user_unauthorized", 401));
    const granted = [Permission.read(Role.user("bob")), Permission.write(Role.user("alice"))];
    await assert.rejects(alices.updateRow({ ...row, permissions: granted }), failure("user_unauthorized", 401));
    await alices.updateRow({
      ...row,
      permissions: [Permission.read(Role.users()), Permission.write(Role.user("alice"))],
    });
    assert.equal((await bobs.getRow(row)).title, "Hers");
    await assert.rejects(bobs.deleteRow(row), failure("user_unauthorized", 401));
    await assert.rejects(new TablesDB(guest()).getRow(row), failure("row_not_found", 404));
    await assert.rejects(
      new TablesDB(guest()).createRow({ ...BOOKS, rowId: "guests", data: { title: "x" } }),
      failure("user_unauthorized", 401),
    );
  });

  it("are written in bulk, and a transaction writes all of them or none", async () => {
    const many = await tables.createRows({
      ...BOOKS,
      rows: ["a", "b", "c"].map(($id) => ({ $id, title: $id, pages: 1 })),
    });
    assert.equal(many.total, 3);
    const changed = await tables.updateRows({
      ...BOOKS,
      data: { pages: 2 },
      queries: [Query.equal("$id", ["a", "b"])],
    });
    assert.equal(changed.total, 2);
    assert.equal((await tables.deleteRows({ ...BOOKS, queries: [Query.equal("pages", 1)] })).total, 1);

    const { $id: transactionId } = await tables.createTransaction();
    await tables.createRow({ ...BOOKS, rowId: "d", data: { title: "d" }, transactionId });
    await tables.deleteRow({ ...BOOKS, rowId: "a", transactionId });
    assert.deepEqual(await find(), ["a", "b"], "staged, not done");
    await tables.updateTransaction({ transactionId, commit: true });
    assert.deepEqual(await find(), ["b", "d"]);
  });
});

describe("teams", () => {
  it("are owned by Alice, who invites Bob, and he accepts with the e-mailed link", async () => {
    const alices = new Teams(await signedInClient("Alice"));
    const bob = await signedInClient("Bob");
    const bobs = new Teams(bob);
    await alices.create({ teamId: "crew", name: "The crew" });
    const invitation = { teamId: "crew", roles: ["editor"], email: "bob@example.com", url: "http://localhost/join" };
    const membership = await alices.createMembership(invitation);
    assert.deepEqual([membership.confirm, membership.roles], [false, ["editor"]]);
    await assert.rejects(bobs.get({ teamId: "crew" }), failure("team_not_found", 404));

    const { teamId, membershipId, userId, secret } = await link("bob@example.com");
    const accepted = { teamId, membershipId, userId };
    await assert.rejects(
      bobs.updateMembershipStatus({ ...accepted, secret: "wrong" }),
      failure("team_invalid_secret", 401),
    );
    assert.equal((await bobs.updateMembershipStatus({ ...accepted, secret })).confirm, true);
    assert.equal((await bobs.get({ teamId: "crew" })).total, 2);
    await assert.rejects(bobs.updateName({ teamId: "crew", name: "Bob's" }), failure("user_unauthorized", 401));
    await assert.rejects(alices.createMembership(invitation), failure("membership_already_confirmed", 409));

    await alices.deleteMembership({ teamId: "crew", membershipId });
    await assert.rejects(bobs.get({ teamId: "crew" }), failure("team_not_found", 404));
  });

  it("get members from a server without an invitation, and their roles grant access to rows and files", async () => {
    const bobs = await signedInClient("Bob");
    await teams.create({ teamId: "crew", name: "The crew" });
    const { $id: membershipId, confirm } = await teams.createMembership({
      teamId: "crew",
      roles: ["editor"],
      userId: "bob",
    });
    assert.equal(confirm, true);
    await storage.createBucket({
      bucketId: "crews",
      name: "Crew's",
      permissions: [Permission.read(Role.team("crew", "editor"))],
    });
    assert.equal((await new Storage(bobs).listFiles({ bucketId: "crews" })).total, 0);
    await teams.updateMembership({ teamId: "crew", membershipId, roles: ["reader"] });
    await assert.rejects(new Storage(bobs).listFiles({ bucketId: "crews" }), failure("user_unauthorized", 401));
    const { memberships } = await teams.listMemberships({ teamId: "crew" });
    assert.deepEqual(
      memberships.map((one) => [one.userName, one.roles]),
      [["Bob", ["reader"]]],
    );
  });

  it("store preferences", async () => {
    await teams.create({ teamId: "crew", name: "The crew" });
    await teams.updatePrefs({ teamId: "crew", prefs: { colour: "blue" } });
    assert.deepEqual(structuredClone(await teams.getPrefs({ teamId: "crew" })), { colour: "blue" });
  });
});

describe("files", () => {
  const bucketId = "files";
  const upload = (fileId, content, name, options = {}) =>
    storage.createFile({ bucketId, fileId, file: InputFile.fromBuffer(content, name), ...options });

  beforeEach(() => storage.createBucket({ bucketId, name: "Files", fileSecurity: true }));

  it("are uploaded, renamed, downloaded and deleted", async () => {
    const content = Buffer.from("Blåbærsyltetøy\r\n\0\xff", "latin1");
    const made = await upload("jam", content, "syltetøy.txt", { permissions: [Permission.read(Role.any())] });
    assert.deepEqual([made.name, made.sizeOriginal, made.chunksUploaded], ["syltetøy.txt", content.length, 1]);
    assert.deepEqual(Buffer.from(await storage.getFileDownload({ bucketId, fileId: "jam" })), content);
    assert.deepEqual(Buffer.from(await new Storage(guest()).getFileView({ bucketId, fileId: "jam" })), content);
    assert.equal((await storage.updateFile({ bucketId, fileId: "jam", name: "jam.txt" })).name, "jam.txt");
    assert.equal((await storage.listFiles({ bucketId, queries: [Query.equal("name", "jam.txt")] })).total, 1);
    await storage.deleteFile({ bucketId, fileId: "jam" });
    await assert.rejects(storage.getFile({ bucketId, fileId: "jam" }), failure("storage_file_not_found", 404));
  });

  it("of 22 MB are uploaded in concurrent chunks and downloaded whole", async () => {
    const content = randomBytes(22_000_000);
    const progress = [];
    const made = await upload(ID.unique(), content, "big.bin", { onProgress: (step) => progress.push(step.progress) });
    assert.deepEqual([made.chunksTotal, made.chunksUploaded, made.sizeOriginal], [5, 5, content.length]);
    assert.equal(progress.length, 5);
    assert.equal(progress.at(-1), 100);
    const back = Buffer.from(await storage.getFileDownload({ bucketId, fileId: made.$id }));
    assert.ok(back.equals(content));
  });

  it("that are images have previews in the requested size", async () => {
    await upload("red", PICTURE, "red.png");
    const preview = Buffer.from(await storage.getFilePreview({ bucketId, fileId: "red", width: 40, output: "png" }));
    assert.equal(preview.subarray(1, 4).toString(), "PNG");
    assert.deepEqual([preview.readUInt32BE(16), preview.readUInt32BE(20)], [40, 20]);
  });

  it("of a server are private, except with a token", async () => {
    await upload("secret", "nobody's business", "secret.txt");
    const guests = new Storage(guest());
    await assert.rejects(guests.getFile({ bucketId, fileId: "secret" }), failure("storage_file_not_found", 404));
    const download = { bucketId, fileId: "secret" };
    await assert.rejects(guests.getFileDownload(download), failure("storage_file_not_found", 404));
    const { secret } = await new Tokens(server).createFileToken(download);
    assert.equal(
      Buffer.from(await guests.getFileDownload({ ...download, token: secret })).toString(),
      "nobody's business",
    );
  });

  it("are rejected because of their type or size", async () => {
    await storage.createBucket({
      bucketId: "small",
      name: "Small",
      maximumFileSize: 10,
      allowedFileExtensions: ["txt"],
    });
    const put = (content, name) =>
      storage.createFile({ bucketId: "small", fileId: ID.unique(), file: InputFile.fromPlainText(content, name) });
    await assert.rejects(put("small", "small.exe"), failure("storage_file_type_unsupported", 400));
    await assert.rejects(put("much too much", "much.txt"), failure("storage_invalid_file_size", 400));
    assert.equal((await put("ten signs.", "ten.txt")).sizeOriginal, 10);
  });
});

describe("an error", () => {
  it("is an AppwriteException with the message, type, code and full response", async () => {
    const error = await users.get({ userId: "nobody" }).catch((error) => error);
    assert.ok(error instanceof AppwriteException);
    assert.deepEqual([error.code, error.type], [404, "user_not_found"]);
    assert.ok(error.message);
    const { version, ...body } = JSON.parse(error.response);
    assert.deepEqual(body, { message: error.message, type: error.type, code: error.code });
    assert.match(version, /^1\.9\./);
  });

  it("has its own type for each kind of failed authentication", async () => {
    await assert.rejects(new Users(guest()).list(), failure("general_unauthorized_scope", 401));
    await assert.rejects(new Users(guest().setKey("wrong")).list(), failure("user_unauthorized", 401));
    await assert.rejects(new Account(guest().setProject("nosuch")).get(), failure("project_not_found", 404));
    await assert.rejects(new Account(guest()).get(), failure("general_unauthorized_scope", 401));
    await assert.rejects(users.create({ userId: "_no id", email: "x" }), failure("general_argument_invalid", 400));
  });
});
