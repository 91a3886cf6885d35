/** The emulator or one of its pages rejected a request. The message gives the reason. */
export class EmulatorError extends Error {}

/** Options for `startEmulator`. Without `data`, all data is deleted when the emulator stops. */
export interface EmulatorOptions {
  /** Project ID; default: the ID in the data, or `default`. */
  project?: string;
  /** An API key with all scopes; default: a new key. */
  key?: string;
  /** Database file, created if it is missing. */
  data?: string;
  /** File with the initial data. */
  seed?: string;
  /** Folder where each e-mail is saved as an .eml file. */
  mails?: string;
  /** Folder with the functions' code. */
  functions?: string;
  /** Create a project when a request names one that does not exist. */
  anyProject?: boolean;
  /** Run code uploaded with an API key. */
  runFunctions?: boolean;
  /** Hash passwords at the lowest cost, for tests that set many passwords. */
  fastHashes?: boolean;
  /** Enforce Appwrite's rate limits. */
  limits?: boolean;
  /** Additional command-line options. */
  args?: string[];
  /** Python interpreter that has the package; default: APPWRITE_EMULATOR_PYTHON, or `python3` or `python` on the PATH. */
  python?: string;
}

/** A project in an emulator, with its own data, clock, faults, inbox and request log. */
export class Project {
  /** The endpoint for SDKs, `http://127.0.0.1:PORT/v1`. */
  readonly endpoint: string;
  /** The endpoint without `/v1`. */
  readonly origin: string;
  /** The project's ID. */
  readonly project: string;
  /** An API key with all scopes. */
  readonly key: string;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly requests: Requests;
  /** Return to a checkpoint or to the initial data, remove all faults, and reset the clock. */
  reset(checkpoint?: string): Promise<void>;
  /** Save the current data as the checkpoint `name` or, without a name, as the initial data. */
  checkpoint(name?: string): Promise<void>;
  /** Return the URL of one of the emulator's own pages, for example `data/`. */
  page(page: string, query?: Record<string, string | undefined>): string;
  /** Call one of the emulator's own pages, for example `export`. Throw EmulatorError if the call fails. */
  control(method: string, page: string, query?: Record<string, string | undefined>, body?: unknown): Promise<any>;
}

export class Emulator extends Project {
  /** Return the project with this ID. If it does not exist, create it with the first project's seed and key. */
  openProject(project: string): Promise<Project>;
  /** Stop the emulator if this process started it. The emulator also stops when this process exits. */
  stop(): Promise<void>;
}

/** Start an emulator on a free port. Throw an error if it does not start, or if no Python has the package. */
export function startEmulator(options?: EmulatorOptions): Promise<Emulator>;

/** Return the emulator that `appwrite-emulator exec` or the global setup started. */
export function connectToEmulator(variables?: Record<string, string | undefined>): Emulator;

/** Messages that the emulator has sent: e-mails, text messages and push messages. */
export interface Inbox {
  /** URL of the inbox page. */
  readonly url: string;
  /** Return the messages to this address or phone number, or all messages, newest first. */
  mails(to?: string): Promise<Mail[]>;
  /** Return the newest message. Throw EmulatorError if there is none. */
  newest(to?: string): Promise<Mail>;
  /** Return the first link of the newest message. */
  link(to?: string): Promise<string>;
  /** Return the code in the newest message. */
  code(to?: string): Promise<string>;
  clear(): Promise<void>;
}

export interface Mail {
  id: string;
  kind: "email" | "sms" | "push";
  from: string;
  to: string;
  recipient: string;
  cc: string[];
  subject: string;
  text: string;
  html: string;
  links: string[];
  /** The code in the message, or "" if there is none. */
  code: string;
  /** The security phrase in the message, or "" if there is none. */
  phrase: string;
  data: Record<string, unknown>;
  attachments: unknown[];
  messageId: string;
  createdAt: string;
}

/** The emulator's clock, which all sessions, tokens and dates use. */
export interface Clock {
  now(): Promise<Date>;
  /** Move the clock forward, or backward if `seconds` is negative. */
  advance(seconds: number): Promise<void>;
  /** Set the clock to this time, from which it keeps running. */
  moveTo(time: Date): Promise<void>;
  /** Return to real time. */
  reset(): Promise<void>;
}

/** What a fault does: one of `status`, `drop`, `malformed`, or only a `delay`. */
export interface FaultEffect {
  /** Respond with this HTTP status code. */
  status?: number;
  /** Respond with this error type. */
  type?: string;
  /** Close the connection without a response. */
  drop?: boolean;
  /** Respond with invalid JSON. */
  malformed?: boolean;
  /** Wait this many seconds first. */
  delay?: number;
  /** Affect only the first N calls. */
  first?: number;
  /** Affect every Nth call. */
  every?: number;
  /** Carry out the call, then drop or replace its response. */
  after?: boolean;
}

export interface Fault extends Required<FaultEffect> {
  id: string;
  operation: string;
  /** Number of calls to the operation since the fault was added. */
  calls: number;
  /** Number of calls that the fault affected. */
  hits: number;
}

/** Injected faults. The same sequence of calls always gets the same faults. A reset removes all faults. */
export interface Faults {
  /** Add a fault for `tablesDB.listRows`, `tablesDB.*` or `*`. Throw EmulatorError if it is invalid. */
  add(operation: string, effect: FaultEffect): Promise<Fault>;
  all(): Promise<Fault[]>;
  clear(): Promise<void>;
}

export interface LoggedRequest {
  at: string;
  method: string;
  path: string;
  /** Name of the operation in the SDKs, such as `tablesDB.listRows`, or "" if no route matches. */
  operation: string;
  caller: "guest" | "user" | "key" | "";
  /** The user's ID or the key's name. */
  name: string;
  status: number;
  /** Error type, or "" if there was no error. */
  type: string;
  /** Duration in milliseconds. */
  ms: number;
  /** Names of request parameters that the operation does not have. */
  unread: string[];
  headers: Record<string, string>;
  /** IDs of the faults that affected the request. */
  faults: string[];
}

/** The log of the latest 1,000 requests. */
export interface Requests {
  /** Return the matching requests, newest first. `status` may be a prefix, such as `4`. */
  all(filter?: { operation?: string; status?: string; caller?: string }): Promise<LoggedRequest[]>;
  clear(): Promise<void>;
}
