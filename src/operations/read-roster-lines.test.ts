/** What is read straight from octets is what an import's reader would have read, whatever a line looks like. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvBlocks } from '#lib/csv-lines.ts';
import { RosterBuilder } from '#planning/roster-builder.ts';
import { RowReader } from './read-estate-file.ts';
import { RosterFindings } from './read-roster-findings.ts';
import { GrantLines } from './read-roster-grants.ts';
import { FileLines, type LineTaker } from './read-roster-lines.ts';
import { MailboxLines } from './read-roster-mailboxes.ts';
import { OrganisationNumbers } from './read-roster-organisations.ts';

interface Files {
  readonly mailboxes: Buffer;
  readonly grants: Buffer;
}

/** Everything that became of two files, and how many of their lines were ordinary. */
async function taken(files: Files, isFast: boolean, chunkOctets: number) {
  const [findings, builder] = [new RosterFindings(), new RosterBuilder()];
  let ordinary = 0;
  const read = async <Kind extends 'mailboxes' | 'grants'>(kind: Kind, taker: LineTaker<Kind>): Promise<number> => {
    const rows = new RowReader(kind);
    const counting: LineTaker<Kind> = {
      begin: (header) => taker.begin(header),
      get isFull() {
        return taker.isFull ?? false;
      },
      ordinary(octets, at, line) {
        const next = isFast ? taker.ordinary(octets, at, line) : -1;
        if (next >= 0) ordinary++;
        return next;
      },
      settle: (giveBack) => taker.settle?.(giveBack),
      row: (row, cells) => taker.row(row, cells),
    };
    const lines = new FileLines(rows, counting);
    for await (const block of csvBlocks(chunks(files[kind], chunkOctets))) lines.take(block);
    rows.end();
    findings.found(rows.takeProblems());
    return rows.rows;
  };
  const codes = new OrganisationNumbers(['RXY', 'rxz', 'R0A']);
  const rows = [
    await read('mailboxes', new MailboxLines(builder, codes, findings)),
    await read('grants', new GrantLines(builder)),
  ];
  const told = findings.all(true);
  const { find: _, address, hints, ...roster } = builder.roster([]);
  const addresses = Array.from({ length: roster.size }, (__, i) => address(i));
  const waveHint = Array.from(roster.waveHint, (hint) => hints[hint] ?? null);
  // What is wrong stops everything: then it does not matter what else was gathered.
  return { ordinary, rows, told, roster: told.problems > 0 ? null : { ...roster, waveHint, addresses } };
}

/** In one piece of memory that is written over, as files are read. */
async function* chunks(file: Buffer, size: number): AsyncGenerator<Buffer> {
  const chunk = Buffer.alloc(size);
  for (let at = 0; at < file.length; at += size) yield chunk.subarray(0, file.copy(chunk, 0, at));
}

/** What a field may hold: mostly what is usual; what is odd, and right nevertheless; and, in a wild file, what is wrong. */
interface Values {
  readonly usual: readonly string[];
  readonly odd: readonly string[];
  readonly wrong: readonly string[];
}

const whole: Values = {
  usual: ['', '0', '17', '000042', '5055142313'],
  odd: ['999999999999999', '9007199254740991', ' 7 '],
  wrong: ['-1', '1.5', '1e3', '9007199254740993', '99999999999999999', 'x'],
};
const words = {
  usual: ['', '', 'pilot', 'wave 2', "it's"],
  odd: ['ë', ' pilot ', 'x'.repeat(256), '   '],
  wrong: ['a\u0000b', 'a\tb', 'x'.repeat(257), 'x'.repeat(401), '\u2028', 'de\u0085l', 'a\u007fb'],
};
const address: Values = {
  // A "#" becomes the number of the line, so that most addresses stand once.
  usual: ['ann#@x.example', 'Bob#@WARD-1.example', "o'neill.#@1.2", 'a+#@y'],
  odd: [
    'zoë#@x.example',
    'zo\u00c9#@\u00e9a.example',
    '\u212aen#@x',
    'ken#@x_y.example',
    `${'a'.repeat(60)}#@x`,
    `ann#@${'b'.repeat(63)}.c`,
    `#@${Array.from({ length: 62 }, () => 'bbb').join('.')}`,
  ],
  wrong: [
    '',
    'ann',
    '@x',
    'ann@',
    'ann@x@y',
    'a b@x',
    'ann@-x',
    'ann@x-',
    'ann@x..y',
    'ann@x.',
    'ann@.x',
    `${'a'.repeat(65)}@x`,
    `ann@${'b'.repeat(64)}.c`,
    `a@${Array.from({ length: 64 }, () => 'bbb').join('.')}`,
    'ann(1)@x',
    'ann1@x.example',
  ],
};
const day: Values = {
  usual: ['', '', '', '2026-08-03', '2024-02-29', '2026-12-31'],
  odd: ['2000-02-29', '1970-01-01', '1969-12-31', ' 2026-08-03'],
  wrong: [
    '2026-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '0999-01-01',
    '3000-01-01',
    '2026-8-3',
    '20260803',
    '2026-08-03T00:00',
    '2026/08/03',
  ],
};
const values: Readonly<Record<string, Values>> = {
  address,
  mailbox: { ...address, wrong: address.wrong.slice(0, -1) },
  grantee: { ...address, wrong: address.wrong.slice(0, -1) },
  kind: {
    usual: ['person', 'shared', 'room', 'application'],
    odd: [' room', 'person '],
    wrong: ['', 'Person', 'persons', 'perso', 'user'],
  },
  grantKind: {
    usual: ['full-access', 'send-as', 'send-on-behalf', 'folder'],
    odd: [' folder'],
    wrong: ['', 'sendas', 'folders', 'Folder'],
  },
  organisation: {
    usual: ['RXY', 'rxz', 'R0A'],
    odd: ['RXY '],
    wrong: ['', 'RXZ', 'NOPE', 'a b', 'a;b', 'a=b', "o'x", 'é', 'R'.repeat(65)],
  },
  size_bytes: whole,
  items: whole,
  not_before: { ...day, usual: day.usual.filter((each) => each < '2026-08'), wrong: [...day.wrong, '2026-12-31'] },
  not_after: {
    ...day,
    usual: day.usual.filter((each) => each === '' || each > '2026'),
    odd: [],
    wrong: [...day.wrong, ...day.odd],
  },
  wave_hint: words,
  source_user: words,
  display_name: {
    ...words,
    odd: [...words.odd, 'x'.repeat(400)],
    wrong: words.wrong.filter((each) => each.length !== 257),
  },
  aliases: {
    usual: ['', '', '', 'alias#@x'],
    odd: ['alias#@x;B#@y', 'zoë.#@x', ' alias#@x '],
    wrong: ['nope', 'ann1@x.example', 'alias1@x'],
  },
  timezone: { usual: ['', 'Europe/London'], odd: [' UTC'], wrong: ['Europe/Lundon'] },
  language: { usual: ['', 'en', 'cy-GB'], odd: ['EN '], wrong: ['english!'] },
};

const mostly = <T>(usual: fc.Arbitrary<T>, ...others: readonly fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: usual, weight: 30 }, ...others.map((arbitrary) => ({ arbitrary, weight: 1 })));
const from = (...texts: readonly string[]) => fc.constantFrom(...texts);

function valueOf(column: string, isWild: boolean): fc.Arbitrary<string> {
  const { usual, odd, wrong } = values[column] as Values;
  const others = [odd, ...(isWild ? [wrong] : [])].filter((texts) => texts.length > 0);
  return mostly(from(...usual), ...others.map((texts) => from(...texts)));
}

/** How a field may be written, and how a line ends. */
const manners = { right: ['quoted', 'blank before', 'blank behind'], wrong: ['half quoted', 'stray quote'] };
const ends = { right: ['\r\n', '\n\n', '\n \n'], wrong: ['\r', ',\n', ',x\n'] };

function csv(columns: readonly string[], isWild: boolean, isCrLf: boolean): fc.Arbitrary<Buffer> {
  const kind = columns.includes('grantee') ? 'grantKind' : 'kind';
  const texts = columns.map((column) => valueOf(column === 'kind' ? kind : column, isWild));
  const allowed = ({ right, wrong }: typeof ends) => from(...right, ...(isWild ? wrong : []));
  const fields = texts.map((text) =>
    fc.tuple(text, mostly(from('bare'), allowed(manners))).map(([value, how]) => fieldOf(value, how)),
  );
  const end = isCrLf ? from('\r\n') : mostly(from('\n'), allowed(ends));
  const line = fc.tuple(fc.tuple(...fields), end).map(([cells, behind]) => `${cells.join(',')}${behind}`);
  const quoted = fc.tuple(...texts).map((cells) => `${cells.map((text) => `"${text}"`).join(',')}\n`);
  return fc
    .tuple(fc.array(mostly(line, quoted), { minLength: 3, maxLength: 40 }), fc.boolean(), fc.boolean())
    .map(([lines, hasMark, isCut]) => {
      const numbered = lines.map((each, i) => each.replaceAll('#', String(i)));
      const text = `${hasMark ? '\ufeff' : ''}${columns.join(',')}\n${numbered.join('')}`;
      return Buffer.from(isCut ? text.slice(0, -1) : text);
    });
}

function fieldOf(text: string, how: string): string {
  switch (how) {
    case 'quoted':
      return `"${text}"`;
    case 'blank before':
      return ` ${text}`;
    case 'blank behind':
      return `${text} `;
    case 'half quoted':
      return `"${text}`;
    case 'stray quote':
      return `${text}"`;
    default:
      return text;
  }
}

const required = ['address', 'kind', 'organisation', 'size_bytes', 'items', 'not_before', 'not_after', 'wave_hint'];
const optional = ['source_user', 'display_name', 'aliases', 'timezone', 'language'];
const files = (isWild: boolean): fc.Arbitrary<Files> =>
  fc
    .tuple(
      fc
        .subarray(optional)
        .chain((some) => fc.shuffledSubarray([...required, ...some], { minLength: required.length + some.length })),
      fc.shuffledSubarray(['mailbox', 'grantee', 'kind'], { minLength: 3 }),
      fc.boolean(),
    )
    .chain(([columns, grantColumns, isCrLf]) =>
      fc.record({ mailboxes: csv(columns, isWild, isCrLf), grants: csv(grantColumns, isWild, isCrLf) }),
    );

describe('an ordinary line', () => {
  test.each([
    ['that may be wrong', true],
    ['that is right, however odd', false],
  ])('and every other %s is read as an import reads it, however files are cut', async (_, isWild) => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(files(isWild), fc.integer({ min: 1, max: 900 }), async (made, chunkOctets) => {
        const { ordinary, ...fast } = await taken(made, true, chunkOctets);
        const { ordinary: none, ...slow } = await taken(made, false, 1 << 16);
        expect(none).toBe(0);
        expect(fast).toEqual(slow);
        if (!isWild) expect(fast.told.findings).toEqual([]);
        read += ordinary;
      }),
      { numRuns: 400 },
    );
    // Lest everything be odd.
    expect(read).toBeGreaterThan(4_000);
  });

  test('is read without the import: bare, quoted, ended by CRLF, with columns in any order', async () => {
    const count = async (mailboxes: string, grants: string) =>
      (await taken({ mailboxes: Buffer.from(mailboxes), grants: Buffer.from(grants) }, true, 64)).ordinary;
    const header = `${required.join(',')},display_name`;
    const people = 'Ann@x.example,person,RXY,17,3,2026-08-03,,pilot,"Smith, Ann"\nbob@x.example,room,R0A,,,,,,\n';
    const grants = 'kind,grantee,mailbox\nsend-as,ann@X.example,bob@x.example\nfolder,elsewhere@y,ann@x.example\n';
    expect(await count(`${header}\n${people}`, grants)).toBe(4);
    expect(await count(`${header}\r\n${people.replaceAll('\n', '\r\n')}`, grants.replaceAll('\n', '\r\n'))).toBe(4);
    const quoted = people
      .replaceAll('"', '')
      .replaceAll(', ', ' ')
      .replaceAll(/[^,\n]+/g, '"$&"');
    expect(await count(`${header}\n${quoted}`, grants.replaceAll(/[^,\n]+/g, '"$&"'))).toBe(4);
  });
});
