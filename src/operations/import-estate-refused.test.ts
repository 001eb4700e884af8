import fs from 'node:fs';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { testDatabase } from '#store/test-database.ts';
import { fileOnDisk } from './given-file.ts';
import { importEstate } from './import-estate.ts';
import { estateIn, importInto, type Made } from './import-estate.test-kit.ts';

const hospitals = ['R,Region,', 'RXY,Royal,R'];
const people = ['ann@x,person,RXY,,,,,', 'bob@x,person,RXY,,,,,'];

/** What is told of files that are not imported; the estate was empty, and is. */
async function problemsOf(made: Made): Promise<readonly string[]> {
  await using db = await testDatabase();
  const before = await estateIn(db);
  const { report, problems } = await importInto(db, made);
  expect(report).toMatchObject({ problems: problems.length, changes: null, changed: false });
  expect(await estateIn(db)).toEqual(before);
  return problems;
}

describe('nothing is imported, and each place is told, where', () => {
  test('an organisation is unknown; one that is written otherwise is offered', async () => {
    expect(
      await problemsOf({
        organisations: hospitals,
        mailboxes: [...people, 'a@x,person,NOPE,,,,,', 'b@x,room,rxy,,,,,'],
      }),
    ).toEqual([
      'mailboxes:4:3: There is no organisation "NOPE".',
      'mailboxes:5:3: There is no organisation "rxy"; did you mean RXY?',
    ]);
    expect(await problemsOf({ mailboxes: ['ann@x,person,RXY,,,,,'] })).toEqual([
      'mailboxes:2:3: There is no organisation "RXY".',
    ]);
  });

  test('an address stands twice, in another case, or as an alias of another', async () => {
    const header = 'aliases,address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint';
    const lines = [
      'a1@x a@x,a@x,person,RXY,,,,,',
      ',A@X,person,RXY,,,,,',
      'b1@x A1@x,b@x,person,RXY,,,,,',
      'c1@x,b1@x,person,RXY,,,,,',
      ',c@x,person,RXY,,,,,',
      ',c@x,person,RXY,,,,,',
    ];
    expect(await problemsOf({ organisations: hospitals, mailboxes: [header, ...lines].join('\n') })).toEqual([
      'mailboxes:3:2: The address a@x stands in line 2 already.',
      'mailboxes:4:1: The address a1@x stands in line 2 already.',
      'mailboxes:5:2: The address b1@x stands in line 4 already.',
      'mailboxes:7:2: The address c@x stands in line 6 already.',
    ]);
  });

  test('an account is another than the one that a mailbox is on the way with, unless it is held', async () => {
    await using db = await testDatabase();
    const header = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint,source_user,target_user';
    const named = (...accounts: readonly (readonly [string, string, string])[]): string =>
      [header, ...accounts.map(([address, from, to]) => `${address},person,RXY,,,,,,${from},${to}`)].join('\n');
    await importInto(db, {
      organisations: hospitals,
      mailboxes: named(['ann@x', 'ann', 'ann@y'], ['bob@x', '', ''], ['cat@x', '', ''], ['dot@x', '', '']),
    });
    await sql`insert into wave (name, opens_at, closes_at, day) values ('w', now(), now() + interval '1 hour', now())`.execute(
      db.sql,
    );
    await sql`update mailbox set stage = 'settled', wave = 1, held = case address when 'cat@x' then 'a test' end
               where address <> 'dot@x'`.execute(db.sql);
    const changed = named(
      ['ann@x', 'ANN', 'annie@y'],
      ['bob@x', 'robert', 'bob@x'],
      ['cat@x', 'c', ''],
      ['dot@x', 'd', 'd'],
    );
    const { problems, report } = await importInto(db, { mailboxes: changed });
    const advice =
      'when its journey began. Where it is the same account, renamed, hold it first (godwit mailbox hold).';
    expect(problems).toEqual([
      `mailboxes:2:10: The target_user of ann@x was ann@y ${advice}`,
      `mailboxes:3:9: The source_user of bob@x was bob@x ${advice}`,
    ]);
    expect(report.changed).toBe(false);
  });

  test('but not of those who had left and come back with another account: they are asked about by their journeys', async () => {
    await using db = await testDatabase();
    const header = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint,source_user';
    const named = (...lines: readonly string[]): string => [header, ...lines].join('\n');
    await importInto(db, {
      organisations: hospitals,
      mailboxes: named('ann@x,person,RXY,,,,,,ann', 'bob@x,person,RXY,,,,,,'),
    });
    await sql`insert into wave (name, opens_at, closes_at, day) values ('w', now(), now() + interval '1 hour', now())`.execute(
      db.sql,
    );
    await sql`update mailbox set stage = 'following', wave = 1 where address = 'ann@x'`.execute(db.sql);
    await importInto(db, { mailboxes: named('bob@x,person,RXY,,,,,,ann') });
    const back = await importInto(db, {
      mailboxes: named('ann@x,person,RXY,,,,,,ann2', 'bob@x,person,RXY,,,,,,ann'),
    });
    expect(back.problems).toEqual([]);
    expect(back.names).toEqual(['returner ann@x']);
  });

  test('two mailboxes have one account on a platform, by name, by address or as godwit.yaml makes names of addresses', async () => {
    await using db = await testDatabase();
    const header = 'source_user,address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint';
    const mailboxes = [
      header,
      ',ann@x,person,RXY,,,,,',
      'ANN@x,bob@x,person,RXY,,,,,',
      'cat,cat@x,person,RXY,,,,,',
      'dot,dot@x,person,RXY,,,,,',
      'Cat,ann@y,person,RXY,,,,,',
      'cat,eve@y,person,RXY,,,,,',
    ].join('\n');
    const { problems } = await importInto(db, { organisations: hospitals, mailboxes });
    const onTheSource = [
      'mailboxes:3:1: On the source bob@x has the account ANN@x, as ann@x in line 2 has already.',
      'mailboxes:6:1: On the source ann@y has the account Cat, as cat@x in line 4 has already.',
      'mailboxes:7:1: On the source eve@y has the account cat, as cat@x in line 4 has already.',
    ];
    expect(problems).toEqual(onTheSource);
    const users = { source: null, target: '{local}@new' };
    expect((await importInto(db, { organisations: hospitals, mailboxes }, { users })).problems).toEqual([
      ...onTheSource.slice(0, 1),
      'mailboxes:6:1: On the source ann@y has the account Cat, as cat@x in line 4 has already.',
      'mailboxes:6:2: On the target ann@y has the account ann@new, as ann@x in line 2 has already.',
      'mailboxes:7:1: On the source eve@y has the account cat, as cat@x in line 4 has already.',
    ]);
  });

  test('a mailbox is given the account of one of the estate that keeps its own; of one that leaves it may be given', async () => {
    await using db = await testDatabase();
    const header = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint';
    await importInto(db, {
      organisations: hospitals,
      mailboxes: [`${header},target_user`, 'ann@x,person,RXY,,,,,,one', 'bob@x,person,RXY,,,,,,two'].join('\n'),
    });
    // What a file does not speak of stays as it is: bob's account.
    const lines = [header, 'bob@x,person,RXY,,,,,', 'two@x,person,RXY,,,,,'].join('\n');
    expect((await importInto(db, { mailboxes: lines })).problems).toEqual([]);
    const taking = [`${header},target_user`, 'bob@x,person,RXY,,,,,,two', 'cat@x,person,RXY,,,,,,TWO'].join('\n');
    expect((await importInto(db, { mailboxes: taking })).problems).toEqual([
      'mailboxes:3:9: On the target cat@x has the account TWO, as bob@x in line 2 has already.',
    ]);
    const left = [`${header},target_user`, 'cat@x,person,RXY,,,,,,two'].join('\n');
    expect((await importInto(db, { mailboxes: left })).problems).toEqual([]);
  });

  test('parents go round in a circle, are unknown, or a code stands twice', async () => {
    expect(await problemsOf({ organisations: ['A,A,B', 'B,B,A', 'C,C,Z', 'C,Sea,'] })).toEqual([
      'organisations:2:3: A is above itself: A < B < A.',
      'organisations:3:3: B is above itself: B < A < B.',
      'organisations:4:3: There is no organisation "Z" in this file.',
      'organisations:5:1: The code "C" stands in line 4 already.',
    ]);
  });

  test('several files have something wrong with them: all of it is told, in the order of files, lines and fields', async () => {
    expect(
      await problemsOf({
        organisations: ['R,,R', 'RXY,Royal,R'],
        mailboxes: ['ann@x,persn,NOPE,x,,,,', '"oops', 'ann@x,room,RXY,,,,'],
        grants: ['ann@x,bob,folder', 'ann@x,ghost@x,foldr', ''],
      }),
    ).toEqual([
      'organisations:2:2: The name is missing.',
      'organisations:2:3: R is its own parent.',
      'mailboxes:2:2: "persn" is no kind of mailbox; did you mean person?',
      'mailboxes:2:3: There is no organisation "NOPE".',
      'mailboxes:2:4: "x" is no whole number: write digits only, e.g. 1048576.',
      'mailboxes:3:1: A double quote is opened and not closed in this line. A field holds no line break.',
      'mailboxes:4:1: The address ann@x stands in line 2 already.',
      'mailboxes:4:7: This line has 7 fields, the header has 8. A field with a comma in it stands in double quotes.',
      'grants:2:2: "bob" is no address: it has no "@".',
      'grants:3:3: "foldr" is no kind of grant; did you mean folder?',
    ]);
  });

  test('the line of an organisation is spoilt; of its mailboxes it is not told that it is unknown', async () => {
    expect(
      await problemsOf({ organisations: ['R,Region', 'RXY,Royal,R'], mailboxes: ['ann@x,person,R,,,,,'] }),
    ).toEqual([
      'organisations:2:2: This line has 2 fields, the header has 3. A field with a comma in it stands in double quotes.',
    ]);
  });

  test('an organisation has left, and is unknown to those who come later', async () => {
    await using db = await testDatabase();
    await importInto(db, { organisations: hospitals });
    await importInto(db, { organisations: ['R,Region,'] });
    const { problems } = await importInto(db, { mailboxes: people });
    expect(problems[0]).toBe('mailboxes:2:3: There is no organisation "RXY".');
  });

  test('a file says nothing; of the others it is not told what that would mean for them', async () => {
    await using db = await testDatabase();
    await importInto(db, { organisations: hospitals, mailboxes: people });
    const { problems } = await importInto(db, { organisations: ['R,Region,'], mailboxes: '' });
    expect(problems).toEqual(['mailboxes: It is empty. Its first line names the columns.']);
  });

  test('organisations would leave that people of the estate belong to', async () => {
    await using db = await testDatabase();
    await importInto(db, { organisations: hospitals, mailboxes: people });
    const { problems } = await importInto(db, { organisations: ['R,Region,'] });
    expect(problems).toEqual([
      'organisations: The organisation RXY is not in this file, and 2 mailboxes belong to it. Give --mailboxes, too, if they have moved.',
    ]);
    expect(
      (await importInto(db, { organisations: ['R,Region,'], mailboxes: ['ann@x,person,R,,,,,'] })).report.changed,
    ).toBe(true);
  });
});

describe('a file that cannot be understood stops the import', () => {
  const contract = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint\n';

  test.each<[string, string | Buffer, readonly string[]]>([
    ['is empty', '', ['mailboxes: It is empty. Its first line names the columns.']],
    ['is blank', '\n \r\n\n', ['mailboxes: It is empty. Its first line names the columns.']],
    ['has a header and nothing else', contract, ['mailboxes:1: There is a header but nothing below it.']],
    [
      'has no header',
      'ann@x,person,RXY,,,,,\n',
      [
        'mailboxes:1: The first line names the columns: address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint. This one does not.',
      ],
    ],
    [
      'has a column that nobody knows',
      `${contract.replace('size_bytes', 'size_byte')}ann@x,person,RXY,,,,,\n`,
      [
        'mailboxes:1: The column size_bytes is missing. It may be empty, but not left out.',
        'mailboxes:1:4: "size_byte" is no column; did you mean size_bytes?',
      ],
    ],
    [
      'is UTF-16',
      Buffer.from(`\ufeff${contract}ann@x,person,RXY,,,,,\n`, 'utf16le'),
      ['mailboxes:1: This line is no UTF-8 text; it looks like UTF-16. Save the file as UTF-8.'],
    ],
    [
      'ends its lines with CR alone',
      `${contract.trim()}\rann@x,person,RXY,,,,,\r`,
      ['mailboxes:1: A carriage return stands inside this line. Lines end with LF or CRLF.'],
    ],
    ['is one endless line', 'x'.repeat(300_000), ['mailboxes:1: This line is longer than 64 kB.']],
  ])('one that %s', async (_what, mailboxes, told) => {
    expect(await problemsOf({ organisations: hospitals, mailboxes, grants: ['a@x,b@x,folder'] })).toEqual(told);
  });

  test('one that is Latin-1 is told line by line', async () => {
    const text = `${contract}zo\xeb@x,person,RXY,,,,,\nann@x,person,RXY,,,,,\n`;
    expect(await problemsOf({ organisations: hospitals, mailboxes: Buffer.from(text, 'latin1') })).toEqual([
      'mailboxes:2: This line is no UTF-8 text ("zoë@x,person,RXY,,,,," in Latin-1). Save the file as UTF-8.',
    ]);
  });

  test('a byte-order mark and CRLF stop nothing', async () => {
    await using db = await testDatabase();
    const text = `\ufeff${contract}ann@x,person,RXY,,,,,\n`.replaceAll('\n', '\r\n');
    const { report } = await importInto(db, { organisations: hospitals, mailboxes: text });
    expect(report).toMatchObject({ problems: 0, changed: true });
  });

  test('grants may be none at all: then all are taken away', async () => {
    await using db = await testDatabase();
    await importInto(db, { organisations: hospitals, mailboxes: people, grants: ['ann@x,bob@x,folder'] });
    const { report } = await importInto(db, { grants: [] });
    expect(report.changes?.grants).toEqual({ added: 0, removed: 1, unchanged: 0 });
  });
});

test('thousands of problems are told, every one, in their order', async () => {
  const count = 5_000;
  const mailboxes = Array.from({ length: count }, (_, i) => `p${i}@x,person,RXY,${i % 2 ? 'x' : ''},,,,`);
  const problems = await problemsOf({ mailboxes });
  expect(problems).toHaveLength(count + count / 2);
  const lines = problems.map((problem) => Number(problem.split(':')[1]));
  expect(lines).toEqual(lines.toSorted((a, b) => a - b));
});

test('a file that is not there, may not be read or is a folder is told with the others', async () => {
  await using db = await testDatabase();
  const folder = fs.mkdtempSync('/tmp/godwit-import-');
  const told: string[] = [];
  const { intakeOf } = await import('#store/intake.ts');
  const report = await importEstate(
    {
      files: {
        organisations: fileOnDisk(`${folder}/none.csv`),
        mailboxes: fileOnDisk(folder),
        grants: fileOnDisk(`${folder}/none/g.csv`),
      },
      dryRun: false,
      users: { source: null, target: null },
      who: 'operator ann',
      openIntake: intakeOf(db),
      watcher: {
        reading: () => undefined,
        begins: () => undefined,
        found: async ({ problemPages }) => {
          for await (const page of problemPages()) told.push(...page.map(({ file, text }) => `${file}: ${text}`));
        },
      },
    },
    new AbortController().signal,
  );
  fs.rmdirSync(folder);
  expect(report.changed).toBe(false);
  expect(told).toEqual([
    'organisations: It cannot be read: there is no such file.',
    'mailboxes: It cannot be read: it is a folder.',
    'grants: It cannot be read: there is no such file.',
  ]);
});
