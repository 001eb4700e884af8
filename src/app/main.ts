/** The entry: joins the command line to this process, and sees to it that however it ends, it ends with a word and a code. */

import { readFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '#cli/command-line.ts';
import { exitCodes } from '#cli/exit-code.ts';
import { isToDrawOn } from '#cli/screen.ts';
import { wantsJson } from '#cli/session.ts';
import type { Settings, World } from '#cli/world.ts';
import { endInTime } from './end-in-time.ts';
import { openLog } from './log.ts';
import { keepMemoryToOurselves } from './no-dumps.ts';
import { withoutSecrets } from '#lib/redaction.ts';
import { readSettings } from './settings.ts';

const argv = process.argv.slice(2);
const interruption = new AbortController();
const lastWords: (() => void)[] = [];
let settings: Settings | null = null;

const world: World = {
  version: (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version,
  stdout: { write: (text) => writeAll(1, text), isTTY: process.stdout.isTTY },
  stderr: process.stderr,
  canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
  canDraw: isToDrawOn(process.stderr.isTTY === true, (name) => process.env[name]),
  environment: (name) => process.env[name],
  settings: () => (settings ??= readSettings(process.env)),
  now: () => Date.now(),
  interruption: interruption.signal,
  onEmergency: (last) => {
    lastWords.push(last);
  },
  askSecret: async (question) => (await import('./ask.ts')).askSecret(question, interruption.signal),
  ask: async (question) => (await import('./ask.ts')).ask(question, interruption.signal),
  readEstate: async (file) => (await import('./read-estate.ts')).readEstate(file),
  notHere: async (estate) => (await import('./estate-secrets.ts')).notHere(estate, (name) => process.env[name]),
  openSecrets: async (options) =>
    (await import('./estate-secrets.ts')).openSecrets(options, (name) => process.env[name]),
  openDatabase: async (options) =>
    (await import('./database-care.ts')).openDatabaseCare(options, (name) => process.env[name]),
  openPlanning: async (options) =>
    (await import('./estate-planning.ts')).openPlanning(options, (name) => process.env[name]),
  readCalendar: async (file) => (await import('./read-calendar.ts')).readCalendar(file),
  openPlanWork: async (options) => (await import('./plan-work.ts')).openPlanWork(options, (name) => process.env[name]),
  openProgramme: async (options) =>
    (await import('./programme.ts')).openProgramme(options, (name) => process.env[name]),
  openProgrammeThere: async (options) =>
    (await import('./programme-there.ts')).openProgrammeThere(options, world.version),
  openDesksThere: async (options) => (await import('./desks-there.ts')).openDesksThere(options, world.version),
  openNotices: async (options) => (await import('./notices.ts')).openNoticesWork(options, (name) => process.env[name]),
  openAccess: async (options) => (await import('./access.ts')).openAccess(options, (name) => process.env[name]),
  openTail: async (options) => (await import('./tail.ts')).openTail(options, (name) => process.env[name]),
  rehearse: async (options, watcher, signal) =>
    (await import('./rehearsing.ts')).rehearse(options, watcher, (name) => process.env[name], signal),
  serve: async (options, signal) => {
    const { serve } = await import('./serve.ts');
    const more = { version: world.version, environment: (name: string) => process.env[name] };
    return endInTime(serve({ ...options, ...more }, signal), signal, giveUp);
  },
  coexist: async (options, signal) => {
    const { coexist } = await import('./coexist.ts');
    const more = { version: world.version, environment: (name: string) => process.env[name] };
    return endInTime(coexist({ ...options, ...more }, signal), signal, giveUp);
  },
  doctorEstate: async (options, signal) =>
    (await import('./doctor-estate.ts')).doctorEstate(options, (name) => process.env[name], signal),
  doctor: async (options, signal) => (await import('./doctor.ts')).doctor(options, (name) => process.env[name], signal),
  work: async (options, signal) => {
    const { work } = await import('./work.ts');
    const more = { version: world.version, environment: (name: string) => process.env[name] };
    return endInTime(work({ ...options, ...more }, signal), signal, giveUp);
  },
  openEvidenceThere: async (options) => (await import('./evidence-there.ts')).openEvidenceThere(options, world.version),
  openEvidence: async (options) =>
    (await import('./evidence.ts')).openEvidenceWork(options, world.version, (name) => process.env[name]),
  openInspection: async (options) =>
    (await import('./inspection.ts')).openInspection(options, world.version, (name) => process.env[name]),
  openImporter: async (options) =>
    (await import('./estate-import.ts')).openImporter(options, (name) => process.env[name]),
  readInput,
  estateSchema: fileURLToPath(new URL('../../docs/godwit.schema.json', import.meta.url)),
  openLog,
  openEngine: async (options) => (await import('./engine.ts')).openEngine(options, (name) => process.env[name]),
  demo: async (stage) => (await import('./demo.ts')).demo(stage),
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal));
// Node forgets that `nohup` told it to ignore this one, so it is heeded only by who has a terminal that can hang up.
const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY === true);
process.on('SIGHUP', () => {
  if (hasTerminal) stop('SIGHUP');
});
// Whoever reads our words may leave before the end (`godwit … | head`); that is no fault.
process.stderr.on('error', () => {});
process.on('uncaughtException', (error) => breakDown(error));
process.on('unhandledRejection', (error) => breakDown(error));

const dumps = keepMemoryToOurselves();
if (dumps !== null) {
  writeAll(2, `godwit: ${dumps}\n`);
  process.exit(exitCodes.wrongUsage);
}
process.exit(await runCommandLine(argv, world));

/** The first signal asks for a clean stop; the second ends the process as it stands, which is safe too. */
function stop(signal: string): void {
  if (interruption.signal.aborted) {
    for (const last of lastWords) last();
    process.exit(exitCodes.interrupted);
  }
  interruption.abort(signal);
  if (lastWords.length === 0) return;
  writeAll(2, `godwit: ${signal}: stopping cleanly; once more stops at once.\n`);
}

/** Asked to go, and something never answers: as the second signal does it. */
function giveUp(): void {
  writeAll(2, 'godwit: something does not answer, so it ends as it stands. Nothing is lost by that.\n');
  for (const last of lastWords) last();
  process.exit(exitCodes.interrupted);
}

/** A broken assumption of ours: said, with its place, and exit code 1. */
function breakDown(error: unknown): void {
  const detail = withoutSecrets(error instanceof Error ? (error.stack ?? error.message) : String(error));
  writeAll(2, `godwit: a fault of ours: ${detail}\nPlease report it. Running the same command again is safe.\n`);
  if (wantsJson(argv)) {
    const report = {
      code: 'internal',
      message: detail,
      remedy: 'Please report it. Running the same command again is safe.',
      problems: [],
    };
    writeAll(1, `${JSON.stringify({ mailboxes: [], error: report }, null, 2)}\n`);
  }
  process.exit(exitCodes.faultOfOurs);
}

/** What is piped in, to its end or a little beyond `octetsMax`. */
async function readInput(octetsMax: number): Promise<Buffer | null> {
  if (process.stdin.isTTY) return null;
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    octets += chunk.length;
    if (octets > octetsMax) break;
  }
  return Buffer.concat(chunks);
}

/** Writes all of `text` before it returns, also into a pipe whose reader is slow; a reader that left is no fault. */
function writeAll(fd: number, text: string): void {
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; ) {
    try {
      at += writeSync(fd, octets, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return;
      // A pipe that does not block is full: let its reader catch up.
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else throw error;
    }
  }
}
