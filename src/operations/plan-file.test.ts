/** A plan is written whole or not at all, and read back as what it was; whatever somebody changed in it is told by line. */

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PlanWindow } from '#domain/calendar.ts';
import { addressKey } from '#domain/estate.ts';
import { readAddress } from '#domain/estate-values.ts';
import { isFault } from '#domain/fault.ts';
import { notPlanned } from '#planning/difference.ts';
import { entriesOf } from './plan-file.ts';
import { earlierPlan, readPlan, windowsOfPlan } from './plan-file-read.ts';
import { writePlan } from './plan-file-write.ts';

const never = new AbortController().signal;

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-plan-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

function rosterOf(addresses: readonly string[]) {
  const keys = addresses.map(addressKey);
  return {
    size: addresses.length,
    address: (mailbox: number) => addresses[mailbox] as string,
    find: (address: string) => keys.indexOf(addressKey(address)),
  };
}

const windowAt = (name: string, start: string, isPilot = false): PlanWindow => ({
  name,
  start,
  day: start.slice(0, 10),
  dayNumber: Date.parse(`${start.slice(0, 10)}T00:00Z`) / 86_400_000,
  opensAt: 0,
  closesAt: 1,
  mailboxes: 10,
  bytes: 10,
  isPilot,
});
const windows = [
  windowAt('evening', '2026-08-03T19:00', true),
  windowAt('evening', '2026-08-04T19:00'),
  windowAt('weekend', '2026-08-07T19:00'),
];
const people = ['Ann@x.example', 'bob@x.example', 'cat@x.example', 'dot@x.example'];

async function written(addresses: readonly string[], window: readonly number[], path?: string): Promise<string> {
  const file = path ?? join(await newFolder(), 'plan.csv');
  await writePlan(
    file,
    { roster: rosterOf(addresses), entry: Int32Array.from(window), entries: entriesOf(windows) },
    never,
  );
  return file;
}

async function read(text: string | Buffer, addresses: readonly string[] = people) {
  const file = join(await newFolder(), 'plan.csv');
  await writeFile(file, text);
  return readPlan(file, rosterOf(addresses), never);
}

/** `2:3: …` of each problem. */
async function problemsOf(text: string | Buffer): Promise<readonly string[]> {
  try {
    await read(text);
    return [];
  } catch (error) {
    if (!isFault(error, 'plan.file.wrong')) throw error;
    expect(error.about.problems).toBe(error.about.findings.length);
    return error.about.findings.map(
      ({ line, column, problem }) => [line, column].filter((part) => part !== null).join(':') + `: ${problem}`,
    );
  }
}

describe('a plan', () => {
  test('has a line for each mailbox, as it was written, with its wave and the start of its window, or neither', async () => {
    expect(await readFile(await written(people, [0, 2, -1, 1]), 'utf8')).toBe(
      [
        'address,wave,window_start',
        'Ann@x.example,pilot,2026-08-03T19:00',
        'bob@x.example,weekend-2026-08-07,2026-08-07T19:00',
        'cat@x.example,,',
        'dot@x.example,evening-2026-08-04,2026-08-04T19:00',
        '',
      ].join('\n'),
    );
  });

  test('is read back as it was, whatever an address begins with', async () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '=', '+', '-', "'", '|', '%', 'é', '0', '.'), {
      minLength: 1,
      maxLength: 6,
    });
    const address = letters.map((some) => `${some.join('')}@x.example`).filter((each) => 'value' in readAddress(each));
    const some = fc.uniqueArray(fc.tuple(address, fc.integer({ min: -1, max: 2 })), {
      selector: ([each]) => addressKey(each),
    });
    await fc.assert(
      fc.asyncProperty(some, async (planned) => {
        const addresses = planned.map(([each]) => each);
        const window = planned.map(([, number]) => number);
        const file = await written(addresses, window);
        expect(await readFile(file, 'utf8')).not.toMatch(/^[=+\-@|%]/m);
        const plan = await readPlan(file, rosterOf(addresses), never);
        expect([...windowsOfPlan(plan, windows, []).window]).toEqual(window);
        expect([plan.rows, plan.unknown.mailboxes, plan.missing.mailboxes]).toEqual([planned.length, 0, 0]);
        expect([...plan.line]).toEqual(window.map((_, i) => i + 2));
      }),
      { numRuns: 50 },
    );
  });

  test('is written in whole pieces, however long', async () => {
    const addresses = Array.from({ length: 60_000 }, (_, i) => `${i % 3 === 0 ? 'é' : 'a'}${i}@ward.example`);
    const window = addresses.map((_, i) => (i % 4) - 1);
    const file = await written(addresses, window);
    expect((await stat(file)).size).toBeGreaterThan(2 ** 21);
    const expected = addresses.map((address, i) => {
      const [entry] = entriesOf(windows).slice(window[i], (window[i] as number) + 1);
      return (window[i] as number) < 0 ? `${address},,` : `${address},${entry?.wave},${entry?.start}`;
    });
    expect((await readFile(file, 'utf8')).trimEnd().split('\n').slice(1)).toEqual(expected);
  });

  test('takes the place of another only when all of it is written, and leaves nothing else behind', async () => {
    const folder = await newFolder();
    const path = join(folder, 'plan.csv');
    await written(people, [0, 0, 0, 0], path);
    const before = await readFile(path, 'utf8');
    const roster = {
      size: 40_000,
      address(mailbox: number): string {
        if (mailbox === 39_999) throw new Error('killed');
        return `m${mailbox}@x.example`;
      },
    };
    const plan = { roster, entry: new Int32Array(40_000), entries: entriesOf(windows) };
    await expect(writePlan(path, plan, never)).rejects.toThrow('killed');
    await expect(writePlan(path, plan, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(await readdir(folder)).toEqual(['plan.csv']);
    await written(people, [1, 1, 1, 1], path);
    expect(await readFile(path, 'utf8')).not.toBe(before);
  });

  test('that cannot be written or read is told with what to do', async () => {
    const folder = await newFolder();
    await expect(written(people, [0, 0, 0, 0], join(folder, 'none', 'plan.csv'))).rejects.toMatchObject({
      code: 'plan.file.unwritable',
    });
    await expect(readPlan(join(folder, 'plan.csv'), rosterOf(people), never)).rejects.toMatchObject({
      code: 'plan.file.unreadable',
      message: `The plan ${join(folder, 'plan.csv')} cannot be read: there is no such file.`,
    });
  });
});

describe('a plan that somebody changed', () => {
  const header = 'address,wave,window_start';

  test('may have its columns and lines in another order, other waves, and lines ended by CRLF', async () => {
    const text = `\ufeffwindow_start,address,wave\r\n2026-08-07T19:00,"BOB@x.example",extra\r\n,ann@x.example,\r\n2026-08-07T19:00,dot@x.example,weekend-2026-08-07\r\n`;
    const plan = await read(text);
    expect(plan.entries.map(({ wave, start, line, mailboxes }) => [wave, start, line, mailboxes])).toEqual([
      ['extra', '2026-08-07T19:00', 2, 1],
      ['weekend-2026-08-07', '2026-08-07T19:00', 4, 1],
    ]);
    expect([...plan.entry]).toEqual([-1, 0, notPlanned, 1]);
    expect([...plan.line]).toEqual([3, 2, 0, 4]);
    expect([...windowsOfPlan(plan, windows, []).window]).toEqual([-1, 2, -1, 2]);
  });

  test('tells who is in it and not in the estate, and the other way round', async () => {
    const plan = await read(`${header}\nGone@x.example,pilot,2026-08-03T19:00\nbob@x.example,,\n`);
    expect(plan.unknown).toEqual({ mailboxes: 1, first: [{ line: 2, address: 'gone@x.example' }] });
    expect(plan.missing).toEqual({ mailboxes: 3, first: ['Ann@x.example', 'cat@x.example', 'dot@x.example'] });
  });

  test('tells by line of windows that the calendar does not have, and why', async () => {
    const plan = await read(
      `${header}\nann@x.example,a,2026-08-31T19:00\nbob@x.example,b,2026-08-05T19:00\ncat@x.example,a,2026-08-31T19:00\ndot@x.example,pilot,2026-08-03T19:00\n`,
    );
    const found = windowsOfPlan(plan, windows, [{ start: '2026-08-31T19:00', why: 'touches the blackout 2026-08-31' }]);
    expect([...found.window]).toEqual([-1, -1, -1, 0]);
    expect(found.unknown.map(({ line, problem }) => `${line}: ${problem}`)).toEqual([
      '2: a, with 2 mailboxes: the window of 2026-08-31T19:00 touches the blackout 2026-08-31.',
      '3: b, with one mailbox: no window opens at 2026-08-05T19:00.',
    ]);
  });

  test('is told of everything in it that cannot be meant, all at once', async () => {
    const lines = [
      'ann@x.example,pilot,2026-08-03T19:00',
      'ANN@x.example,,',
      'bob,pilot,2026-08-03T19:00',
      ',pilot,2026-08-03T19:00',
      'bob@x.example,,2026-08-03T19:00',
      'cat@x.example,pilot,',
      'dot@x.example,pilot,2026-08-04T19:00',
      'gone@x.example,late,2026-02-30T19:00',
      'Gone@x.example,late,3 August',
      'more@x.example,late,2026-08-03T24:00,',
      '"open,late,2026-08-03T19:00',
    ];
    expect(await problemsOf(`${header}\n${lines.join('\n')}\n`)).toEqual([
      '3:1: ANN@x.example stands in line 2 already.',
      '4:1: "bob" is no address: it has no "@".',
      '5:1: The address is missing.',
      '6:2: The wave is missing. Who has no window has neither wave nor window_start.',
      '7:3: The window_start is missing. Who has no window has no wave either.',
      '8:3: The wave pilot begins at 2026-08-03T19:00 in line 2.',
      '9:3: "2026-02-30T19:00" is no window_start: write it as 2026-08-03T19:00.',
      '10:1: Gone@x.example stands in line 9 already.',
      '10:3: "3 August" is no window_start: write it as 2026-08-03T19:00.',
      '11:3: This line has 4 fields, the header has 3. A field with a comma in it stands in double quotes.',
      '12:1: A double quote is opened and not closed in this line. A field holds no line break.',
    ]);
  });

  test.each([
    ['nothing', '', '1: It is empty. Its first line is address,wave,window_start.'],
    [
      'another file',
      'code,name,parent\nR,R,\n',
      '1: The first line names the columns: address,wave,window_start. This one does not.',
    ],
    [
      'no UTF-8',
      Buffer.from('\ufeffaddress,wave,window_start\nann@x,,\n', 'utf16le'),
      '1: This line is no UTF-8 text; it looks like UTF-16. Save the file as UTF-8.',
    ],
    ['a misspelt column', 'address,wave,window_star\n', '1:3: "window_star" is no column; did you mean window_start?'],
  ])('that is %s is told so', async (_, text, says) => {
    expect(await problemsOf(text)).toEqual(expect.arrayContaining([says]));
  });
});

test('an earlier plan is told by its starts, and who has left since by their addresses', async () => {
  const plan = await read(
    'address,wave,window_start\nann@x.example,a,2026-08-07T19:00\nbob@x.example,b,2026-08-07T19:00\ncat@x.example,,\ngone@x.example,c,2026-08-03T19:00\n',
  );
  expect(earlierPlan(plan)).toEqual({
    start: Int32Array.from([0, 0, -1, notPlanned]),
    starts: [
      { start: '2026-08-07T19:00', dayNumber: 20_672 },
      { start: '2026-08-03T19:00', dayNumber: 20_668 },
    ],
    leavers: { mailboxes: 1, first: ['gone@x.example'] },
  });
});
