// Access to the emulator that these tests use. tests/test_node.py starts it and sets the environment variables.

import { Client } from "node-appwrite";

import { connectToEmulator } from "../../node/index.js";

export const emulator = connectToEmulator();
export const { endpoint: ENDPOINT, project: PROJECT, key: KEY, origin: ORIGIN } = emulator;
/** A node-appwrite client with an API key that has all scopes. */
export const server = new Client().setEndpoint(ENDPOINT).setProject(PROJECT).setKey(KEY);
export const CALLBACK = "http://localhost/auth/callback";
export const PASSWORD = "correct-horse-9";

/** Reset the emulator to an empty project. */
export const reset = () => emulator.reset();

/** Return the newest e-mail to this address. */
export const mailed = (to) => emulator.inbox.newest(to);

/** Return the query parameters of the link in the newest e-mail to this address. */
export const link = async (to) => Object.fromEntries(new URL(await emulator.inbox.link(to)).searchParams);

/** Return what assert.rejects expects for an Appwrite error with this type and status. */
export const failure = (type, code) => ({ name: "AppwriteException", type, code });

export const COLUMNS = [
  { key: "title", type: "string", size: 100, required: true },
  { key: "slug", type: "string", size: 100 },
  { key: "pages", type: "integer", min: 0, max: 5000 },
  { key: "price", type: "double" },
  { key: "lent", type: "boolean", default: false },
  { key: "born", type: "datetime" },
  { key: "tags", type: "string", size: 30, array: true },
  { key: "body", type: "mediumtext" },
];
export const INDEXES = [
  { key: "once", type: "unique", attributes: ["slug"] },
  { key: "words", type: "fulltext", attributes: ["body"] },
];
/** The database and table that contain the rows. */
export const BOOKS = { databaseId: "lib", tableId: "books" };

/** A red image of 4 x 2 pixels. */
export const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAIAAADwyuo0AAAAEElEQVR42mP8z4AATEhsBgAZNQED8y7knQAAAABJRU5ErkJggg==",
  "base64",
);
