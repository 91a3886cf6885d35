// The process that runs one function written in JavaScript. It imports nothing from the emulator.
//
// The context follows Open Runtimes for Node.js. The process reads the request from standard input as JSON. It
// writes each event immediately to file descriptor 3 as a line of JSON, so that logs are kept if the function is
// killed: {"log": TEXT}, {"error": TEXT}, and at the end {"status", "headers", "body"}. worker.py does the
// same for Python.

import { readFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

const EVENTS = 3;
const MAX_LINE_LENGTH = 8000;
// Number of logged characters after which only the latest lines are kept, because endless logs could fill memory.
const MAX_UNBUFFERED_LENGTH = 4_000_000;
const MAX_BUFFERED_LINES = 10_000;
const NATIVE_LOGS_DETECTED = "Native logs detected. Use context.log() or context.error() for better experience.";
const NO_RESPONSE = "Return statement missing. return context.res.empty() if no response is expected.";
const BINARY_TYPES = ["application/", "audio/", "font/", "image/", "video/"];

class EventWriter {
  #length = 0;
  #buffer = [];
  #printed = false;

  event(fields) {
    let rest = Buffer.from(`${JSON.stringify(fields)}\n`);
    while (rest.length) {
      try {
        rest = rest.subarray(writeSync(EVENTS, rest));
      } catch (error) {
        if (error.code !== "EAGAIN") throw error; // the pipe is full
      }
    }
  }

  log = (...messages) => this.#line("log", format(messages));

  error = (...messages) => this.#line("error", format(messages));

  // Logs text that the function printed instead of logging.
  logPrinted(text) {
    if (!text.trim()) return;
    if (!this.#printed) {
      this.#printed = true;
      this.#line("log", NATIVE_LOGS_DETECTED);
    }
    this.#line("log", text.replace(/\n+$/, "").slice(0, MAX_LINE_LENGTH));
  }

  // Writes a line immediately. Beyond the limit, keeps it in a ring buffer until the end.
  #line(kind, text) {
    this.#length += text.length;
    if (this.#length <= MAX_UNBUFFERED_LENGTH) {
      this.event({ [kind]: text });
    } else {
      this.#buffer.push({ [kind]: text });
      if (this.#buffer.length > MAX_BUFFERED_LINES) this.#buffer.shift();
    }
  }

  finish(fields) {
    this.#buffer.forEach((line) => this.event(line));
    this.event(fields);
  }
}

function format(messages) {
  const text = messages
    .map((each) => {
      if (each instanceof Error) return each.stack || String(each);
      return each !== null && typeof each === "object" ? toJson(each) : String(each);
    })
    .join(" ");
  if (text.length <= MAX_LINE_LENGTH) return text;
  return `${text.slice(0, MAX_LINE_LENGTH)}... Log truncated due to size limit (${MAX_LINE_LENGTH} characters)`;
}

function toJson(value) {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return inspect(value); // circular
  }
}

// `context.req`, the request.
class Request {
  constructor(payload) {
    const { method, headers, scheme, host, port, path, body } = payload;
    const [pathname, ...rest] = path.split("?");
    Object.assign(this, { method, headers, scheme, host, port, path: pathname, queryString: rest.join("?") });
    this.query = Object.fromEntries(new URLSearchParams(this.queryString));
    this.bodyBinary = Buffer.from(body, "base64");
    const defaultPort = scheme === "https" ? 443 : 80;
    this.url = `${scheme}://${host}${port === defaultPort ? "" : `:${port}`}${path}`;
  }

  get bodyText() {
    return this.bodyBinary.toString("utf8");
  }

  get bodyRaw() {
    return this.bodyText;
  }

  get bodyJson() {
    return JSON.parse(this.bodyText);
  }

  get body() {
    const type = (this.headers["content-type"] ?? "text/plain").toLowerCase();
    if (type.startsWith("application/json")) return this.bodyBinary.length ? this.bodyJson : {};
    return BINARY_TYPES.some((each) => type.startsWith(each)) ? this.bodyBinary : this.bodyText;
  }
}

// `context.res`: each method builds a return value for the function.
const response = {
  binary: (body, statusCode = 200, headers = {}) => ({ body, statusCode, headers }),
  text: (body, statusCode = 200, headers = {}) => response.binary(Buffer.from(String(body)), statusCode, headers),
  send: (body, statusCode = 200, headers = {}) => response.text(body, statusCode, headers),
  json: (body, statusCode = 200, headers = {}) =>
    response.text(JSON.stringify(body), statusCode, { "content-type": "application/json", ...headers }),
  empty: () => response.binary(Buffer.alloc(0), 204),
  redirect: (url, statusCode = 301, headers = {}) =>
    response.binary(Buffer.alloc(0), statusCode, { ...headers, location: url }),
};

// Returns the function that a module exports: `export default`, `module.exports`, or `module.exports.default`.
async function load(path) {
  const module = await import(pathToFileURL(path).href);
  const main = [module.default, module.default?.default, module.main].find((each) => typeof each === "function");
  if (!main) throw new Error("The function's file has no default export that is a function.");
  return main;
}

// Lowercases the content type and adds a missing charset, unless it is multipart. Removes the runtime's own headers.
function completeHeaders(headers) {
  const complete = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.toLowerCase().startsWith("x-open-runtimes-")) complete[name.toLowerCase()] = String(value);
  }
  let type = complete["content-type"] ?? "text/plain";
  if (!type.toLowerCase().startsWith("multipart/")) {
    type = type.toLowerCase();
    if (!type.includes("charset=")) type += "; charset=utf-8";
  }
  return { ...complete, "content-type": type };
}

function capture(stream, writer) {
  stream.write = (chunk, encoding, callback) => {
    writer.logPrinted(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
    const done = typeof encoding === "function" ? encoding : callback;
    if (done) done();
    return true;
  };
}

const writer = new EventWriter();
const payload = JSON.parse(readFileSync(0, "utf8"));
const context = { req: new Request(payload), res: response, log: writer.log, error: writer.error };
capture(process.stdout, writer);
capture(process.stderr, writer);

function fail(error) {
  writer.error(error);
  writer.finish({ status: 500, headers: completeHeaders({}), body: "" });
  process.exit(0);
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);

try {
  const main = await load(process.argv[2]);
  let result = await main(context);
  if (result === undefined || result === null) {
    writer.error(NO_RESPONSE);
    result = response.text("", 500);
  }
  const { body = "", statusCode = 200, headers = {} } = result;
  const bytes = typeof body === "string" ? Buffer.from(body) : Buffer.from(body ?? "");
  writer.finish({ status: Number(statusCode), headers: completeHeaders(headers), body: bytes.toString("base64") });
} catch (error) {
  fail(error);
}
process.exit(0); // stops timers and connections that the function left open
