// The emulator as a child process: find a Python that has the package, start the process, and parse its output.

import { spawn } from "node:child_process";
import { once } from "node:events";

const PYTHON_VARIABLE = "APPWRITE_EMULATOR_PYTHON";
const MISSING_PACKAGE = /No module named '?appwrite_emulator/;
const START_TIMEOUT = 60_000; // in milliseconds, long enough for busy machines
const FACTS = /^listening on (?<endpoint>\S+)\r?\nproject (?<project>\S+)\r?\nAPI key (?<key>\S+)\r?\n/;

/** Option of this package -> command-line option. VALUES take a value, SWITCHES do not. */
const VALUES = {
  project: "--project",
  key: "--key",
  data: "--data",
  seed: "--seed",
  mails: "--mail-dir",
  functions: "--functions",
};
const SWITCHES = {
  anyProject: "--any-project",
  runFunctions: "--run-functions",
  fastHashes: "--fast-hashes",
  limits: "--limits",
};

/** Start the emulator. Return its endpoint, project and key, and a function that stops it. */
export async function startProcess(options) {
  const { python = process.env[PYTHON_VARIABLE] } = options;
  const candidates = python ? [python] : ["python3", "python"];
  const commandLine = ["-m", "appwrite_emulator", ...commandLineOptions(options)];
  const reasons = [];
  for (const candidate of candidates) {
    const child = spawn(candidate, commandLine, { stdio: ["pipe", "pipe", "pipe"] });
    const outcome = await firstOutcome(child);
    if (outcome.facts) return { ...outcome.facts, stop: () => stop(child) };
    if (!outcome.isPythonUnusable) throw new Error(`The emulator did not start. ${outcome.reason}`.trim());
    reasons.push(`${candidate}: ${outcome.reason}`);
  }
  throw new Error(
    `Found no Python interpreter with the appwrite-emulator package installed (${reasons.join("; ")}). ` +
      `Install it with pip, or set the \`python\` option or the ${PYTHON_VARIABLE} environment variable ` +
      `to a Python that has it.`,
  );
}

function commandLineOptions({ python, args = [], ...options }) {
  const words = ["--port", "0", ...(options.data ? [] : ["--ephemeral"])];
  for (const [name, value] of Object.entries(options)) {
    if (name in VALUES) {
      if (value) words.push(VALUES[name], value);
    } else if (name in SWITCHES) {
      if (value) words.push(SWITCHES[name]);
    } else {
      throw new TypeError(`Unknown option \`${name}\`. Pass other command-line options in \`args\`.`);
    }
  }
  return [...words, ...args];
}

/** Wait up to START_TIMEOUT until the emulator prints its endpoint or its process exits. */
function firstOutcome(child) {
  let printed = "";
  let errors = "";
  let isStarted = false;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill();
      resolve({ reason: `It did not print an endpoint within ${START_TIMEOUT / 1000} seconds. ${errors}` });
    }, START_TIMEOUT);
    const settle = (outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    child.stdin.on("error", () => {}); // the process has exited; the `close` handler reports why
    child.stderr.setEncoding("utf8").on("data", (text) => {
      if (isStarted) process.stderr.write(text);
      else errors += text;
    });
    child.stdout.setEncoding("utf8").on("data", (text) => {
      if (isStarted) return;
      printed += text;
      const facts = FACTS.exec(printed)?.groups;
      if (!facts) return;
      isStarted = true;
      letNodeExit(child);
      settle({ facts });
    });
    child.on("error", (error) => {
      const isNotFound = error.code === "ENOENT";
      settle({ isPythonUnusable: isNotFound, reason: isNotFound ? "not found" : error.message });
    });
    child.on("close", (code) => {
      const isMissing = MISSING_PACKAGE.test(errors);
      const reason = isMissing ? "the package is not installed" : errors.trim() || `It exited with code ${code}.`;
      settle({ isPythonUnusable: isMissing, reason });
    });
  });
}

/** Allow Node to exit while the emulator runs. This closes the emulator's standard input, which stops the emulator. */
function letNodeExit(child) {
  for (const handle of [child, child.stdin, child.stdout, child.stderr]) handle.unref();
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  child.stdin.end();
  await once(child, "exit");
}
