// The package in ../../node: starting an emulator and using its inbox, clock, faults, request log and projects.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { Account, Client, Users } from "node-appwrite";

import { createGlobalSetup } from "../../node/global-setup.js";
import { EmulatorError, connectToEmulator, startEmulator } from "../../node/index.js";
import { failure } from "./emulator.mjs";

const client = (project) => new Client().setEndpoint(project.endpoint).setProject(project.project).setKey(project.key);

describe("a started emulator", () => {
  let emulator;
  before(async () => {
    emulator = await startEmulator({ project: "shop", key: "my-key", fastHashes: true });
  });
  beforeEach(() => emulator.reset());
  after(() => emulator.stop());

  it("uses the project and the key from the options", async () => {
    assert.deepEqual([emulator.project, emulator.key], ["shop", "my-key"]);
    assert.equal((await new Users(client(emulator)).list()).total, 0);
  });

  it("shows its e-mails in the inbox", async () => {
    const account = new Account(client(emulator));
    await account.createEmailToken({ userId: "ada", email: "ada@example.com" });
    await account.createMagicURLToken({ userId: "bob", email: "bob@example.com", url: "http://localhost/" });
    assert.match(await emulator.inbox.code("ada@example.com"), /^\d{6}$/);
    assert.match(await emulator.inbox.link(), /^http:\/\/localhost\/\?.*secret=/);
    assert.equal((await emulator.inbox.mails()).length, 2);
    await assert.rejects(emulator.inbox.newest("cleo@example.com"), EmulatorError);
    await assert.rejects(emulator.inbox.link("ada@example.com"), { message: "The newest message has no link." });
    await emulator.inbox.clear();
    assert.deepEqual(await emulator.inbox.mails(), []);
  });

  it("has a clock that moves and returns to real time", async () => {
    await emulator.clock.moveTo(new Date("2030-01-01T00:00:00Z"));
    await emulator.clock.advance(3600);
    assert.equal((await emulator.clock.now()).toISOString().slice(0, 13), "2030-01-01T01");
    await emulator.clock.reset();
    assert.ok(Math.abs((await emulator.clock.now()) - Date.now()) < 60_000);
  });

  it("counts the calls that a fault hits", async () => {
    await emulator.faults.add("users.list", { status: 503, first: 1 });
    const users = new Users(client(emulator));
    await assert.rejects(users.list(), { code: 503 });
    await users.list();
    const [fault] = await emulator.faults.all();
    assert.deepEqual([fault.calls, fault.hits], [2, 1]);
    await assert.rejects(emulator.faults.add("users.lst", { status: 503 }), /Did you mean users.list/);
    await emulator.faults.clear();
    assert.deepEqual(await emulator.faults.all(), []);
  });

  it("logs requests", async () => {
    await new Users(client(emulator)).list();
    const [request] = await emulator.requests.all({ operation: "users.*" });
    assert.deepEqual([request.operation, request.status, request.caller], ["users.list", 200, "key"]);
    assert.deepEqual(await emulator.requests.all({ status: "4" }), []);
    await emulator.requests.clear();
    assert.deepEqual(await emulator.requests.all(), []);
  });

  it("returns to a checkpoint", async () => {
    const users = new Users(client(emulator));
    await users.create({ userId: "ada" });
    await emulator.checkpoint("with ada");
    await emulator.reset();
    await assert.rejects(users.get({ userId: "ada" }), failure("user_not_found", 404));
    await emulator.reset("with ada");
    assert.equal((await users.get({ userId: "ada" })).$id, "ada");
    await assert.rejects(emulator.reset("missing"), { name: "EmulatorError", message: /missing/ });
  });

  it("has other projects with their own data, inbox and clock", async () => {
    const first = await emulator.openProject("worker-1");
    const second = await emulator.openProject("worker-2");
    assert.equal((await emulator.openProject("worker-1")).project, "worker-1");
    await new Users(client(first)).create({ userId: "ada" });
    await new Account(client(first)).createEmailToken({ userId: "bob", email: "ada@example.com" });
    await first.clock.advance(86400);
    await second.reset();
    assert.equal((await new Users(client(first)).list()).total, 2);
    assert.equal((await new Users(client(second)).list()).total, 0);
    assert.deepEqual([(await first.inbox.mails()).length, (await second.inbox.mails()).length], [1, 0]);
    assert.ok((await first.clock.now()) - (await second.clock.now()) > 80_000_000);
    assert.match(first.inbox.url, /\/_emulator\/inbox\/\?project=worker-1$/);
  });
});

describe("starting fails with the reason", () => {
  it("without Python", async () => {
    await assert.rejects(startEmulator({ python: "no-such-python" }), {
      message: /^Found no Python interpreter .* \(no-such-python: not found\)\. Install/,
    });
  });

  it("without the package", async () => {
    const { PYTHONPATH } = process.env;
    delete process.env.PYTHONPATH; // otherwise Python could import this checkout's package
    try {
      const isolated = new URL("python-without-packages.sh", import.meta.url);
      const message = /the package is not installed.*Install it with pip/;
      await assert.rejects(startEmulator({ python: fileURLToPath(isolated) }), { message });
    } finally {
      process.env.PYTHONPATH = PYTHONPATH;
    }
  });

  it("with options that the emulator does not accept", async () => {
    await assert.rejects(startEmulator({ project: "æ" }), /did not start\..*argument --project/s);
    await assert.rejects(startEmulator({ seed: "missing.json" }), /did not start\..*missing\.json/s);
    await assert.rejects(startEmulator({ projekt: "x" }), { name: "TypeError", message: /^Unknown option `projekt`/ });
  });

  it("without the environment variables of exec", () => {
    assert.throws(() => connectToEmulator({}), /APPWRITE_ENDPOINT, .* are required/);
  });
});

describe("the emulator's process", () => {
  const responds = (origin) =>
    fetch(`${origin}/_emulator/health`).then(
      () => true,
      () => false,
    );

  /** Wait until the emulator responds (or, for `false`, no longer responds). Return whether that happened in time. */
  async function becomes(isResponding, origin) {
    for (let i = 0; i < 100; i++) {
      if ((await responds(origin)) === isResponding) return true;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return false;
  }

  it("exits when it is stopped, and can be stopped twice", async () => {
    const emulator = await startEmulator();
    await emulator.stop();
    await emulator.stop();
    assert.equal(await responds(emulator.origin), false);
  });

  const index = new URL("../../node/index.js", import.meta.url);
  const script = `
    const { startEmulator } = await import(${JSON.stringify(index)});
    console.log((await startEmulator()).origin);`;

  it("does not keep Node running, and exits with Node", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
    assert.ok(await becomes(false, stdout.trim()));
  });

  it("exits when Node is killed", async () => {
    const forever = `${script} setInterval(() => {}, 1000);`;
    const node = spawn(process.execPath, ["--input-type=module", "-e", forever], { stdio: ["ignore", "pipe", "inherit"] });
    const [origin] = await once(node.stdout.setEncoding("utf8"), "data");
    assert.ok(await becomes(true, origin.trim()));
    node.kill("SIGKILL");
    assert.ok(await becomes(false, origin.trim()));
  });
});

describe("the global setup", () => {
  const names = ["APPWRITE_ENDPOINT", "APPWRITE_PROJECT_ID", "APPWRITE_API_KEY"];
  const saved = names.map((name) => process.env[name]);
  after(() => names.forEach((name, i) => (process.env[name] = saved[i])));

  it("uses the emulator that exec started", async () => {
    assert.equal(await createGlobalSetup()(), undefined);
    assert.equal(process.env.APPWRITE_ENDPOINT, saved[0]);
  });

  it("starts an emulator if the variables name another server", async () => {
    process.env.APPWRITE_ENDPOINT = "http://127.0.0.1:9/v1";
    const teardown = await createGlobalSetup({ project: "shop" })();
    const emulator = connectToEmulator();
    assert.equal(emulator.project, "shop");
    await emulator.reset();
    await teardown();
    await assert.rejects(emulator.reset());
  });
});

describe("the package's types", () => {
  it("describe its functions and fixtures", async () => {
    const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"];
    const run = await promisify(execFile)(process.execPath, [tsc, ...options, "package.types.mts"], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
    }).catch((error) => error);
    assert.equal(run.stdout, "");
  });

  it("list every method of the classes", async () => {
    const types = readFileSync(new URL("../../node/index.d.ts", import.meta.url), "utf8");
    const emulator = connectToEmulator();
    const objects = [emulator, Object.getPrototypeOf(emulator), emulator.inbox, emulator.clock, emulator.faults];
    for (const object of [...objects, emulator.requests]) {
      for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(object))) {
        if (name !== "constructor") assert.match(types, new RegExp(`\\b${name}[(:]`), `${name} has no type`);
      }
    }
  });
});
