// Compiled but never run: checks the types of the package in ../../node.

import { createGlobalSetup } from "../../node/global-setup.js";
import { startEmulator, type Fault, type Mail, type Project } from "../../node/index.js";

export default createGlobalSetup({ seed: "seed.json" });

const emulator = await startEmulator({ project: "shop", key: "k", fastHashes: true, args: ["--demo-project"] });
const project: Project = await emulator.openProject("worker-1");
const mail: Mail = await project.inbox.newest("ada@example.com");
const fault: Fault = await project.faults.add("users.list", { status: 503, first: 1 });
const now: Date = await project.clock.now();
const texts: string[] = [mail.subject, fault.id, now.toISOString(), (await project.requests.all())[0].operation];
// @ts-expect-error: a misspelt option
await startEmulator({ projekt: texts[0] });
await emulator.stop();
