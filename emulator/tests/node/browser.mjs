// What a browser has and Node has not, as far as Appwrite's Web SDK looks at it: a window with a place to keep things,
// and a fetch that minds where a page comes from. It takes no cookies from other sites, as browsers do by now.

import { File } from "node:buffer";

const fetchFreely = globalThis.fetch;

/** Scripts may read these of another origin's answer without being allowed to (Fetch, "CORS-safelisted"). */
const ALWAYS_SHOWN = [
  "cache-control",
  "content-language",
  "content-length",
  "content-type",
  "expires",
  "last-modified",
];
/** Scripts may send these without asking first. */
const ALWAYS_SENT = ["accept", "accept-language", "content-language"];

/** Open a page of this origin in a browser that remembers nothing; scripts from now on run in it. */
export function open(origin = "http://localhost:3000") {
  globalThis.File ??= File;
  globalThis.window = {
    location: { href: `${origin}/`, host: new URL(origin).host },
    localStorage: storage(),
    console: { warn() {} }, // the SDK warns at every sign-in that the session is kept where scripts can read it
  };
  globalThis.fetch = (address, options = {}) => fetchFrom(origin, address, options);
  return globalThis.window;
}

/** What the browser itself asks for, and shows without telling scripts: a picture, a page that a link leads to. */
export const visit = (address, options = {}) => fetchFreely(address, { redirect: "manual", ...options });

function storage() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, String(value)),
  };
}

/** fetch as a page of this origin may use it; what is not allowed fails without a word, as in a browser. */
async function fetchFrom(origin, address, { method = "GET", headers = {}, ...options }) {
  const names = Object.keys(headers)
    .map((name) => name.toLowerCase())
    .filter((name) => !ALWAYS_SENT.includes(name));
  const asking = { origin, "access-control-request-method": method, "access-control-request-headers": names.join(",") };
  const preflight = await fetchFreely(address, { method: "OPTIONS", headers: asking });
  const methods = listed(preflight, "access-control-allow-methods");
  const allowed = listed(preflight, "access-control-allow-headers");
  const refused = names.filter((name) => !allowed.includes(name));
  if (!preflight.ok || !lets(preflight, origin) || !methods.includes(method.toLowerCase()) || refused.length) {
    throw new TypeError("Failed to fetch", { cause: `preflight ${preflight.status}, not allowed: ${refused}` });
  }
  const answer = await fetchFreely(address, { ...options, method, headers: { ...headers, origin } });
  if (!lets(answer, origin)) throw new TypeError("Failed to fetch", { cause: `${origin} may not read the answer` });
  const shown = [...ALWAYS_SHOWN, ...listed(answer, "access-control-expose-headers")];
  const visible = [...answer.headers].filter(([name]) => shown.includes(name));
  const body = answer.status === 204 ? null : await answer.arrayBuffer();
  return new Response(body, { status: answer.status, headers: visible });
}

/** Whether a page of this origin may read the answer to what it sent with its credentials; "*" would not do. */
const lets = ({ headers }, origin) =>
  headers.get("access-control-allow-origin") === origin && headers.get("access-control-allow-credentials") === "true";

const listed = ({ headers }, name) =>
  (headers.get(name) ?? "")
    .toLowerCase()
    .split(",")
    .map((word) => word.trim());
