// The browser features that Appwrite's Web SDK needs but Node lacks: a window with local storage, and a `fetch` that
// checks CORS. Like current browsers, it rejects third-party cookies.

import { File } from "node:buffer";

const fetchFreely = globalThis.fetch;

/** CORS-safelisted response headers: scripts may always read them. */
const SAFELISTED_RESPONSE_HEADERS = [
  "cache-control",
  "content-language",
  "content-length",
  "content-type",
  "expires",
  "last-modified",
];
/** CORS-safelisted request headers: scripts may send them without a preflight. */
const SAFELISTED_REQUEST_HEADERS = ["accept", "accept-language", "content-language"];

/** Open a page with this origin in a new browser. The globals then belong to this page. */
export function open(origin = "http://localhost:3000") {
  globalThis.File ??= File;
  globalThis.window = {
    location: { href: `${origin}/`, host: new URL(origin).host },
    localStorage: storage(),
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    console: { warn() {} }, // the SDK warns at every sign-in that scripts can read the session
  };
  globalThis.fetch = (address, options = {}) => fetchFrom(origin, address, options);
  return globalThis.window;
}

/** Send a request without CORS, as the browser does for an image or a link. */
export const visit = (address, options = {}) => fetchFreely(address, { redirect: "manual", ...options });

function storage() {
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, String(value)),
  };
}

/** `fetch` for a page with this origin. As in a browser, requests that CORS does not allow fail. */
async function fetchFrom(origin, address, { method = "GET", headers = {}, ...options }) {
  const names = Object.keys(headers)
    .map((name) => name.toLowerCase())
    .filter((name) => !SAFELISTED_REQUEST_HEADERS.includes(name));
  const preflightHeaders = {
    origin,
    "access-control-request-method": method,
    "access-control-request-headers": names.join(","),
  };
  const preflight = await fetchFreely(address, { method: "OPTIONS", headers: preflightHeaders });
  const methods = listed(preflight, "access-control-allow-methods");
  const allowed = listed(preflight, "access-control-allow-headers");
  const refused = names.filter((name) => !allowed.includes(name));
  if (!preflight.ok || !allows(preflight, origin) || !methods.includes(method.toLowerCase()) || refused.length) {
    throw new TypeError("Failed to fetch", { cause: `preflight ${preflight.status}, not allowed: ${refused}` });
  }
  const response = await fetchFreely(address, { ...options, method, headers: { ...headers, origin } });
  if (!allows(response, origin)) throw new TypeError("Failed to fetch", { cause: `not allowed for ${origin}` });
  const shown = [...SAFELISTED_RESPONSE_HEADERS, ...listed(response, "access-control-expose-headers")];
  const visible = [...response.headers].filter(([name]) => shown.includes(name));
  const body = response.status === 204 ? null : await response.arrayBuffer();
  return new Response(body, { status: response.status, headers: visible });
}

/** Return whether CORS lets a page with this origin read a response to a request with credentials ("*" does not). */
const allows = ({ headers }, origin) =>
  headers.get("access-control-allow-origin") === origin && headers.get("access-control-allow-credentials") === "true";

const listed = ({ headers }, name) =>
  (headers.get(name) ?? "")
    .toLowerCase()
    .split(",")
    .map((word) => word.trim());
