import { describe, expect, test } from 'vitest';
import { columnsOf, type EstateFileKind, readHeader, type RowProblem } from './estate-columns.ts';
import { readRow } from './estate-rows.ts';

const contract = 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint';

/** Reads one line under a header; both written without quotes. */
function read(kind: EstateFileKind, header: string, line: string) {
  const read = readHeader(kind, 1, header.split(','));
  if ('problems' in read) throw new Error(read.problems.map(({ problem }) => problem).join(' '));
  const problems: RowProblem[] = [];
  const row = readRow(read.header, 2, line.split(','), (problem) => problems.push(problem));
  return { row, problems: problems.map(({ line, column, problem }) => `${line}:${column}: ${problem}`) };
}

function headerProblems(kind: EstateFileKind, header: string): readonly string[] {
  const read = readHeader(kind, 1, header.split(','));
  return 'problems' in read ? read.problems.map(({ column, problem }) => `${column}: ${problem}`) : [];
}

describe('the first line', () => {
  test('is that of the contract, its columns in any order, in either case', () => {
    for (const kind of ['organisations', 'mailboxes', 'grants'] as const) {
      const { required, optional } = columnsOf[kind];
      const all = [...optional, ...required].toReversed();
      expect(headerProblems(kind, required.join(','))).toEqual([]);
      expect(headerProblems(kind, all.map((name) => ` ${name.toUpperCase()} `).join(','))).toEqual([]);
    }
  });

  test('may not hold a column that nobody knows; the nearest name is offered', () => {
    expect(headerProblems('mailboxes', `${contract},disply_name,colour`)).toEqual([
      '9: "disply_name" is no column; did you mean display_name?',
      `10: "colour" is no column. The columns are ${contract.replaceAll(',', ', ')}, source_user, target_user, display_name, aliases, timezone, language.`,
    ]);
  });

  test('may not lack a column of the contract, hold one twice, or one without a name', () => {
    expect(headerProblems('organisations', 'code,name')).toEqual([
      'null: The column parent is missing. It may be empty, but not left out.',
    ]);
    expect(headerProblems('grants', 'mailbox,grantee,kind,kind,')).toEqual([
      '4: The column kind stands here a second time.',
      '5: This column has no name. The columns are mailbox, grantee, kind.',
    ]);
  });

  test('that is none is told in one sentence', () => {
    expect(headerProblems('organisations', 'RXY,Royal Hospital,')).toEqual([
      'null: The first line names the columns: code,name,parent. This one does not.',
    ]);
  });
});

describe('a line', () => {
  test('of mailboxes gives all that it says, addresses in lower case', () => {
    const header = `${contract},aliases,source_user,target_user,display_name,timezone,language`;
    const line =
      'Ann.Carter@Old.Example, person ,RXY,1048576,25,2026-12-01,2027-01-31,pilot,A.C@old.example;ann@x ann.carter@old.example,acarter,ann,Ann Carter,Europe/London,cy-gb';
    const { row, problems } = read('mailboxes', header, line);
    expect(problems).toEqual([]);
    expect(row).toEqual({
      line: 2,
      address: 'ann.carter@old.example',
      kind: 'person',
      organisation: 'RXY',
      sizeBytes: 1_048_576,
      items: 25,
      notBefore: '2026-12-01',
      notAfter: '2027-01-31',
      waveHint: 'pilot',
      sourceUser: 'acarter',
      targetUser: 'ann',
      displayName: 'Ann Carter',
      aliases: ['a.c@old.example', 'ann@x'],
      timezone: 'Europe/London',
      language: 'cy-GB',
    });
  });

  test('may leave empty whatever is not needed', () => {
    const { row, problems } = read('mailboxes', contract, 'ann@x,room,RXY,,,,,');
    expect(problems).toEqual([]);
    expect(row).toMatchObject({ sizeBytes: null, items: null, notBefore: null, waveHint: null, aliases: [] });
    expect(read('organisations', 'code,name,parent', 'RXY,Royal,').row).toMatchObject({ parent: null });
  });

  test('with several things wrong is told all of them, each with its field', () => {
    expect(read('mailboxes', contract, 'ann,persn,,12 MB,-1,2026-02-30,1.12.2026,').problems).toEqual([
      '2:1: "ann" is no address: it has no "@".',
      '2:2: "persn" is no kind of mailbox; did you mean person?',
      '2:3: The organisation is missing.',
      '2:4: "12 MB" is no whole number: write digits only, e.g. 1048576.',
      '2:5: "-1" is no whole number: write digits only, e.g. 1048576.',
      '2:6: There is no day 2026-02-30.',
      '2:7: "1.12.2026" is no day: write it as 2026-12-01.',
    ]);
    expect(read('grants', 'mailbox,grantee,kind', 'a@x,,sendas').problems).toEqual([
      '2:2: The grantee is missing.',
      '2:3: "sendas" is no kind of grant; did you mean send-as?',
    ]);
  });

  test('with more or fewer fields than the header is told so, and its name is still known to others', () => {
    const few = read('organisations', 'code,name,parent', 'RXY,Royal');
    expect(few.problems).toEqual([
      '2:2: This line has 2 fields, the header has 3. A field with a comma in it stands in double quotes.',
    ]);
    expect(few.row).toMatchObject({ code: 'RXY' });
    expect(read('organisations', 'code,name,parent', 'RXY,Royal, Infirmary,').problems).toEqual([
      '2:3: This line has 4 fields, the header has 3. A field with a comma in it stands in double quotes.',
    ]);
  });

  test('whose last day is before its first is told', () => {
    expect(read('mailboxes', contract, 'a@x,person,RXY,,,2026-12-02,2026-12-01,').problems).toEqual([
      '2:7: not_after 2026-12-01 is earlier than not_before 2026-12-02.',
    ]);
  });
});

describe('a value', () => {
  const header = `${contract},aliases,display_name,timezone,language`;
  const problemOf = (column: string, value: string): string | undefined => {
    const usual: Record<string, string> = { address: 'a@x', kind: 'person', organisation: 'RXY' };
    const line = header.split(',').map((name) => (name === column ? value : (usual[name] ?? '')));
    return read('mailboxes', header, line.join('\u0001').replaceAll(',', ' ').replaceAll('\u0001', ',')).problems[0];
  };

  test.each([
    'someone@x',
    "o'brien+tag@mail.example.org",
    'a.@x.example',
    'jörg@bücher.example',
    'x_y@int_ernal.example',
    `${'l'.repeat(64)}@x.example`,
  ])('%s is an address', (address) => {
    expect(problemOf('address', address)).toBeUndefined();
  });

  test.each([
    ['@x', 'nothing stands before'],
    ['a@', 'nothing follows'],
    ['a b@x', 'a blank stands before'],
    ['a@b@x', '"@" stands before'],
    ['"a"@x', 'stands before'],
    ['a@x..y', 'a dot too many'],
    ['a@-x.example', 'is no part of a domain'],
    ['a@x y', 'is no part of a domain'],
    ['<a@x>', 'stands before'],
    ['a\u200bb@x', 'U+200B'],
    [`${'l'.repeat(65)}@x`, '64 octets'],
    [`a@${'d'.repeat(300)}`, '254 octets'],
  ])('%s is no address: %s', (address, says) => {
    expect(problemOf('address', address)).toContain(says);
  });

  test('that is a number has digits only, and no more than can be counted exactly', () => {
    expect(problemOf('size_bytes', '9007199254740991')).toBeUndefined();
    expect(problemOf('size_bytes', '9007199254740992')).toContain('too large');
    for (const wrong of ['1e6', '1.5', '0x10', '٣', '1_000', 'NaN'])
      expect(problemOf('items', wrong)).toContain('no whole number');
  });

  test('that is a code can be typed into a selector', () => {
    expect(problemOf('organisation', 'R-0A.1/b')).toBeUndefined();
    for (const wrong of ['a b', 'a=b', 'a*', "it's", 'x'.repeat(65)])
      expect(problemOf('organisation', wrong)).toMatch(/code/);
  });

  test('of an alias is an address, each once; there is an end to them', () => {
    expect(problemOf('aliases', 'b@x c@x|d@x;e@x')).toBeUndefined();
    expect(problemOf('aliases', 'b@x nonsense')).toContain('"nonsense" is no address');
    expect(problemOf('aliases', Array.from({ length: 501 }, (_, i) => `a${i}@x`).join(' '))).toContain('more than 500');
  });

  test('that names a time zone or a language names one that there is', () => {
    expect(problemOf('timezone', 'Europe/London')).toBeUndefined();
    expect(problemOf('timezone', 'London')).toContain('no time zone');
    expect(problemOf('language', 'en')).toBeUndefined();
    expect(problemOf('language', 'e')).toContain('no language');
  });

  test('that people read is bounded and holds nothing invisible', () => {
    expect(problemOf('display_name', 'Zoë “Zed” O’Hara')).toBeUndefined();
    expect(problemOf('display_name', 'a\u0007b')).toContain('U+0007');
    expect(problemOf('display_name', 'x'.repeat(401))).toContain('longer than 400');
  });
});
