// Appwrite's Web SDK as a page in a browser uses it, for guests and users.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { beforeEach, describe, it } from "node:test";

import {
  Account as ServerAccount,
  Client as Server,
  Storage as ServerStorage,
  TablesDB as ServerTables,
  Tokens,
} from "node-appwrite";
import { InputFile } from "node-appwrite/file";

import { open, visit } from "./browser.mjs";
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

// The package does not declare its modules as ES modules, so older Node versions can only `require` it.
const { Account, Client, ID, ImageFormat, OAuthProvider, Permission, Query, Role, Storage, TablesDB, Teams } =
  createRequire(import.meta.url)("appwrite");

const server = new Server().setEndpoint(ENDPOINT).setProject(PROJECT).setKey(KEY);
const client = new Client().setEndpoint(ENDPOINT).setProject(PROJECT);
const account = new Account(client);
const tables = new TablesDB(client);
const storage = new Storage(client);
const teams = new Teams(client);

/** The page's window. */
let page;

beforeEach(async () => {
  await reset();
  page = open();
});

/** Sign in with the code in an e-mail. */
async function signIn(name) {
  const email = `${name.toLowerCase()}@example.com`;
  const { userId } = await account.createEmailToken({ userId: name.toLowerCase(), email });
  const { code } = await mailed(email);
  return account.createSession({ userId, secret: code });
}

const storedCookies = () => JSON.parse(page.localStorage.getItem("cookieFallback"));

describe("signing in", () => {
  it("with the e-mailed link: the response has no secret, but the browser stores one", async () => {
    const token = await account.createMagicURLToken({ userId: ID.unique(), email: "ada@example.com", url: CALLBACK });
    assert.equal(token.secret, "");
    const session = await account.createSession(await link("ada@example.com"));
    assert.equal(session.secret, "");
    assert.deepEqual(Object.keys(storedCookies()), [`a_session_${PROJECT}`]);
    const ada = await account.get();
    assert.deepEqual([ada.$id, ada.email, ada.emailVerification], [token.userId, "ada@example.com", true]);
  });

  it("once with the e-mailed code", async () => {
    const session = await signIn("Ada");
    assert.equal((await account.get()).$id, "ada");
    assert.equal((await account.getSession({ sessionId: "current" })).$id, session.$id);
    const { code } = await mailed("ada@example.com");
    open();
    await assert.rejects(account.createSession({ userId: "ada", secret: code }), failure("user_invalid_token", 401));
  });

  it("with a password that the user chose", async () => {
    await account.create({ userId: "ada", email: "ada@example.com", password: PASSWORD, name: "Ada" });
    const wrong = account.createEmailPasswordSession({ email: "ada@example.com", password: "wrong-wrong" });
    await assert.rejects(wrong, failure("user_invalid_credentials", 401));
    await account.createEmailPasswordSession({ email: "ada@example.com", password: PASSWORD });
    assert.equal((await account.get()).name, "Ada");
  });

  it("with Microsoft leaves the page and returns with a secret to exchange", async () => {
    account.createOAuth2Token({ provider: OAuthProvider.Microsoft, success: CALLBACK, failure: CALLBACK });
    assert.ok(page.location.href.startsWith(`${ENDPOINT}/account/tokens/oauth2/microsoft?`));
    const consent = (await visit(page.location.href)).headers.get("location");
    assert.equal((await visit(consent)).status, 200);
    const body = new URLSearchParams(new URL(consent).search);
    for (const [name, value] of Object.entries({ act: "accept", name: "Ada", email: "ada@example.com" })) {
      body.set(name, value);
    }
    let address = (await visit(consent, { method: "POST", body })).headers.get("location");
    while (address.startsWith(ORIGIN)) address = (await visit(address)).headers.get("location");
    const { userId, secret } = Object.fromEntries(new URL(address).searchParams);
    await account.createSession({ userId, secret });
    assert.deepEqual([(await account.get()).name, (await account.get()).email], ["Ada", "ada@example.com"]);
    assert.deepEqual(
      (await account.listIdentities()).identities.map((one) => one.provider),
      ["microsoft"],
    );
  });

  it("with Microsoft creates a session immediately in a browser that accepts cookies", async () => {
    account.createOAuth2Session({ provider: OAuthProvider.Microsoft, success: CALLBACK, failure: CALLBACK });
    assert.ok(page.location.href.startsWith(`${ENDPOINT}/account/sessions/oauth2/microsoft?`));
    assert.ok((await visit(page.location.href)).headers.get("location").startsWith(ORIGIN));
  });

  it("anonymously, then adding an address and a password", async () => {
    const { userId } = await account.createAnonymousSession();
    await account.updateEmail({ email: "ada@example.com", password: PASSWORD });
    assert.deepEqual([(await account.get()).$id, (await account.get()).email], [userId, "ada@example.com"]);
  });

  it("is rejected while a session is active", async () => {
    await signIn("Ada");
    await assert.rejects(account.createAnonymousSession(), failure("user_session_already_exists", 401));
  });

  it("ends with signing out, after which the browser stores nothing", async () => {
    await signIn("Ada");
    await account.updatePrefs({ prefs: { theme: "dark" } });
    assert.equal((await account.getPrefs()).theme, "dark");
    await account.deleteSession({ sessionId: "current" });
    assert.deepEqual(storedCookies(), []); // the response to the sign-out deletes them
    await assert.rejects(account.get(), failure("general_unauthorized_scope", 401));
  });

  it("is logged with the event and the browser", async () => {
    await signIn("Ada");
    await account.updateName({ name: "Ada L." });
    const { logs } = await account.listLogs();
    assert.deepEqual(
      logs.map((each) => each.event),
      ["user.update", "session.create", "session.create"], // `session.create`: requesting and exchanging the code
    );
  });

  it("allows registering and removing a push target", async () => {
    await signIn("Ada");
    const targets = async () => {
      const all = (await account.get()).targets.filter((each) => each.providerType === "push");
      return all.map((each) => each.identifier);
    };
    const made = await account.createPushTarget({ targetId: ID.unique(), identifier: "device-1" });
    assert.deepEqual(await targets(), ["device-1"]);
    await account.updatePushTarget({ targetId: made.$id, identifier: "device-2" });
    assert.deepEqual(await targets(), ["device-2"]);
    await account.deletePushTarget({ targetId: made.$id });
    assert.deepEqual(await targets(), []);
  });

  it("ends in all browsers at the same time", async () => {
    await signIn("Ada");
    const laptop = page;
    page = open();
    await signIn("Ada");
    assert.equal((await account.listSessions()).total, 2);
    await account.deleteSessions();
    globalThis.window = laptop;
    await assert.rejects(account.get(), failure("general_unauthorized_scope", 401));
  });
});

describe("a page", () => {
  it("on an unregistered host gets no response", async () => {
    open("https://evil.example");
    await assert.rejects(account.get(), { name: "TypeError", message: "Failed to fetch" });
    await assert.rejects(tables.listRows(BOOKS), { name: "TypeError", message: "Failed to fetch" });
  });

  it("is a guest until a user signs in", async () => {
    await assert.rejects(account.get(), failure("general_unauthorized_scope", 401));
    await assert.rejects(teams.list(), failure("general_unauthorized_scope", 401));
  });

  it("can authenticate its user to a server with a JWT", async () => {
    await signIn("Ada");
    const { jwt } = await account.createJWT();
    const handed = new ServerAccount(new Server().setEndpoint(ENDPOINT).setProject(PROJECT).setJWT(jwt));
    assert.equal((await handed.get()).email, "ada@example.com");
    await account.deleteSession({ sessionId: "current" });
    await assert.rejects(handed.get(), failure("general_unauthorized_scope", 401));
  });
});

describe("rows", () => {
  const books = new ServerTables(server);

  beforeEach(async () => {
    await books.create({ databaseId: "lib", name: "Library" });
    const made = { ...BOOKS, name: "Books", columns: COLUMNS, indexes: INDEXES, rowSecurity: true };
    await books.createTable({ ...made, permissions: [Permission.create(Role.users())] });
    for (const [rowId, role] of [
      ["news", Role.any()],
      ["minutes", Role.users()],
      ["welcome", Role.guests()],
    ]) {
      await books.createRow({ ...BOOKS, rowId, data: { title: rowId }, permissions: [Permission.read(role)] });
    }
  });

  const find = async (...queries) => {
    const { total, rows } = await tables.listRows({ ...BOOKS, queries: [Query.orderAsc("title"), ...queries] });
    return [total, ...rows.map((row) => row.$id)];
  };

  it("are listed for guests and users according to their permissions", async () => {
    assert.deepEqual(await find(), [2, "news", "welcome"]);
    await assert.rejects(tables.getRow({ ...BOOKS, rowId: "minutes" }), failure("row_not_found", 404));
    await signIn("Ada");
    assert.deepEqual(await find(), [2, "minutes", "news"]);
    assert.equal((await tables.getRow({ ...BOOKS, rowId: "minutes" })).title, "minutes");
  });

  it("are found with queries, and invalid queries are rejected", async () => {
    assert.deepEqual(await find(Query.startsWith("title", "n")), [1, "news"]);
    assert.deepEqual(await find(Query.limit(1), Query.offset(1)), [2, "welcome"]);
    await assert.rejects(find(Query.equal("colour", "red")), failure("general_query_invalid", 400));
  });

  it("are created by users, who own them", async () => {
    const row = { ...BOOKS, rowId: "hers" };
    await assert.rejects(tables.createRow({ ...row, data: { title: "Hers" } }), failure("user_unauthorized", 401));
    await signIn("Ada");
    const made = await tables.createRow({ ...row, data: { title: "Hers", pages: 1 } });
    const own = Role.user("ada");
    assert.deepEqual(made.$permissions, [Permission.read(own), Permission.update(own), Permission.delete(own)]);
    assert.equal((await tables.updateRow({ ...row, data: { title: "Still hers" } })).pages, 1);
    assert.equal((await tables.incrementRowColumn({ ...row, column: "pages" })).pages, 2);
    await assert.rejects(tables.deleteRow({ ...BOOKS, rowId: "news" }), failure("user_unauthorized", 401));
    open();
    await signIn("Bob");
    await assert.rejects(tables.updateRow({ ...row, data: { title: "Bob's" } }), failure("user_unauthorized", 401));
    assert.deepEqual(await find(), [2, "minutes", "news"]);
  });
});

describe("files", () => {
  const bucketId = "files";

  beforeEach(async () => {
    const files = new ServerStorage(server);
    const permissions = [Permission.create(Role.users())];
    await files.createBucket({ bucketId, name: "Files", permissions, fileSecurity: true });
    const put = (fileId, file, permissions) => files.createFile({ bucketId, fileId, file, permissions });
    await put("red", InputFile.fromBuffer(PICTURE, "red.png"), [Permission.read(Role.any())]);
    await put("secret", InputFile.fromPlainText("nobody's business", "secret.txt"), []);
  });

  /** Return the content of an image or link on the page, which the browser requests without the SDK. */
  const show = async (address) => {
    const response = await visit(address);
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      body: Buffer.from(await response.arrayBuffer()),
    };
  };

  it("have URLs that a page can show", async () => {
    const view = storage.getFileView({ bucketId, fileId: "red" });
    assert.ok(view.startsWith(`${ENDPOINT}/storage/buckets/files/files/red/view?project=${PROJECT}`));
    assert.deepEqual(await show(view), { status: 200, type: "image/png", body: PICTURE });
    const download = await show(storage.getFileDownload({ bucketId, fileId: "red" }));
    assert.deepEqual(download.body, PICTURE);
    const preview = await show(
      storage.getFilePreview({ bucketId, fileId: "red", width: 40, output: ImageFormat.Webp }),
    );
    assert.deepEqual([preview.status, preview.type], [200, "image/webp"]);
  });

  it("are not found without read permission, except with a token", async () => {
    assert.equal((await show(storage.getFileView({ bucketId, fileId: "secret" }))).status, 404);
    const { secret: token } = await new Tokens(server).createFileToken({ bucketId, fileId: "secret" });
    const shown = await show(storage.getFileView({ bucketId, fileId: "secret", token }));
    assert.deepEqual([shown.status, shown.body.toString()], [200, "nobody's business"]);
  });

  it("are uploaded by users, large files in chunks", async () => {
    const content = Buffer.alloc(12_000_000, "Blåbærsyltetøy. ");
    const file = new File([content], "jam.txt");
    await assert.rejects(storage.createFile({ bucketId, fileId: "jam", file }), failure("user_unauthorized", 401));
    await signIn("Ada");
    const steps = [];
    const permissions = [Permission.read(Role.any()), Permission.write(Role.user("ada"))];
    const asked = { bucketId, fileId: "jam", file, permissions, onProgress: (step) => steps.push(step.chunksUploaded) };
    const made = await storage.createFile(asked);
    assert.deepEqual([made.chunksTotal, made.chunksUploaded, steps], [3, 3, [1, 2, 3]]);
    assert.ok((await show(storage.getFileView({ bucketId, fileId: "jam" }))).body.equals(content));
    await storage.deleteFile({ bucketId, fileId: "jam" });
    assert.deepEqual(
      (await storage.listFiles({ bucketId })).files.map((one) => one.$id),
      ["red"],
    );
  });
});

describe("a team", () => {
  it("adds the user who follows the link of an invitation, and signs them in", async () => {
    await signIn("Ada");
    await teams.create({ teamId: "crew", name: "The crew" });
    await teams.createMembership({
      teamId: "crew",
      roles: ["editor"],
      email: "bob@example.com",
      url: "http://localhost/join",
    });
    page = open();
    const { teamId, membershipId, userId, secret } = await link("bob@example.com");
    const membership = await teams.updateMembershipStatus({ teamId, membershipId, userId, secret });
    assert.deepEqual([membership.confirm, membership.roles], [true, ["editor"]]);
    assert.equal((await account.get()).email, "bob@example.com");
    assert.equal((await teams.get({ teamId: "crew" })).total, 2);
  });
});
