import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conditionsOf, last, person } from './conditions.ts';
import { networkOf } from './network.ts';
import { nowhere, Seating } from './seating.ts';
import { crowded } from '#planning/crowded-plans.test-kit.ts';

test('whoever is seated and lifted, in whatever order, counts, room and costs are those of who sits there', () => {
  fc.assert(
    fc.property(crowded, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 40 }), (order, moves) => {
      const conditions = conditionsOf(order);
      const network = networkOf(order);
      const seating = new Seating(conditions, network, null);
      const sits = Array.from({ length: conditions.size }, () => nowhere);
      for (const [who, where] of moves) {
        const mailbox = who % conditions.size;
        const window = conditions.windows.length === 0 ? nowhere : (where % (conditions.windows.length + 1)) - 1;
        if (window === nowhere && sits[mailbox] !== nowhere) seating.lift(mailbox);
        else if (window !== nowhere && (sits[mailbox] === window || seating.hasRoom(mailbox, window)))
          seating.put(mailbox, window);
        else continue;
        sits[mailbox] = window;
      }
      expect(Array.from(seating.window)).toEqual(sits);
      for (let window = 0; window < conditions.windows.length; window++) {
        const members = sits.flatMap((at, mailbox) => (at === window ? [mailbox] : []));
        expect(seating.used[window]).toBe(members.length);
        expect(members.map((_, index) => seating.member(window, index)).toSorted((a, b) => a - b)).toEqual(members);
        const bytes = members.reduce((sum, mailbox) => sum + (conditions.sizeBytes[mailbox] as number), 0);
        expect(seating.usedBytes[window]).toBe(bytes);
      }
      for (let home = 0; home < conditions.closed.length; home++) {
        const of = (role: number): number[] =>
          sits.filter(
            (at, mailbox) =>
              at !== nowhere && conditions.organisation[mailbox] === home && conditions.role[mailbox] === role,
          );
        expect(seating.lastPerson(home)).toBe(Math.max(nowhere, ...of(person)));
        expect(seating.firstLast(home)).toBe(Math.min(conditions.windows.length, ...of(last)));
      }
      let twice = 0;
      for (let mailbox = 0; mailbox < conditions.size; mailbox++)
        if (sits[mailbox] !== nowhere) twice += seating.cost(mailbox, seating.day[mailbox] as number);
      expect(seating.grantDays()).toBe(twice / 2);
    }),
    { numRuns: 300 },
  );
});
