/**
 * The control plane under the weight of a national estate: what `godwit status`, `get` and `describe` take, as questions of a
 * process that runs and as commands that people type, and what the leader needs to look at what is due, choose and release.
 * In several states of the estate, since the plan that is right for one is wrong for another. The estate is synthetic (rows,
 * no mail servers), and PostgreSQL is the embedded one with its ordinary settings, on the disk of this machine.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { sql } from 'kysely';
import { readSelector, type Selector } from '#domain/selector.ts';
import { choose } from '#domain/release.ts';
import { silent } from '#lib/log.ts';
import { startEmbedded } from '#postgres/embedded.ts';
import { type Database, openDatabase } from '#store/db.ts';
import { openDescriptions } from '#store/descriptions.ts';
import { openEstateLists } from '#store/estate-lists.ts';
import { openEstateView } from '#store/estate-view.ts';
import { openJourneys } from '#store/journeys.ts';
import { keptEstate } from './kept-estate.ts';
import { openQueue } from '#store/queue.ts';
import { careForWaves } from '#store/wave-care.ts';
import { enter, fillEstate, type StateName } from './control-plane-estate.ts';
import { launcher } from './peers/godwit.ts';

export interface ControlPlaneFigure {
  readonly state: StateName;
  readonly what: string;
  /** In milliseconds, of all calls. */
  readonly median: number;
  readonly slowest: number;
  /** What was asked for; null where nothing was. */
  readonly mostMs: number | null;
}

/** One thing that is asked over and over. */
interface Question {
  readonly what: string;
  readonly mostMs: number | null;
  ask(): Promise<unknown>;
}

const scratch = '.scratch/bench/control-plane';
/** The first of each is not counted: the plan is made, and the pages are read. */
const calls = 9;
const commands = 5;
const statusMostMs = 1_000;
const lookMostMs = 200;
/** As the releaser does it. */
const candidatesMax = 4_000;
const roomMax = 1_000;

export async function runControlPlane(
  mailboxes: number,
  states: readonly StateName[],
  say: (line: string) => void,
): Promise<readonly ControlPlaneFigure[]> {
  mkdirSync(scratch, { recursive: true });
  await using server = await startEmbedded(scratch, {}, AbortSignal.timeout(120_000));
  await using db = await openDatabase({ url: server.url, connectionsMax: 4, applicationName: 'godwit bench' });
  await prepare(db, mailboxes, say);
  const figures: ControlPlaneFigure[] = [];
  for (const state of states) {
    const says = await enter(db, state, mailboxes);
    say('');
    say(`${state}: ${says}`);
    const tell = (figure: Omit<ControlPlaneFigure, 'state'>): void => {
      figures.push({ state, ...figure });
      say(lineOf(figure));
    };
    for (const question of await questions(db)) tell(await timed(question, calls));
    for (const question of leaderQuestions(db)) tell(await timed(question, calls));
    for (const figure of await releases(db)) tell(figure);
    for (const command of await commandLines(db)) tell(await timed(command, commands));
  }
  return figures;
}

async function prepare(db: Database, mailboxes: number, say: (line: string) => void): Promise<void> {
  say(`A synthetic estate: ${mailboxes} mailboxes in the tables, and no mail server behind any of them.`);
  await keptEstate(db, mailboxes, fillEstate, say);
}

async function questions(db: Database): Promise<readonly Question[]> {
  const { now } = openEstateView(db);
  const { mailboxes, count, organisations, waves } = openEstateLists(db);
  const describe = openDescriptions(db);
  const list = (text: string, after: string | null = null): Question => ({
    what: `get mailboxes ${text}${after === null ? '' : ' --after the middle'}`,
    mostMs: lookMostMs,
    async ask() {
      const selector = readSelector(text) as Selector;
      await Promise.all([mailboxes({ selector, after, max: 50 }), count(selector)]);
    },
  });
  const { wave, organisation, address } = await somebody(db);
  return [
    { what: 'status', mostMs: statusMostMs, ask: now },
    ...selectors(wave, organisation, address).map((text) => list(text)),
    list('stage=blocked', 'm'),
    list('stage=following', 'm'),
    { what: 'get organisations', mostMs: lookMostMs, ask: () => organisations({ after: null, max: 50 }) },
    { what: 'get waves', mostMs: lookMostMs, ask: waves },
    { what: 'describe mailbox', mostMs: lookMostMs, ask: () => describe.mailbox(address) },
    { what: 'describe mailbox, one that is not there', mostMs: lookMostMs, ask: () => describe.mailbox(`x${address}`) },
    ...(wave === null
      ? []
      : [{ what: 'describe wave', mostMs: lookMostMs, ask: () => describe.wave(wave) } satisfies Question]),
  ];
}

/** What people ask for, from the common to the mean. */
function selectors(wave: string | null, organisation: string, address: string): readonly string[] {
  return [
    '',
    'stage=blocked',
    'stage=switching',
    'stage=following',
    'kind=application',
    `organisation=${organisation}`,
    `organisation=${organisation} stage=blocked`,
    'under=Q000',
    'under=Q000 kind=room',
    ...(wave === null ? [] : [`wave=${wave}`, `wave=${wave} stage=following`, `wave=${wave} stage=blocked`]),
    'fault=target.quota',
    'fault=oauth.*',
    'hint=pilot kind=room',
    `address=${address}`,
    'address=zoe.y*',
    `address=*@${address.split('@')[1]}`,
  ];
}

interface Somebody {
  readonly wave: string | null;
  readonly organisation: string;
  readonly address: string;
}

/** In the middle of the estate, in the largest organisation there. */
async function somebody(db: Database): Promise<Somebody> {
  const { rows } = await sql<Somebody>`
    select m.address, o.code as organisation, w.name as wave
      from mailbox m join organisation o on o.id = m.organisation left join wave w on w.id = m.wave
     where m.id = (select max(id) / 2 from mailbox)`.execute(db.sql);
  return rows[0] as Somebody;
}

function leaderQuestions(db: Database): readonly Question[] {
  return [{ what: 'the leader cares for its waves', mostMs: null, ask: () => careForWaves(db) }];
}

/** What the leader does once a second: looks, chooses, releases. The queue is emptied after each. */
async function releases(db: Database): Promise<readonly Omit<ControlPlaneFigure, 'state'>[]> {
  await using queue = await openQueue(db, silent);
  const journeys = openJourneys(db, queue);
  const [dueMs, chooseMs, releaseMs]: [number[], number[], number[]] = [[], [], []];
  let released = 0;
  for (let i = 0; i <= calls; i++) {
    const began = performance.now();
    const { now, candidates, waves } = await journeys.due(candidatesMax);
    const looked = performance.now();
    const choices = choose(candidates, waves, now, roomMax);
    const chosen = performance.now();
    if (choices.length > 0) released = await journeys.release(choices);
    const done = performance.now();
    await queue.cancel(choices.map(({ mailbox }) => mailbox));
    if (i === 0) continue;
    dueMs.push(looked - began);
    chooseMs.push(chosen - looked);
    releaseMs.push(done - chosen);
  }
  return [
    { what: `due, ${candidatesMax} looked at`, mostMs: null, ...quantiles(dueMs) },
    { what: 'choose among them', mostMs: null, ...quantiles(chooseMs) },
    { what: `release ${released}`, mostMs: null, ...quantiles(releaseMs) },
  ];
}

/** The whole process, from the launcher to its end. */
async function commandLines(db: Database): Promise<readonly Question[]> {
  const { organisation, address } = await somebody(db);
  const command = (mostMs: number, ...words: readonly string[]): Question => ({
    what: `$ godwit ${words.join(' ')}`,
    mostMs,
    ask: async () => run([...words, '--state', scratch]),
  });
  return [
    command(statusMostMs, 'status'),
    command(lookMostMs, 'get', 'mailboxes', '--select', 'stage=blocked'),
    command(lookMostMs, 'get', 'mailboxes', '--select', `organisation=${organisation}`),
    command(lookMostMs, 'describe', 'mailbox', address),
  ];
}

function run(words: readonly string[]): void {
  // Out of its own bundle, as it is shipped, and with no more of our surroundings than it needs.
  const { status, stderr } = spawnSync(launcher, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  // Somebody may be blocked, which `status` says by its exit code.
  if (status !== 0 && status !== 3) throw new Error(`godwit ${words.join(' ')} ended with ${status}: ${stderr}`);
}

async function timed({ what, mostMs, ask }: Question, times: number): Promise<Omit<ControlPlaneFigure, 'state'>> {
  await ask();
  const values: number[] = [];
  for (let i = 0; i < times; i++) {
    const since = performance.now();
    await ask();
    values.push(performance.now() - since);
  }
  return { what, mostMs, ...quantiles(values) };
}

function quantiles(values: readonly number[]): Pick<ControlPlaneFigure, 'median' | 'slowest'> {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1] ?? 0, slowest: sorted.at(-1) ?? 0 };
}

function lineOf({ what, median, slowest, mostMs }: Omit<ControlPlaneFigure, 'state'>): string {
  const verdict = mostMs === null ? '' : slowest <= mostMs ? ': PASS' : `: short: at most ${mostMs} ms`;
  return `  ${what.padEnd(52)} ${median.toFixed(1).padStart(8)} ms, at most ${slowest.toFixed(1).padStart(8)} ms${verdict}`;
}
