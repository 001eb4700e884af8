import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { grantKinds } from './estate.ts';
import { type GrantWithin, partiesOf, togetherAtMost } from './parties.ts';

const someGrants = fc.array(
  fc.record<GrantWithin>({
    mailbox: fc.integer({ min: 1, max: 25 }),
    grantee: fc.integer({ min: 1, max: 25 }),
    kind: fc.constantFrom(...grantKinds),
  }),
  { maxLength: 60 },
);
const some = fc.record({ grants: someGrants, most: fc.integer({ min: 1, max: 9 }) });

function grant(mailbox: number, grantee: number, kind: GrantWithin['kind'] = 'full-access'): GrantWithin {
  return { mailbox, grantee, kind };
}

describe('of those who belong together', () => {
  test('each is in one party at most, with others that a grant leads to, and no party is larger than may be', () => {
    fc.assert(
      fc.property(some, ({ grants, most }) => {
        const parties = partiesOf(grants, most);
        const all = parties.flat();
        expect(new Set(all).size).toBe(all.length);
        for (const party of parties) {
          expect(party.length).toBeGreaterThan(1);
          expect(party.length).toBeLessThanOrEqual(most);
          for (const one of party)
            expect(
              grants.some(
                ({ mailbox, grantee }) =>
                  (mailbox === one && grantee !== one && party.includes(grantee)) ||
                  (grantee === one && mailbox !== one && party.includes(mailbox)),
              ),
            ).toBe(true);
        }
      }),
    );
  });

  test('two are apart only where both of their parties would not have fitted into one', () => {
    fc.assert(
      fc.property(some, ({ grants, most }) => {
        const parties = partiesOf(grants, most);
        const partyOf = (one: number): readonly number[] => parties.find((party) => party.includes(one)) ?? [one];
        for (const { mailbox, grantee } of grants) {
          const [one, other] = [partyOf(mailbox), partyOf(grantee)];
          if (!one.includes(grantee)) expect(one.length + other.length).toBeGreaterThan(most);
        }
      }),
    );
  });

  test('nobody is with others because of the order in which grants were listed, or listed twice', () => {
    fc.assert(
      fc.property(some, fc.integer(), ({ grants, most }, seed) => {
        const shuffled = fc.sample(fc.shuffledSubarray(grants, { minLength: grants.length }), { numRuns: 1, seed })[0];
        expect(partiesOf(shuffled ?? [], most)).toEqual(partiesOf(grants, most));
      }),
    );
  });

  test('whoever may open the whole mailbox is nearer than who may send in its name, or see a folder', () => {
    const grants = [grant(1, 2, 'folder'), grant(1, 3, 'send-as'), grant(1, 4), grant(1, 5, 'send-on-behalf')];
    expect(partiesOf(grants, 2)).toEqual([[1, 4]]);
    expect(partiesOf(grants, 3)).toEqual([[1, 3, 4]]);
  });

  test('two who have only each other stay together, though one of them shares a desk with three hundred', () => {
    const desk = Array.from({ length: 300 }, (_, i) => grant(1, 100 + i));
    const parties = partiesOf([...desk, grant(100, 7), grant(101, 8, 'folder')], 4);
    expect(parties.find((party) => party.includes(7))).toContain(100);
    expect(parties.find((party) => party.includes(1))).toHaveLength(4);
  });

  test('nobody waits for anybody where each is to switch alone', () => {
    expect(partiesOf([grant(1, 2)], 1)).toEqual([]);
    expect(partiesOf([grant(3, 3)], 8)).toEqual([]);
  });
});

test('a party takes up no more than half of what can be in work at once', () => {
  expect([1, 2, 3, 8, 15, 1_000].map((places) => togetherAtMost(8, places))).toEqual([1, 1, 2, 4, 8, 8]);
  expect(togetherAtMost(1, 100)).toBe(1);
  expect(togetherAtMost(8, 0)).toBe(1);
});
