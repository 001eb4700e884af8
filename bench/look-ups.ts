/**
 * A door of an estate of 2.1 million mailboxes with two and a half addresses each: how long it takes to know all of them from a real
 * PostgreSQL, what memory that is, how soon it answers after it was killed, with the database and without, and how many questions of
 * Postfix it answers in a second through its real socket, also while it reads everything anew.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sql } from 'kysely';
import { startEmbedded } from '#postgres/embedded.ts';
import { type Database, openDatabase } from '#store/db.ts';
import { keptEstate } from './kept-estate.ts';
import type { LookUps } from './look-ups-client.ts';
import { fillForLookUps } from './look-ups-estate.ts';

export interface LookUpFigure {
  readonly what: string;
  readonly value: number;
  readonly unit: 's' | 'ms' | 'MB' | '/s' | 'answers';
  /** At most so much; of look-ups in a second at least so many. Null: nothing was asked for. */
  readonly must: number | null;
}

export interface LookUpResult {
  readonly mailboxes: number;
  readonly figures: readonly LookUpFigure[];
  readonly isWell: boolean;
}

const scratch = '.scratch/bench/look-ups';
const secondsAsked = 15;
/** So many processes of Postfix ask without a pause. */
const connections = 16;
/** Nobody listens there (RFC 6335 §6: it is not given to anybody). */
const noDatabase = 'postgres://bench@127.0.0.1:1/none';

export async function runLookUps(mailboxes: number, say: (line: string) => void): Promise<LookUpResult> {
  mkdirSync(scratch, { recursive: true });
  const kept = join(scratch, 'routes');
  rmSync(kept, { force: true });
  await using server = await startEmbedded(scratch, {}, AbortSignal.timeout(120_000));
  await using db = await openDatabase({ url: server.url, connectionsMax: 4, applicationName: 'godwit bench' });
  await prepare(db, mailboxes, say);
  const figures: LookUpFigure[] = [];
  const tell = (what: string, value: number, unit: LookUpFigure['unit'], must: number | null = null): void => {
    figures.push({ what, value, unit, must });
    say(lineOf(figures.at(-1) as LookUpFigure));
  };
  {
    using door = await Door.start(server.url);
    const whole = await door.heard('whole');
    tell('first start: all is known from PostgreSQL after', whole.atMs / 1_000, 's', 30);
    const { ms = 0 } = await door.heard('routes are kept');
    tell('the snapshot is written in', ms / 1_000, 's');
    tell('the snapshot holds', statSync(kept).size / 1e6, 'MB');
    tell('memory of the door, at rest', door.memory('VmRSS'), 'MB', 900);
    tellAsked(`asked by ${connections} at a time`, await asked(door.port, mailboxes), tell);
    const imported = () => sql`update route_clock set estate = estate + 1`.execute(db.sql);
    tellAsked('asked while it reads all anew after an import', await asked(door.port, mailboxes, imported), tell);
    tell('memory of the door, at most so far', door.memory('VmHWM'), 'MB', 900);
    // It is killed here.
  }
  {
    using door = await Door.start(server.url);
    tell('killed, started again: the first right answer after', (await firstAnswer(door)) / 1_000, 's', 2);
    tell('and all is known from PostgreSQL after', (await door.heard('whole')).atMs / 1_000, 's', 30);
    tell('memory of the door, at most', door.memory('VmHWM'), 'MB', 900);
  }
  {
    using door = await Door.start(noDatabase);
    tell(
      'killed, started without the database: the first right answer after',
      (await firstAnswer(door)) / 1_000,
      's',
      2,
    );
    tell('memory of the door, at most', door.memory('VmHWM'), 'MB', 900);
  }
  return { mailboxes, figures, isWell: figures.every(isMet) };
}

async function prepare(db: Database, mailboxes: number, say: (line: string) => void): Promise<void> {
  say(`An estate of ${mailboxes} mailboxes with two and a half addresses each, in the embedded PostgreSQL.`);
  await keptEstate(db, mailboxes, fillForLookUps, say);
}

function tellAsked(
  what: string,
  { perSecond, wrong, later, p50Ms, p99Ms, p999Ms, mostMs }: LookUps,
  tell: (what: string, value: number, unit: LookUpFigure['unit'], must?: number | null) => void,
): void {
  tell(`${what}: look-ups in a second`, perSecond, '/s', 20_000);
  tell(`${what}: half of them within`, p50Ms, 'ms');
  tell(`${what}: 99 of 100 within`, p99Ms, 'ms', 5);
  tell(`${what}: 999 of 1000 within`, p999Ms, 'ms');
  tell(`${what}: all within`, mostMs, 'ms');
  tell(`${what}: answers that were not right`, wrong, 'answers', 0);
  if (later > 0) tell(`${what}: strangers told to ask later`, later, 'answers');
}

function isMet({ value, unit, must }: LookUpFigure): boolean {
  return must === null || (unit === '/s' ? value >= must : value <= must);
}

function lineOf(figure: LookUpFigure): string {
  const { what, value, unit, must } = figure;
  const verdict = must === null ? '' : isMet(figure) ? ': PASS' : `: short, ${must} ${unit} was asked for`;
  const digits = unit === 's' || unit === 'ms' ? 2 : 0;
  return `${what}: ${value.toFixed(digits)} ${unit}${verdict}`;
}

interface Told {
  readonly phrase: string;
  readonly atMs: number;
  readonly port?: number;
  readonly ms?: number;
}

/** A door in a process of its own; killed at the end. */
class Door implements Disposable {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #told: Told[];
  readonly #started: number;
  readonly #news: () => Promise<void>;

  static async start(url: string): Promise<Door> {
    const started = performance.now();
    const file = join(import.meta.dirname, 'look-ups-door.ts');
    const child = spawn(process.execPath, [file, url, scratch], { stdio: ['ignore', 'pipe', 'inherit'] });
    process.once('exit', () => child.kill('SIGKILL'));
    const told: Told[] = [];
    let news = Promise.withResolvers<void>();
    createInterface(child.stdout).on('line', (line) => {
      told.push(JSON.parse(line) as Told);
      news.resolve();
      news = Promise.withResolvers();
    });
    const door = new Door(child, started, told, () => news.promise);
    const { port = 0 } = await door.heard('listening');
    return Object.assign(door, { port });
  }

  private constructor(child: ChildProcess, started: number, told: Told[], news: () => Promise<void>) {
    [this.port, this.#process, this.#started, this.#told, this.#news] = [0, child, started, told, news];
  }

  /** What it says in a line with this phrase. */
  async heard(phrase: string): Promise<Told> {
    for (;;) {
      const found = this.#told.find((each) => each.phrase === phrase);
      if (found) return found;
      if (this.#process.exitCode !== null) throw new Error('the door has ended by itself');
      await this.#news();
    }
  }

  /** Since it was started, in milliseconds. */
  get age(): number {
    return performance.now() - this.#started;
  }

  /** In MB. */
  memory(which: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'latin1');
    return (Number(new RegExp(`${which}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1_024) / 1e6;
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL');
  }
}

/** When the door, asked again and again, says for the first time where somebody is. */
async function firstAnswer(door: Door): Promise<number> {
  const socket = connect(door.port, '127.0.0.1').setNoDelay(true);
  const question = 'transport person.4@health.example';
  try {
    for (;;) {
      socket.write(`${question.length}:${question},`);
      const answer = await new Promise<string>((resolve) =>
        socket.once('data', (chunk) => resolve(chunk.toString('latin1'))),
      );
      if (answer.includes('OK smtp:[old.example]')) return door.age;
      if (!answer.includes('TEMP')) throw new Error(`the door answered ${answer}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  } finally {
    socket.destroy();
  }
}

/** `begun` is called when the first is asked. */
async function asked(port: number, mailboxes: number, begun?: () => Promise<unknown>): Promise<LookUps> {
  const file = join(import.meta.dirname, 'look-ups-client.ts');
  const args = [port, mailboxes, connections, secondsAsked].map(String);
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    if (line === 'ready') await begun?.();
    lines.push(line);
  }
  return JSON.parse(lines.at(-1) ?? '') as LookUps;
}
