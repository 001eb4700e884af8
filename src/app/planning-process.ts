/**
 * The entry of a process that plans, applies a plan or rehearses one for a server (`plans-desk.ts`), and ends with it. What takes all of a
 * processor for a minute, and two gigabytes, is not for the process that leads an estate and answers for it.
 */

import { setPriority } from 'node:os';
import { UsageError } from '#cli/usage.ts';
import { Fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import { withoutSecrets } from '#lib/redaction.ts';
import { keepMemoryToOurselves } from './no-dumps.ts';
import type { PlanningJob, PlanningWord } from './planning-job.ts';
import { doJob } from './planning-work.ts';

/** Whoever carries mailboxes on this machine goes first. */
const niceness = 5;
/** Asked to end, and something never answers. */
const endWithinMs = 3_000;

const over = new AbortController();

if (keepMemoryToOurselves() !== null) process.exit(1);
giveWay();
// Nobody wants to know any more, or there is nobody left.
process.once('disconnect', () => {
  over.abort();
  setTimeout(() => process.exit(0), endWithinMs).unref();
});
// Meant for the server, who ends us when it is time.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.once('message', (job) => void work(job as PlanningJob));

/** Where nobody lets us say so (`SystemCallFilter=~@resources` in deploy/systemd) we take our turn with all others. */
function giveWay(): void {
  try {
    setPriority(niceness);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
  }
}

async function work(job: PlanningJob): Promise<void> {
  try {
    const answer = await doJob(job, { say, log, environment: (name) => process.env[name] }, over.signal);
    await sayLast({ kind: 'answer', answer });
  } catch (error) {
    await sayLast(wordOf(error));
  }
  process.exit(0);
}

function say(word: PlanningWord): void {
  // As text, so that what is told is what JSON makes of it.
  if (process.connected) process.send?.(JSON.stringify(word));
}

/** The same, and waits until it is on its way; nothing where nobody listens. */
async function sayLast(word: PlanningWord): Promise<void> {
  if (!process.connected) return;
  await new Promise<void>((sent) => process.send?.(JSON.stringify(word), () => sent()));
}

function wordOf(error: unknown): PlanningWord {
  if (error instanceof Fault) return { kind: 'fault', code: error.code, words: error.message, about: error.about };
  if (error instanceof UsageError) return { kind: 'wrong', problems: error.problems };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: 'broken', text: cleanText(withoutSecrets(text), 2_000) };
}

const log: Log = {
  error: (phrase, fields = {}) => say({ kind: 'log', level: 'error', phrase, fields }),
  warn: (phrase, fields = {}) => say({ kind: 'log', level: 'warn', phrase, fields }),
  info: (phrase, fields = {}) => say({ kind: 'log', level: 'info', phrase, fields }),
  debug: () => undefined,
  trace: null,
  with: () => log,
};
