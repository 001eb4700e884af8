import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RouteRow } from '#ports/routes.ts';
import { nobody, noName, RouteTable } from './route-table.ts';

const row = (mailbox: number, address: string, more: Partial<RouteRow> = {}): RouteRow => ({
  mailbox,
  named: { address, sourceUser: null, targetUser: null },
  aliases: [],
  side: 'source',
  standing: 'open',
  ...more,
});

function tableOf(...rows: readonly RouteRow[]): RouteTable {
  const table = new RouteTable(7);
  for (const each of rows) table.add(each);
  return table;
}

test('a mailbox is found by its address and its aliases in any case', () => {
  const table = tableOf(row(3, 'ann@old.example', { aliases: ['ann.jones@old.example'] }), row(4, 'bob@old.example'));
  expect(table.find('ann@old.example')).toBe(3);
  expect(table.find('Ann.Jones@OLD.example')).toBe(3);
  expect(table.find('BOB@old.example')).toBe(4);
  expect(table.find('carla@old.example')).toBe(nobody);
  expect(table.named(3)).toEqual({ address: 'ann@old.example', sourceUser: null, targetUser: null });
});

test('an alias of one mailbox never hides the address of another, whichever was read first', () => {
  const claims = row(1, 'ann@old.example', { aliases: ['bob@old.example'] });
  const bob = row(2, 'bob@old.example');
  for (const rows of [[claims, bob] as const, [bob, claims] as const]) {
    const table = tableOf(...rows);
    expect(table.find('bob@old.example')).toBe(2);
    expect(table.named(2).address).toBe('bob@old.example');
    expect(table.named(1).address).toBe('ann@old.example');
  }
});

test('a name that two mailboxes claim alike leads to the older of them, whichever was read first', () => {
  const [older, younger] = [
    row(1, 'a@x.example', { aliases: ['desk@x.example'] }),
    row(2, 'b@x.example', { aliases: ['desk@x.example'] }),
  ];
  expect(tableOf(older, younger).find('desk@x.example')).toBe(1);
  expect(tableOf(younger, older).find('desk@x.example')).toBe(1);
});

test('a name to sign in with is found as it is, and in lower case where nobody else has just that', () => {
  const named = (address: string, sourceUser: string | null, targetUser: string | null) => ({
    named: { address, sourceUser, targetUser },
  });
  const table = tableOf(
    row(1, 'ann@old.example', named('ann@old.example', 'AJones', 'ann@new.example')),
    row(2, 'arthur@old.example', named('arthur@old.example', 'ajones', null)),
    row(3, 'zoe@old.example', named('zoe@old.example', 'Zoe', null)),
  );
  expect(table.find('AJones')).toBe(1);
  expect(table.find('ajones')).toBe(2);
  expect(table.find('AJONES')).toBe(2);
  expect(table.find('zoe')).toBe(3);
  expect(table.find('ZOE')).toBe(3);
  expect(table.find('ann@new.example')).toBe(1);
  expect(table.named(1)).toEqual({ address: 'ann@old.example', sourceUser: 'AJones', targetUser: 'ann@new.example' });
});

test('mail for an address is never led to who signs in by the same letters in another case', () => {
  const table = tableOf(
    row(1, 'ann@old.example'),
    row(2, 'bob@old.example', {
      named: { address: 'bob@old.example', sourceUser: 'Ann@old.example', targetUser: null },
    }),
  );
  expect(table.find('Ann@old.example')).toBe(1);
});

test('what cannot be the name of anybody is told apart from who is not there', () => {
  const table = tableOf(row(1, 'ann@old.example'));
  for (const name of [
    '',
    'ann@old.example\r\n',
    'ann\0@old.example',
    'ann\u007f',
    'ann\u0085@x',
    'a\u2028b',
    '\ud800',
    'x'.repeat(1_025),
    'ü'.repeat(600),
  ])
    expect({ name, found: table.find(name) }).toEqual({ name, found: noName });
  for (const name of ["' or 1=1 --", '*)(uid=*', 'ann', 'ann@old.example ', 'x'.repeat(1_024)])
    expect(table.find(name)).toBe(nobody);
});

test('who has other letters than ASCII is found, in any case', () => {
  const table = tableOf(row(1, 'jürgen@bücher.example', { aliases: ['李@例え.example'] }));
  expect(table.find('JÜRGEN@Bücher.example')).toBe(1);
  expect(table.find('李@例え.example')).toBe(1);
  expect(table.named(1).address).toBe('jürgen@bücher.example');
});

test('a turn is answered at once, and one of somebody who is not there changes nothing', () => {
  const table = tableOf(row(5_000, 'ann@old.example'));
  expect(table.turn(5_000, 'target', 'announced')).toBe(true);
  expect(table.route(5_000)).toEqual({ mailbox: 5_000, side: 'target', standing: 'announced' });
  expect(table.turn(5_001, 'target', 'held')).toBe(false);
  expect(table.route(5_001)).toBeNull();
  expect(table.held()).toEqual([]);
  table.turn(5_000, 'source', 'held');
  expect(table.held()).toEqual([5_000]);
});

test('whatever an estate holds, each name leads to whom a plain reading of the rules says', () => {
  // Few names, so that they are often claimed twice, and some thousands of others around them, so that all parts grow.
  const name = fc.constantFrom('a', 'b', 'A', 'c', 'C', 'ä', 'Ä').map((each) => `${each}@x.example`);
  const user = fc.option(name, { nil: null });
  const estate = fc.uniqueArray(
    fc.record({
      aliases: fc.array(
        name.map((each) => each.toLowerCase()),
        { maxLength: 3 },
      ),
      sourceUser: user,
      targetUser: user,
      mailbox: fc.integer({ min: 1, max: 20_000 }),
    }),
    { maxLength: 6, selector: ({ mailbox }) => mailbox },
  );
  fc.assert(
    fc.property(estate, fc.nat(2 ** 32 - 1), fc.array(name, { minLength: 1, maxLength: 8 }), (made, seed, asked) => {
      const addresses = ['a', 'b', 'ä', 'p1', 'p2', 'p3'].map((each) => `${each}@x.example`);
      const rows = made.map(({ mailbox, aliases, sourceUser, targetUser }, i) =>
        row(mailbox, addresses[i] as string, {
          aliases,
          named: { address: addresses[i] as string, sourceUser, targetUser },
        }),
      );
      const table = new RouteTable(seed);
      for (const each of rows) table.add(each);
      for (const each of asked) expect(table.find(each)).toBe(byTheRules(rows, each));
    }),
  );
});

test('a hundred thousand names are all found again, and no others', () => {
  const table = new RouteTable(1);
  for (let i = 1; i <= 40_000; i++)
    table.add(
      row(i * 3, `p${i}@org-${i % 99}.example`, { aliases: [`q${i}@old.example`, `r.${i}@old.example`].slice(i % 2) }),
    );
  expect(table.mailboxes).toBe(40_000);
  expect(table.names).toBe(100_000);
  for (let i = 1; i <= 40_000; i++) {
    if (table.find(`p${i}@org-${i % 99}.example`) !== i * 3) expect.fail(`p${i}`);
    if (table.find(`r.${i}@old.example`) !== i * 3) expect.fail(`r.${i}`);
    if (table.find(`p${i}@org-${(i + 1) % 99}.example`) !== nobody) expect.fail(`p${i} elsewhere`);
  }
});

/** The rules of names, with no thought of speed. */
function byTheRules(rows: readonly RouteRow[], asked: string): number {
  const oldest = (those: (row: RouteRow) => boolean): number | null =>
    rows.filter(those).toSorted((a, b) => a.mailbox - b.mailbox)[0]?.mailbox ?? null;
  const lower = asked.toLowerCase();
  const users = ({ named }: RouteRow): readonly string[] =>
    [named.sourceUser, named.targetUser].filter((each) => each !== null);
  return (
    oldest(({ named }) => named.address === lower) ??
    oldest(({ aliases }) => aliases.includes(lower)) ??
    oldest((each) => users(each).includes(asked)) ??
    oldest((each) => users(each).includes(lower)) ??
    oldest((each) => users(each).some((user) => user.toLowerCase() === lower)) ??
    nobody
  );
}
