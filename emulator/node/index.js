// Start an emulator and control it: reset, inbox, clock, faults, request log. The API is documented in index.d.ts.

import { startProcess } from "./process.js";

// Tests of browser code may replace the global `fetch`.
const fetch = globalThis.fetch;

export class EmulatorError extends Error {
  name = "EmulatorError";
}

export class Project {
  #query;

  constructor(endpoint, project, key, query = {}) {
    Object.assign(this, { endpoint, origin: new URL(endpoint).origin, project, key });
    this.#query = query;
    this.inbox = new Inbox(this);
    this.clock = new Clock(this);
    this.faults = new Faults(this);
    this.requests = new Requests(this);
  }

  async reset(checkpoint = "") {
    await this.control("POST", "reset", { name: checkpoint });
  }

  async checkpoint(name = "") {
    await this.control("POST", "checkpoint", { name });
  }

  page(page, query = {}) {
    const url = new URL(`/_emulator/${page}`, this.origin);
    for (const [name, value] of Object.entries({ ...this.#query, ...query })) {
      if (value) url.searchParams.set(name, value);
    }
    return url.href;
  }

  async control(method, page, query = {}, body = undefined) {
    const response = await fetch(this.page(page, query), { method, body: body && JSON.stringify(body) });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    if (response.ok && isJson) return JSON.parse(text);
    throw new EmulatorError(isJson ? JSON.parse(text).message : `${method} ${page}: HTTP status ${response.status}`);
  }
}

export class Emulator extends Project {
  #stop;

  constructor(endpoint, project, key, stop = async () => {}) {
    super(endpoint, project, key);
    this.#stop = stop;
  }

  async openProject(project) {
    const { projects } = await this.control("GET", "projects");
    if (!projects.some((one) => one.$id === project)) {
      await this.control("POST", "projects", {}, { projectId: project });
    }
    return new Project(this.endpoint, project, this.key, { project });
  }

  async stop() {
    await this.#stop();
  }
}

class Inbox {
  #project;

  constructor(project) {
    this.#project = project;
  }

  get url() {
    return this.#project.page("inbox/");
  }

  async mails(to = "") {
    return (await this.#project.control("GET", "inbox.json", { to })).mails;
  }

  async newest(to = "") {
    const [mail] = await this.mails(to);
    if (!mail) throw new EmulatorError(to ? `The inbox has no message to ${to}.` : "The inbox is empty.");
    return mail;
  }

  async link(to = "") {
    const [link] = (await this.newest(to)).links;
    if (!link) throw new EmulatorError("The newest message has no link.");
    return link;
  }

  async code(to = "") {
    const { code } = await this.newest(to);
    if (!code) throw new EmulatorError("The newest message has no code.");
    return code;
  }

  async clear() {
    await this.#project.control("DELETE", "inbox.json");
  }
}

class Clock {
  #project;

  constructor(project) {
    this.#project = project;
  }

  async now() {
    return new Date((await this.#project.control("GET", "clock")).now);
  }

  async advance(seconds) {
    await this.#project.control("POST", "clock", {}, { advance: seconds });
  }

  async moveTo(time) {
    await this.#project.control("POST", "clock", {}, { now: time.toISOString() });
  }

  async reset() {
    await this.#project.control("POST", "clock", {}, { now: null });
  }
}

class Faults {
  #project;

  constructor(project) {
    this.#project = project;
  }

  add(operation, effect) {
    return this.#project.control("POST", "faults.json", {}, { operation, ...effect });
  }

  async all() {
    return (await this.#project.control("GET", "faults.json")).faults;
  }

  async clear() {
    await this.#project.control("DELETE", "faults.json");
  }
}

class Requests {
  #project;

  constructor(project) {
    this.#project = project;
  }

  async all({ operation, status, caller } = {}) {
    return (await this.#project.control("GET", "requests.json", { operation, status, caller })).requests;
  }

  async clear() {
    await this.#project.control("DELETE", "requests.json");
  }
}

export async function startEmulator(options = {}) {
  const { endpoint, project, key, stop } = await startProcess(options);
  return new Emulator(endpoint, project, key, stop);
}

export function connectToEmulator(variables = process.env) {
  const { APPWRITE_ENDPOINT: endpoint, APPWRITE_PROJECT_ID: project, APPWRITE_API_KEY: key } = variables;
  if (!endpoint || !project || !key) {
    throw new EmulatorError(
      "APPWRITE_ENDPOINT, APPWRITE_PROJECT_ID and APPWRITE_API_KEY are required. " +
        "Run the tests with `appwrite-emulator exec -- COMMAND`, or with the global setup `appwrite-emulator/global-setup`.",
    );
  }
  return new Emulator(endpoint, project, key);
}
