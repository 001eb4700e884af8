/** A process that plans (`planning-process.ts`), as it is seen by the one that started it. */

import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { unfit } from '#api/answer.ts';
import { problemLine } from '#cli/usage.ts';
import { Fault, fault } from '#domain/fault.ts';
import type { Log } from '#lib/log.ts';
import type { LastWord, PlanningJob, PlanningWord, Telling } from './planning-job.ts';

export interface ChildParts {
  /** Lacking: as ours. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly hears: (word: Telling) => void;
  /** What is told, with files called by their names. */
  readonly named: (json: string) => string;
}

/** Asked to end, it does within that; else it is ended. */
const endWithinMs = 5_000;
const problemsTold = 20;

/** Beside this file in the source, and in the bundle. */
const entry = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './planning-process.ts' : './planning-process.js', import.meta.url),
);

/**
 * Has it done, and gives its answer, of which all paths are called by their names. Throws what was thrown there, `api.request.unfit` for what
 * was written wrongly, `api.planning.ended`, and the signal's reason.
 */
export async function answerOf(
  job: PlanningJob,
  { environment, log, hears, named }: ChildParts,
  signal: AbortSignal,
): Promise<unknown> {
  signal.throwIfAborted();
  const env = environment ? { env: environment } : {};
  const child = fork(entry, [], { ...env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const gone = once(child, 'exit').catch(() => undefined);
  try {
    const words = on(child, 'message', { signal, close: ['disconnect'] });
    child.send(job);
    for await (const [text] of words as AsyncIterable<[string]>) {
      const word = JSON.parse(named(text)) as PlanningWord;
      if (word.kind === 'log') log[word.level](word.phrase, word.fields);
      else if (isLast(word)) return answerIn(word);
      else hears(word);
    }
    throw fault('api.planning.ended', { text: await whyEnded(child, gone) });
  } finally {
    await end(child, gone);
  }
}

function isLast(word: LastWord | Telling): word is LastWord {
  return ['answer', 'fault', 'wrong', 'broken'].includes(word.kind);
}

function answerIn(word: LastWord): unknown {
  switch (word.kind) {
    case 'answer':
      return word.answer;
    case 'fault':
      throw new Fault(word.code, word.about, { words: word.words });
    case 'wrong': {
      const more = word.problems.length - problemsTold;
      const told = word.problems.slice(0, problemsTold).map((problem) => problemLine(problem));
      throw unfit(...told, ...(more > 0 ? [`${more} more`] : []));
    }
    case 'broken':
      throw new Error(word.text);
  }
}

async function whyEnded(child: ChildProcess, gone: Promise<unknown>): Promise<string> {
  await gone;
  return child.signalCode === null
    ? `its process ended with code ${child.exitCode}.`
    : `its process was ended by ${child.signalCode}.`;
}

async function end(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  if (child.connected) child.disconnect();
  const late = setTimeout(() => child.kill('SIGKILL'), endWithinMs);
  await gone;
  clearTimeout(late);
}
