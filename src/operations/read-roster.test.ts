/** An estate is read from its folder with no database; what is wrong with it is what an import would say. */

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { grantKinds, mailboxKinds } from '#domain/estate.ts';
import { type Fault, isFault } from '#domain/fault.ts';
import { dayOfNumber } from '#domain/calendar-days.ts';
import { noDayAfter, noDayBefore } from '#planning/roster.ts';
import { testDatabase } from '#store/test-database.ts';
import { filesOf, importInto, lineOf, type Made } from './import-estate.test-kit.ts';
import { type FolderRoster, readRoster, type RosterReading } from './read-roster.ts';

const never = new AbortController().signal;
const nobodyListens = (): void => undefined;

function folderOf(made: Made): string {
  return dirname(Object.values(filesOf(made))[0]?.path as string);
}

/** The fault with which it ended; null where all was well. */
async function thrownBy(reading: Promise<unknown>): Promise<Fault<'estate.files.wrong'> | null> {
  try {
    await reading;
    return null;
  } catch (error) {
    if (isFault(error, 'estate.files.wrong')) return error;
    throw error;
  }
}

async function read(made: Made): Promise<FolderRoster> {
  return readRoster(folderOf(made), nobodyListens, never);
}

/** What is told of files that are no estate. */
async function problemsOf(made: Made): Promise<readonly string[]> {
  const error = await thrownBy(read(made));
  if (error === null) return [];
  expect(error.about.problems).toBe(error.about.findings.length);
  return error.about.findings.map(lineOf);
}

const organisations = ['R,Region,', 'RXY,Royal,R', 'R0A,"Trust, Northern",RXY'];
const people = [
  'Ann@x.example,person,RXY,5055142313,67402,2026-08-03,,pilot',
  'bob@x.example,shared,R0A,,,,2026-12-31,',
  'zoë@x.example,application,RXY,17,3,2026-10-01,2026-10-01,last',
];
const grants = ['ann@X.example,bob@x.example,send-as', 'ZOË@x.example,ann@x.example,folder'];

describe('the files of an estate', () => {
  test('are read into columns, addresses as they were written and found in whatever case', async () => {
    const roster = await read({ organisations, mailboxes: people, grants });
    expect(roster.size).toBe(3);
    expect([0, 1, 2].map((mailbox) => roster.address(mailbox))).toEqual([
      'Ann@x.example',
      'bob@x.example',
      'zoë@x.example',
    ]);
    expect(['ANN@x.example', 'ZOË@X.EXAMPLE', 'cat@x.example'].map((each) => roster.find(each))).toEqual([0, 2, -1]);
    expect(Array.from(roster.kind, (kind) => mailboxKinds[kind])).toEqual(['person', 'shared', 'application']);
    expect(Array.from(roster.organisation, (number) => roster.organisations[number]?.code)).toEqual([
      'RXY',
      'R0A',
      'RXY',
    ]);
    expect(roster.organisations).toEqual([
      { code: 'R', name: 'Region', parent: -1 },
      { code: 'RXY', name: 'Royal', parent: 0 },
      { code: 'R0A', name: 'Trust, Northern', parent: 1 },
    ]);
    expect([...roster.sizeBytes]).toEqual([5_055_142_313, 0, 17]);
    expect([...roster.items]).toEqual([67_402, 0, 3]);
    expect(Array.from(roster.notBefore, (day) => (day === noDayBefore ? null : dayOfNumber(day)))).toEqual([
      '2026-08-03',
      null,
      '2026-10-01',
    ]);
    expect(Array.from(roster.notAfter, (day) => (day === noDayAfter ? null : dayOfNumber(day)))).toEqual([
      null,
      '2026-12-31',
      '2026-10-01',
    ]);
    expect(Array.from(roster.waveHint, (hint) => roster.hints[hint] ?? null)).toEqual(['pilot', null, 'last']);
    expect(
      Array.from(roster.grants.kind, (kind, i) => [
        roster.grants.mailbox[i],
        roster.grants.grantee[i],
        grantKinds[kind],
      ]),
    ).toEqual([
      [0, 1, 'send-as'],
      [2, 0, 'folder'],
    ]);
  });

  test('may name mailboxes by their aliases', async () => {
    const header = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint,aliases';
    const mailboxes = [header, 'ann@x,person,RXY,,,,,,a@x; A2@y', 'bob@x,person,RXY,,,,,,'].join('\n');
    const roster = await read({ organisations, mailboxes, grants: ['bob@x,a2@y,folder', 'A@X,ann@x,folder'] });
    expect([...roster.grants.grantee]).toEqual([0]);
    expect([roster.find('a@X'), roster.leftOut.toThemselves]).toEqual([0, 1]);
  });

  test('may hold grants to somebody elsewhere, to oneself, or twice: they are counted and left out', async () => {
    const elsewhere = Array.from({ length: 50 }, (_, i) => `u${i}@elsewhere,bob@x.example,send-as`);
    const roster = await read({
      organisations,
      mailboxes: people,
      grants: [
        ...grants,
        'Ann@x.example,group@y,folder',
        ...elsewhere,
        'bob@x.example,BOB@x.example,full-access',
        'ann@x.example,bob@x.example,send-as',
      ],
    });
    expect(roster.grants.kind).toHaveLength(2);
    expect(roster.leftOut).toEqual({ toThemselves: 1, twice: 1 });
    expect(roster.grants.unknown.grants).toBe(51);
    expect(roster.grants.unknown.addresses).toHaveLength(20);
    expect(roster.grants.unknown.addresses.slice(0, 2)).toEqual(['group@y', 'u0@elsewhere']);
  });

  test('may have organisations without mailboxes, and no grants', async () => {
    const roster = await read({ organisations, mailboxes: people.slice(0, 1), grants: [] });
    expect([roster.size, roster.organisations.length, roster.grants.kind.length]).toEqual([1, 3, 0]);
  });

  test('are told of as they are read', async () => {
    const told: RosterReading[] = [];
    await readRoster(folderOf({ organisations, mailboxes: people, grants }), (reading) => told.push(reading), never);
    expect(told.map(({ kind, rows }) => `${kind} ${rows}`)).toEqual(['organisations 3', 'mailboxes 3', 'grants 2']);
    expect(told.at(-1)).toMatchObject({
      octetsRead: told.at(-1)?.octetsInAll,
      octetsInAll: expect.any(Number) as number,
    });
  });

  test('are not read on once somebody wants to stop', async () => {
    const stop = AbortSignal.abort(new Error('stopped'));
    await expect(
      readRoster(folderOf({ organisations, mailboxes: people, grants }), nobodyListens, stop),
    ).rejects.toThrow('stopped');
  });

  test('that are not there are told, all of them', async () => {
    const folder = folderOf({ organisations });
    await mkdir(join(folder, 'grants.csv'));
    const error = await thrownBy(readRoster(folder, nobodyListens, never));
    expect(error?.message).toContain(`in ${folder} have 2 problems`);
    expect(error?.about.findings.map(lineOf)).toEqual([
      'mailboxes: It cannot be read: there is no such file.',
      'grants: It cannot be read: it is a folder.',
    ]);
  });

  test('with the same thing wrong in every line are told of as far as anybody reads, and counted', async () => {
    const mailboxes = Array.from({ length: 100_500 }, (_, i) => `p${i}@x,persn,RXY,,,,,`);
    const error = await thrownBy(read({ organisations, mailboxes, grants }));
    expect([error?.about.problems, error?.about.findings.length]).toEqual([100_500, 100_000]);
  });
});

const header = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint';
const wrong: readonly (readonly [string, Made])[] = [
  [
    'an organisation is unknown, or written otherwise',
    { organisations, mailboxes: [...people, 'a@x,person,NOPE,,,,,', 'b@x,room,rxy,,,,,'], grants },
  ],
  [
    'an address stands twice, in another case, or as an alias of another',
    {
      organisations,
      mailboxes: [
        `aliases,${header}`,
        'a1@x a@x,a@x,person,RXY,,,,,',
        ',A@X,person,RXY,,,,,',
        'b1@x A1@x,b@x,person,RXY,,,,,',
        'c1@x,b1@x,person,RXY,,,,,',
        ',c@x,person,RXY,,,,,',
        ',c@x,person,RXY,,,,,',
        ',C@x,person,RXY,,,,,',
        'e@x,d@x,person,RXY,,,,,',
        ',E@x,person,RXY,,,,,',
      ].join('\n'),
      grants,
    },
  ],
  [
    'parents go round in a circle, are unknown, or a code stands twice',
    { organisations: ['A,A,B', 'B,B,A', 'C,C,Z', 'C,Sea,'], mailboxes: ['a@x,person,A,,,,,'], grants: [] },
  ],
  [
    'several files have something wrong with them',
    {
      organisations: ['R,,R', 'RXY,Royal,R'],
      mailboxes: ['ann@x,persn,NOPE,x,,,,', '"oops', 'ann@x,room,RXY,,,,', 'bob@x,person,RXY,,,2026-03-02,2026-03-01,'],
      grants: ['ann@x,bob,folder', 'ann@x,ghost@x,foldr', ''],
    },
  ],
  [
    'a file says nothing: of the others it is not told what that would mean',
    { organisations: '', mailboxes: [...people, people[0] as string], grants },
  ],
  [
    'a header is misspelt',
    { organisations, mailboxes: `${header.replace('size_bytes', 'size_byte')}\n${people[0]}\n`, grants },
  ],
  ['there is a header and nothing else', { organisations, mailboxes: [], grants }],
  ['a file is UTF-16', { organisations, mailboxes: Buffer.from(`\ufeff${header}\n${people[0]}\n`, 'utf16le'), grants }],
  [
    'a line is Latin-1',
    { organisations, mailboxes: Buffer.from(`${header}\n${people.join('\n')}\n`, 'latin1'), grants },
  ],
  ['lines end with CR alone', { organisations, mailboxes: `${header}\r${people.join('\r')}\r`, grants }],
  [
    'a line has no end',
    { organisations, mailboxes: `${header}\n${people[0]}\n${'x'.repeat(300_000)}\n${people[0]}\n`, grants },
  ],
];

describe('what is wrong is told as an import tells it, where', () => {
  test.each(wrong)('%s', async (_, made) => {
    await using db = await testDatabase();
    const imported = await importInto(db, made, { dryRun: true });
    expect(imported.problems.length).toBeGreaterThan(0);
    expect(await problemsOf(made)).toEqual(imported.problems);
  });

  test('and nothing is where an import finds nothing', async () => {
    await using db = await testDatabase();
    const made = { organisations, mailboxes: people, grants: [...grants, 'ann@x.example,nobody@y,folder'] };
    expect((await importInto(db, made, { dryRun: true })).problems).toEqual([]);
    expect(await problemsOf(made)).toEqual([]);
  });
});
