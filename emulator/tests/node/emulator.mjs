// The emulator for these tests; tests/test_node.py starts it and sets the environment variables.

import assert from "node:assert/strict";

export const { APPWRITE_ENDPOINT: ENDPOINT, APPWRITE_PROJECT: PROJECT, APPWRITE_API_KEY: KEY } = process.env;
if (!ENDPOINT || !PROJECT || !KEY) {
  throw new Error(
    "APPWRITE_ENDPOINT, APPWRITE_PROJECT and APPWRITE_API_KEY are required; “make node” sets them.",
  );
}
export const ORIGIN = new URL(ENDPOINT).origin;
export const CALLBACK = "http://localhost/auth/callback";
export const PASSWORD = "correct-horse-9";

// The browser tests replace the global `fetch`.
const fetch = globalThis.fetch;

async function control(method, page) {
  const response = await fetch(`${ORIGIN}/_emulator/${page}`, { method });
  assert.ok(response.ok, `${method} ${page} answered ${response.status}`);
  return response.json();
}

/** Reset the emulator to an empty project. */
export const reset = () => control("POST", "reset");

/** Return the newest mail to this address. */
export async function mailed(to) {
  const { mails } = await control("GET", `inbox.json?to=${encodeURIComponent(to)}`);
  assert.ok(mails.length, `no mail to ${to}`);
  return mails[0];
}

/** Return the parameters of the link in the newest mail to this address. */
export async function link(to) {
  return Object.fromEntries(new URL((await mailed(to)).links[0]).searchParams);
}

/** The properties of an Appwrite error of this type and status, for assert.rejects. */
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
/** Database and table of the rows. */
export const BOOKS = { databaseId: "lib", tableId: "books" };

/** A red image of 4 x 2 pixels. */
export const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAIAAADwyuo0AAAAEElEQVR42mP8z4AATEhsBgAZNQED8y7knQAAAABJRU5ErkJggg==",
  "base64",
);
