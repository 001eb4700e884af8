import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silent } from '#lib/log.ts';
import { openPlanWork } from './plan-work.ts';
import { calendarIn } from './read-calendar.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-plan-work-'));
  await write('organisations.csv', 'code,name,parent', ['RXY,Trust,']);
  const columns = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint';
  await write(
    'mailboxes.csv',
    columns,
    ['ward@x.example,shared', ...people(40), 'app@x.example,application'].map((each) => `${each},RXY,1000,1,,,`),
  );
  await write(
    'grants.csv',
    'mailbox,grantee,kind',
    people(40).map((each) => `ward@x.example,${each.split(',')[0]},full-access`),
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const people = (n: number): string[] => Array.from({ length: n }, (_, i) => `p${i}@x.example,person`);

async function write(name: string, header: string, lines: readonly string[]): Promise<void> {
  await writeFile(join(folder, name), `${[header, ...lines].join('\n')}\n`);
}

const calendar = calendarIn(
  'calendar.yaml',
  `
timezone: Europe/London
from: 2026-08-03
until: 2026-08-31
windows: [{ name: evening, days: [Mon, Tue], start: "19:00", end: "06:00", mailboxes: 20 }]
kinds_last: [application]
pilot: { share: 0.05 }
`,
);
const order = {
  calendar,
  seed: 1,
  effortSeconds: 1,
  earlier: null,
  wishes: null,
  explain: [],
  now: 0,
  watcher: { reading: () => undefined, begins: () => undefined, progress: () => undefined },
};
const made = ['grants.csv', 'mailboxes.csv', 'organisations.csv'];

async function opened(signal: AbortSignal) {
  return await openPlanWork({ ...options(), signal }, () => undefined);
}

function options() {
  const out = join(folder, 'plan.csv');
  const { signal } = new AbortController();
  return {
    estate: { folder },
    out,
    calendar: join(folder, 'calendar.yaml'),
    reads: [] as string[],
    earlier: null as string | null,
    log: silent,
    signal,
  };
}

test('a plan is not written over what it is made from, under whatever name, but over the plan before', async () => {
  await symlink(folder, join(folder, 'again'));
  const mails = join(folder, 'again', 'mailboxes.csv');
  const wishes = join(folder, 'plan.wishes.csv');
  const before = join(folder, 'plan.csv');
  for (const name of [wishes, before]) await writeFile(name, 'what somebody wrote');
  const over = async (changes: object) =>
    await openPlanWork({ ...options(), ...changes }, () => undefined).then(
      () => null,
      (error: unknown) => (error as Error).message,
    );
  expect(await over({ out: mails })).toContain(`-o ${mails} would be written over what is read from`);
  expect(await over({ reads: [wishes] })).toContain(`would put ${wishes} over what is read from ${wishes}`);
  expect(await over({ reads: [before] })).toContain('Name another file.');
  expect(await over({ earlier: wishes })).toContain(`over what is read from ${wishes}`);
  expect(await over({ earlier: before })).toBeNull();
  expect(await over({ out: null, reads: [before] })).toBeNull();
});

test('what became of the wishes of an earlier plan does not lie beside one that was made without any', async () => {
  const { signal } = new AbortController();
  const beside = join(folder, 'plan.wishes.csv');
  for (const [text, stays] of [
    ['lines,organisation,wish,group,mailboxes,granted,why\r\n2,RXY,last,,1,yes,so\r\n', false],
    ['organisation,wish,whom,group,from,until\n', true],
  ] as const) {
    await writeFile(beside, text);
    await using work = await opened(signal);
    await work.plan(order, signal);
    expect(await readdir(folder)).toContain('plan.wishes.csv');
    work.settle('in short\n');
    expect((await readdir(folder)).includes('plan.wishes.csv')).toBe(stays);
  }
});

test('three files and a calendar become a plan and its tables, with no server or database', async () => {
  const { signal } = new AbortController();
  await using work = await opened(signal);
  const report = await work.plan(order, signal);
  expect(await readdir(folder)).not.toContain('plan.csv');
  const files = work.settle('in short\n');
  expect(files.map((file) => file.slice(folder.length + 1)).toSorted()).toEqual([
    'plan.csv',
    'plan.splits.csv',
    'plan.summary.txt',
    'plan.unplaced.csv',
  ]);
  expect((await readdir(folder)).toSorted()).toEqual(
    [...made, ...files.map((file) => file.slice(folder.length + 1))].toSorted(),
  );
  expect(report.summary.mailboxes).toMatchObject({ all: 42, placed: 42, unplaced: 0 });
  const lines = (await readFile(join(folder, 'plan.csv'), 'utf8')).trimEnd().split('\n');
  expect(lines).toHaveLength(43);
  // It moves after the last person, and the pilot takes two of 42 at most.
  expect(lines.at(-1)).toBe(`app@x.example,${lines.at(-1)?.split(',')[1]},${report.summary.finish?.start}`);
  expect([1, 2]).toContain(lines.filter((line) => line.includes(',pilot,')).length);
  expect(await readFile(join(folder, 'plan.summary.txt'), 'utf8')).toBe('in short\n');
});

test('who stops it while it plans finds the folder as it was', async () => {
  const stop = new AbortController();
  await writeFile(join(folder, 'plan.csv'), 'the one before');
  {
    await using work = await opened(stop.signal);
    const watcher = { ...order.watcher, progress: () => stop.abort(new Error('enough')) };
    await expect(work.plan({ ...order, watcher }, stop.signal)).rejects.toThrow('enough');
  }
  expect((await readdir(folder)).toSorted()).toEqual([...made, 'plan.csv'].toSorted());
  expect(await readFile(join(folder, 'plan.csv'), 'utf8')).toBe('the one before');
});

test('an end that waits for nothing takes away what was begun', async () => {
  const { signal } = new AbortController();
  await using work = await opened(signal);
  await work.plan(order, signal);
  work.abandon();
  expect((await readdir(folder)).toSorted()).toEqual(made);
});

test('all grants with an unknown end are written beside the plan, however many, and nothing is where there are none', async () => {
  const { signal } = new AbortController();
  const gone = Array.from({ length: 50 }, (_, i) => `p${i}@x.example,gone${i}@x.example,folder`);
  await write('grants.csv', 'mailbox,grantee,kind', [...gone.slice(0, 49), 'old@x.example,older@x.example,send-as']);
  const beside = join(folder, 'plan.unknown.csv');
  for (const lines of [51, 0]) {
    await using work = await opened(signal);
    await work.plan(order, signal);
    work.settle('in short\n');
    const written = await readFile(beside, 'utf8').then(
      (text) => text.trimEnd().split('\r\n'),
      () => [],
    );
    expect(written).toHaveLength(lines);
    if (lines > 0) {
      expect(written.slice(0, 2)).toEqual([
        'mailbox,grantee,kind,unknown',
        'p0@x.example,gone0@x.example,folder,grantee',
      ]);
      expect(written.slice(-2)).toEqual([
        'p48@x.example,gone48@x.example,folder,both',
        'old@x.example,older@x.example,send-as,both',
      ]);
    }
    await write('grants.csv', 'mailbox,grantee,kind', []);
  }
});

test('a repeated grant, one to oneself and one of somebody unknown are remarked, and count for nothing more', async () => {
  const { signal } = new AbortController();
  const more = [
    'ward@x.example,p1@x.example,folder',
    'ward@x.example,p1@x.example,folder',
    'p1@x.example,p1@x.example,folder',
  ];
  await write('grants.csv', 'mailbox,grantee,kind', [...more, 'ward@x.example,gone@x.example,folder']);
  await using work = await opened(signal);
  const { remarks, summary } = await work.plan(order, signal);
  expect(summary.grants).toMatchObject({ all: 1, unknown: 1 });
  expect(remarks).toEqual([
    expect.stringMatching(/^One line of grants.csv gives a mailbox to itself/),
    expect.stringMatching(/^One line of grants.csv repeats/),
    expect.stringMatching(/^One grant has an end that is not in the estate.*gone@x.example/),
  ]);
});
