/** Plans that are made and applied by HTTP: as the command line does it, by processes that end with whoever asked. */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openPlansDesk } from '#app/plans-desk.ts';
import { usualFileLimits } from '#domain/api-settings.ts';
import { people } from '#store/estate.test-kit.ts';
import type { Database } from '#store/db.ts';
import { openSentFiles } from '#store/sent-files.ts';
import { testDatabase } from '#store/test-database.ts';
import {
  ask,
  bearerOf,
  deskFor,
  planningOn,
  problemIn,
  type Served,
  served,
  type ServedOptions,
  type Told,
} from './served.test-kit.ts';

/** Processes of their own take theirs on a machine that is busy. */
vi.setConfig({ testTimeout: 180_000 });

const calendar = `
timezone: Europe/London
from: 2999-08-05
until: 2999-08-31
windows: [{ name: evening, days: [Mon, Tue], start: "19:00", end: "06:00", mailboxes: 2 }]
`;

interface Opened {
  readonly api: Served;
  readonly bearer: string;
  /** Sends a file, and gives what an order says of it. */
  readonly sent: (text: string | Buffer, name?: string) => Promise<{ readonly file: string; readonly name: string }>;
  readonly lines: (path: string, order: object) => Promise<{ readonly told: Told; readonly lines: readonly Line[] }>;
}

type Line = Readonly<Record<string, unknown>>;

async function opened(db: Database, given: ServedOptions = {}): Promise<Opened> {
  await people(db.sql, ['ann', 'bob', 'cat', 'dan', 'eve']);
  const api = await served(db, given);
  const bearer = await bearerOf(db, 'planner');
  return {
    api,
    bearer,
    async sent(text, name = 'given.csv') {
      const told = await ask(api, '/v1/files', { bearer, octets: Buffer.from(text) });
      return { file: (told.body as { file: string }).file, name };
    },
    async lines(path, order) {
      const told = await ask(api, path, { bearer, order });
      const lines = told.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
      return { told, lines };
    },
  };
}

const partsOf = (lines: readonly Line[], file: string) =>
  lines.flatMap((line) => (line['file'] === file ? [line['text']] : [])).join('');
const problemOf = (lines: readonly Line[]) => lines.at(-1)?.['problem'];

describe('a plan', () => {
  test('is told line by line, files and all, and becomes waves when it is applied', async () => {
    await using db = await testDatabase();
    const { sent, lines } = await opened(db);
    const given = await sent(calendar, 'calendar.yaml');
    const { told, lines: made } = await lines('/v1/plans', { calendar: given, effortSeconds: 1 });
    expect(told.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(made.at(-1)).toMatchObject({ report: { summary: { mailboxes: { all: 5, placed: 5, unplaced: 0 } } } });
    const plan = partsOf(made, 'plan');
    expect(plan).toMatch(/^address,wave,window_start\nann@x\.example,evening-2999-08-05,2999-08-05T19:00\n/);
    expect(plan.trimEnd().split('\n')).toHaveLength(6);
    expect(partsOf(made, 'splits')).toMatch(/^mailbox,grantee,kind,/);
    const order = { plan: await sent(plan, 'plans/august.csv'), calendar: given };
    const tried = await lines('/v1/plans/apply', { ...order, dryRun: true });
    expect(tried.lines.at(-1)).toMatchObject({
      applied: { file: 'plans/august.csv', changed: false, found: { refused: null, changes: { planned: 5 } } },
    });
    expect(await waves(db)).toEqual([]);
    const applied = await lines('/v1/plans/apply', { ...order, why: 'as agreed' });
    expect(applied.lines.at(-1)).toMatchObject({ applied: { changed: true, found: { changes: { planned: 5 } } } });
    expect(await waves(db)).toHaveLength(3);
    const { rows } = await sql`select who, why, about from audit where what = 'plan apply'`.execute(db.sql);
    expect(rows).toMatchObject([
      { who: 'token 1 (planner of all)', why: 'as agreed', about: { file: 'plans/august.csv' } },
    ]);
  });
});

describe('a rehearsal', () => {
  test('goes by the settings of the server, tells how it stands, and the same of the same seed', async () => {
    await using db = await testDatabase();
    const { sent, lines } = await opened(db);
    const rows = ['ann', 'bob', 'cat', 'dan'].map((name) => `${name}@x.example,evening,2999-08-05T19:00\n`);
    const plan = await sent(`address,wave,window_start\n${rows.join('')}`, 'august.csv');
    const order = { plan, calendar: await sent(calendar, 'calendar.yaml'), runs: 2, habits: { releaseAfterMs: null } };
    const { lines: told } = await lines('/v1/plans/rehearse', order);
    expect(told).toContainEqual({ clocks: 'Europe/London' });
    const { rehearsal } = told.at(-1) as { readonly rehearsal: Line };
    expect(rehearsal).toMatchObject({
      plan: 'august.csv',
      platforms: { source: { budget: { connections: 10 } } },
      habits: { errorBudget: 0.02, releaseAfterMs: null },
      runs: { told: { mailboxes: 5, unplacedByPlan: 1, end: { settled: 4 } }, runs: [{ seed: 1 }, { seed: 2 }] },
    });
    const again = await lines('/v1/plans/rehearse', order);
    expect(again.lines.at(-1)).toEqual({ rehearsal });
    const weather = await sent('outages: [', 'weather.yaml');
    const wrong = await lines('/v1/plans/rehearse', { ...order, weather });
    expect(JSON.stringify(wrong.lines.at(-1))).toContain('weather.yaml, line 1');
  });
});

describe('what cannot be planned', () => {
  test.each([
    ['a calendar that is none', 'windows: [', /calendar\.yaml, line 1/],
    ['a calendar of no time zone', calendar.replace('London', 'Londn'), /calendar\.yaml, line 2, column 11: timezone/],
    ['octets that are no text', Buffer.from([0xff, 0xfe, 0x00]), /calendar\.yaml/],
    ['nothing', ' ', /calendar\.yaml is empty/],
  ])('for %s is told by its place', async (_, text, says) => {
    await using db = await testDatabase();
    const { sent, lines } = await opened(db);
    const given = await sent(text, 'calendar.yaml');
    const { told } = await lines('/v1/plans', { calendar: given });
    expect(problemIn(told)).toMatchObject({
      status: 422,
      code: 'api.request.unfit',
      detail: expect.stringMatching(says),
    });
    expect(told.text).not.toContain('planning-');
  });

  test('for a file that nobody has sent, or somebody else, is told as if there were none', async () => {
    await using db = await testDatabase();
    const { api, sent, lines } = await opened(db);
    const given = await sent(calendar);
    const none = { file: '0'.repeat(64), name: 'calendar.yaml' };
    expect(problemIn((await lines('/v1/plans', { calendar: none })).told)).toMatchObject({ status: 404 });
    const bearer = await bearerOf(db, 'owner');
    const foreign = await ask(api, '/v1/plans', { bearer, order: { calendar: given } });
    expect(problemIn(foreign)).toMatchObject({ status: 404, code: 'api.not-there' });
    for (const unfit of [{}, { calendar: '../calendar.yaml' }, { calendar: { ...given, file: '../x' } }])
      expect((await ask(api, '/v1/plans', { bearer, order: unfit })).status).toBe(422);
  });

  test('for rows that cannot be meant, or mean another estate, changes nothing and is told row by row', async () => {
    await using db = await testDatabase();
    const { sent, lines } = await opened(db);
    const given = await sent(calendar, 'calendar.yaml');
    const row = (text: string) => `address,wave,window_start\n${text}\n`;
    const wrong = await sent(row('ann@x.example,a,tonight'), '=plan.csv');
    const apply = async (plan: object) => problemOf((await lines('/v1/plans/apply', { plan, calendar: given })).lines);
    expect(await apply(wrong)).toMatchObject({
      status: 409,
      outcome: {
        kind: 'file-wrong',
        code: 'plan.file.wrong',
        file: '=plan.csv',
        problems: 1,
        findings: [{ line: 2, column: 3, problem: expect.stringContaining('"tonight" is no window_start') }],
      },
    });
    expect(await apply(await sent(Buffer.from([0x50, 0x4b, 0x03, 0x04, 0x00, 0xff]), 'plan.xlsx'))).toMatchObject({
      outcome: { kind: 'file-wrong', file: 'plan.xlsx' },
    });
    expect(await apply(await sent(row('zed@x.example,a,2999-08-05T19:00')))).toMatchObject({
      status: 409,
      outcome: {
        kind: 'estate-moved',
        applied: { changed: false, found: { refused: { unknown: { count: 1, first: [{ name: 'zed@x.example' }] } } } },
      },
    });
    const wishes = await sent('organisation,wish\nRXY,never\n', 'wishes.csv');
    expect(problemOf((await lines('/v1/plans', { calendar: given, wishes })).lines)).toMatchObject({
      outcome: { kind: 'file-wrong', code: 'plan.wishes-wrong', file: 'wishes.csv', findings: [{ line: 2 }] },
    });
    expect(await waves(db)).toEqual([]);
  });
});

describe('who plans', () => {
  test('does it alone, and has it ended by no longer waiting for it', async () => {
    await using db = await testDatabase();
    const { api, bearer, sent, lines } = await opened(db);
    const order = { calendar: await sent(calendar), effortSeconds: 3_600 };
    const left = new AbortController();
    const asked = await fetch(`${api.url}/v1/plans`, {
      method: 'POST',
      body: JSON.stringify(order),
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': 'application/json',
        'idempotency-key': 'for-an-hour',
      },
      signal: left.signal,
    });
    expect(asked.status).toBe(200);
    const second = await lines('/v1/plans', order);
    expect(problemIn(second.told)).toMatchObject({ status: 409, code: 'api.planning.under-way' });
    left.abort();
    const short = { ...order, effortSeconds: 1 };
    await vi.waitFor(async () => expect((await lines('/v1/plans', short)).lines.at(-1)).toHaveProperty('report'), {
      timeout: 30_000,
      interval: 500,
    });
    // Nothing of either is left on the disk.
    expect(await planningIn(api)).toEqual([]);
  });
});

test('a process that ends before it has an answer is told of, and the next one is begun', async () => {
  await using db = await testDatabase();
  const planning = planningOn(db);
  // As the kernel does where there is no memory left.
  const killed = "--import=data:text/javascript,process.kill(process.pid,'SIGKILL')";
  const environment = { ...planning.environment, NODE_OPTIONS: killed };
  const stateDir = await mkdtemp(join(tmpdir(), 'godwit-planning-'));
  onTestFinished(() => rm(stateDir, { recursive: true }));
  const desk = deskFor(db, { stateDir, planning: { ...planning, environment } });
  const { sent, lines } = await opened(db, { desk });
  const order = { calendar: await sent(calendar) };
  for (const _ of [1, 2])
    expect(problemIn((await lines('/v1/plans', order)).told)).toMatchObject({
      status: 500,
      code: 'api.planning.ended',
      detail: 'What was to plan ended before it had an answer: its process was ended by SIGKILL.',
    });
  expect(await readdir(stateDir)).toEqual([]);
});

test('a plan that was applied is told as that, though its file could not be forgotten', async () => {
  await using db = await testDatabase();
  const stateDir = await mkdtemp(join(tmpdir(), 'godwit-planning-'));
  onTestFinished(() => rm(stateDir, { recursive: true }));
  const { find } = openSentFiles(db, usualFileLimits);
  const forget = () => Promise.reject(new Error('the database is away'));
  const plans = openPlansDesk({ ...planningOn(db), stateDir, files: { find, forget } });
  const { sent, lines } = await opened(db, { desk: deskFor(db, { plans }) });
  const rows = ['ann', 'bob', 'cat', 'dan', 'eve'].map((name, i) => {
    const day = ['05', '06', '12'][Math.floor(i / 2)] as string;
    return `${name}@x.example,evening-2999-08-${day},2999-08-${day}T19:00\n`;
  });
  const plan = await sent(`address,wave,window_start\n${rows.join('')}`, 'august.csv');
  const order = { plan, calendar: await sent(calendar, 'calendar.yaml') };
  expect((await lines('/v1/plans/apply', order)).lines.at(-1)).toMatchObject({ applied: { changed: true } });
  expect(await waves(db)).toHaveLength(3);
});

async function planningIn({ stateDir }: Served): Promise<readonly string[]> {
  return (await readdir(stateDir)).filter((name) => name.startsWith('planning-'));
}

async function waves(db: Database): Promise<readonly unknown[]> {
  return (await sql`select name from wave order by name`.execute(db.sql)).rows;
}
