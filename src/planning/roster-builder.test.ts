import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RosterBuilder } from './roster-builder.ts';
import { noDayAfter, noDayBefore } from './roster.ts';

const numbers = {
  kind: 0,
  organisation: 0,
  sizeBytes: 0,
  items: 0,
  notBefore: noDayBefore,
  notAfter: noDayAfter,
  waveHint: -1,
};

function builderOf(...addresses: readonly string[]): RosterBuilder {
  const builder = new RosterBuilder();
  for (const address of addresses) {
    builder.addresses.addText(address);
    builder.mailbox(numbers);
  }
  return builder;
}

describe('a roster', () => {
  test('has every mailbox with what is known of it, however many there are', () => {
    const builder = new RosterBuilder();
    for (let i = 0; i < 1_000; i++) {
      builder.addresses.addText(`m${i}@x`);
      builder.mailbox({
        ...numbers,
        kind: i % 4,
        organisation: i % 7,
        sizeBytes: i * 2 ** 33,
        items: i,
        waveHint: builder.hint(`h${i % 3}`),
      });
      if (i === 500) builder.reserveMailboxes(700);
    }
    const roster = builder.roster([]);
    expect(roster.size).toBe(1_000);
    expect(
      [roster.kind, roster.organisation, roster.sizeBytes, roster.waveHint, roster.notBefore].map(
        ({ length }) => length,
      ),
    ).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
    expect([roster.kind[999], roster.organisation[999], roster.sizeBytes[999], roster.items[999]]).toEqual([
      3,
      5,
      999 * 2 ** 33,
      999,
    ]);
    expect(roster.hints[roster.waveHint[998] as number]).toBe('h2');
    expect([roster.address(7), roster.find('M7@X'), roster.find('nobody@x')]).toEqual(['m7@x', 7, -1]);
  });

  test('finds a mailbox by its other addresses as well, and tells who has one already', () => {
    const builder = builderOf('ann@x', 'bob@x');
    expect([
      builder.alias(0, 'a@x'),
      builder.alias(1, 'A@X'),
      builder.alias(1, 'ann@x'),
      builder.alias(1, 'b@x'),
    ]).toEqual([-1, 0, 0, -1]);
    const roster = builder.roster([]);
    expect(['a@x', 'B@x', 'bob@x', 'c@x'].map((address) => roster.find(address))).toEqual([0, 1, 1, -1]);
  });

  test('keeps of its grants each one once, in their order, and none of a mailbox to itself', () => {
    const grant = fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 5 }), fc.nat({ max: 3 }));
    fc.assert(
      fc.property(fc.array(grant, { maxLength: 60 }), fc.boolean(), (made, areSorted) => {
        const grants = areSorted ? made.toSorted(([a], [b]) => a - b) : made;
        const builder = builderOf('a@x', 'b@x', 'c@x', 'd@x', 'e@x', 'f@x');
        for (const [mailbox, grantee, kind] of grants) builder.grant(mailbox, grantee, kind);
        const others = grants.filter(([mailbox, grantee]) => mailbox !== grantee).map((each) => each.join());
        const { grants: kept, leftOut } = builder.roster([]);
        expect(Array.from(kept.mailbox, (mailbox, i) => `${mailbox},${kept.grantee[i]},${kept.kind[i]}`)).toEqual([
          ...new Set(others),
        ]);
        expect(leftOut).toEqual({
          toThemselves: grants.length - others.length,
          twice: others.length - new Set(others).size,
        });
      }),
    );
  });

  test('counts grants to somebody elsewhere, and shows some of their addresses, each once', () => {
    const builder = builderOf('a@x');
    for (let i = 0; i < 100; i++) builder.unknownGrant([`u${i % 50}@y`, 'v@y']);
    const { unknown } = builder.roster([]).grants;
    expect(unknown.grants).toBe(100);
    expect(unknown.addresses).toHaveLength(20);
    expect(unknown.addresses.slice(0, 3)).toEqual(['u0@y', 'v@y', 'u1@y']);
  });
});
