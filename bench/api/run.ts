/**
 * `npm run bench -- api`: what the questions of the HTTP API take over a national estate while fifty programs ask at once, each the next as
 * soon as it has the last answer. The estate is synthetic (rows, no mail servers), in the middle of a weekend's wave, and PostgreSQL the
 * embedded one; server, database and programs share the machine.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { startEmbedded } from '#postgres/embedded.ts';
import { openDatabase } from '#store/db.ts';
import { careForWaves } from '#store/wave-care.ts';
import { enter, fillEstate } from '../control-plane-estate.ts';
import { keptEstate } from '../kept-estate.ts';
import type { Round, RoundTold } from './client.ts';
import { type Asked, questionsOf } from './questions.ts';
import type { ApiServed } from './serve.ts';

export interface ApiFigure {
  readonly operation: string;
  readonly what: string;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly longest: number;
  readonly perSecond: number;
  readonly isWell: boolean;
}

export interface ApiResult {
  readonly mailboxes: number;
  readonly clients: number;
  readonly figures: readonly ApiFigure[];
  readonly wrong: readonly string[];
  readonly isWell: boolean;
}

export interface ApiOrder {
  readonly mailboxes: number;
  readonly clients: number;
  /** For each question. */
  readonly seconds: number;
  /** Only questions whose words have one of these in them; empty: all. */
  readonly only: readonly string[];
  /** The estate stands as an earlier run has left it: to put it there takes minutes. */
  readonly asItStands: boolean;
  /** The folder for a profile of the door's CPU; null: none is made. */
  readonly profile: string | null;
  readonly say: (line: string) => void;
}

const scratch = '.scratch/bench/control-plane';
const p95MostMs = 100;
/** Plans are made and pages read: not counted. */
const warmUpMs = 1_500;

export async function runApi({
  mailboxes,
  clients,
  seconds,
  only,
  asItStands,
  profile,
  say,
}: ApiOrder): Promise<ApiResult> {
  mkdirSync(scratch, { recursive: true });
  await using server = await startEmbedded(scratch, {}, AbortSignal.timeout(120_000));
  await using db = await openDatabase({ url: server.url, connectionsMax: 2, applicationName: 'godwit bench' });
  await keptEstate(db, mailboxes, fillEstate, say);
  if (!asItStands) say(await enter(db, 'weekend', mailboxes));
  // As whoever leads has done by then: what became of windows is written down.
  await careForWaves(db);
  const questions = (await questionsOf(db)).filter(
    ({ what, operation }) => only.length === 0 || only.some((words) => `${operation} ${what}`.includes(words)),
  );
  const door = fork(new URL('./serve.ts', import.meta.url), [server.url, scratch], {
    stdio: 'inherit',
    execArgv: profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  });
  const programs = fork(new URL('./client.ts', import.meta.url), { stdio: 'inherit' });
  try {
    const [[told]] = (await Promise.all([once(door, 'message'), once(programs, 'message')])) as [[ApiServed], unknown];
    const figures: ApiFigure[] = [];
    const wrong: string[] = [];
    for (const question of questions) {
      const round = { ...told, paths: question.paths, clients };
      await play(programs, { ...round, ms: warmUpMs });
      const played = await play(programs, { ...round, ms: seconds * 1000 });
      figures.push(figureOf(question, played, seconds));
      wrong.push(...played.wrong);
      say(lineOf(figures.at(-1) as ApiFigure));
      for (const line of played.wrong) say(`  ${line}`);
    }
    return { mailboxes, clients, figures, wrong, isWell: wrong.length === 0 && figures.every(({ isWell }) => isWell) };
  } finally {
    // Which lets go of the database, and writes down its profile.
    door.disconnect();
    await once(door, 'exit');
    programs.kill();
  }
}

async function play(programs: ChildProcess, round: Round): Promise<RoundTold> {
  const told = once(programs, 'message');
  programs.send(round);
  return ((await told) as [RoundTold])[0];
}

function figureOf({ operation, what }: Asked, { times }: RoundTold, seconds: number): ApiFigure {
  const quantile = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  const p95 = quantile(0.95);
  return {
    operation,
    what,
    p50: quantile(0.5),
    p95,
    longest: quantile(1),
    perSecond: times.length / seconds,
    isWell: p95 <= p95MostMs,
  };
}

function lineOf({ operation, what, p50, p95, longest, perSecond, isWell }: ApiFigure): string {
  const times = [p50, p95, longest].map((ms) => ms.toFixed(0).padStart(6)).join('');
  const verdict = isWell ? 'PASS' : `short: at most ${p95MostMs} ms`;
  return `${operation.padEnd(20)}${what.slice(0, 60).padEnd(62)}${times} ms (p50, p95, longest), ${perSecond.toFixed(0)}/s: ${verdict}`;
}
