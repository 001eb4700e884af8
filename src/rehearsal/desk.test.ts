import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Step } from '#domain/journey.ts';
import { stages } from '#domain/journey.ts';
import { choose, waitingMax, type Work, workFor } from '#domain/release.ts';
import { Cast } from './cast.ts';
import { Desk } from './desk.ts';
import { orderOf } from './rehearsal.test-kit.ts';
import { Waves } from './waves.ts';

const hourMs = 3_600_000;
const ways: readonly (readonly Step[])[] = [
  ['plan'],
  ['plan', 'start'],
  ['plan', 'start', 'catch-up'],
  ['plan', 'start', 'catch-up', 'switch'],
  ['plan', 'start', 'catch-up', 'switch', 'settle'],
  ['plan', 'start', 'catch-up', 'switch', 'settle', 'go-back'],
];
const made = fc.record({
  wave: fc.nat(3),
  way: fc.nat(ways.length - 1),
  dueInMs: fc.integer({ min: -hourMs, max: 2_000 }),
  lagMs: fc.integer({ min: 0, max: 5_000 }),
  isHeld: fc.boolean(),
});

/** What is reckoned for all together, and never comes to the desk. */
const reckoned: ReadonlySet<Work> = new Set(['follow', 'follow-back']);

test("the rehearsal's desk chooses what the real choice would of all but those who only follow, in its order", () => {
  fc.assert(
    fc.property(fc.array(made, { maxLength: 120 }), fc.nat(2), (people, paused) => {
      const order = orderOf({ mailboxes: people.length, windows: 4, each: 1_000, organisations: 3 });
      const cast = new Cast(order, 0);
      const waves = new Waves(order.windows, cast, 1);
      const lag = new Float32Array(people.length);
      const desk = new Desk(cast, waves, lag);
      const now = (order.windows[1]?.opensAt ?? 0) + hourMs;
      // The first and the second are running, one of them or none has paused, the others have not begun.
      for (const wave of [0, 1]) waves.move(wave, 'start');
      if (paused > 0) waves.move(paused - 1, 'pause');
      for (const [mailbox, { wave, way, dueInMs, lagMs, isHeld }] of people.entries()) {
        for (const step of ways[way] ?? []) cast.step(mailbox, step);
        waves.add(wave, mailbox);
        cast.dueAt[mailbox] = now + dueInMs;
        lag[mailbox] = lagMs;
        if (isHeld) cast.mark(mailbox, 'held', true);
      }
      const candidates = people.flatMap(({ wave, lagMs, isHeld }, mailbox) => {
        const stage = stages[cast.stage[mailbox] as number];
        if (isHeld || stage === undefined) return [];
        const organisation = cast.organisation[mailbox] as number;
        const dueAt = cast.dueAt[mailbox] as number;
        return [{ mailbox, organisation, stage, wave, dueAt, mayMove: waves.allows(wave, mailbox), lagMs }];
      });
      // Their turns among those of their organisation are not the desk's to know.
      const comers = candidates.filter((each) => {
        const work = workFor(each, waves.now.get(each.wave) ?? null, now);
        return work !== null && !reckoned.has(work);
      });
      const wanted = choose(comers, waves.now, now, waitingMax);
      for (const wave of [0, 1]) desk.start(wave);
      // The agenda tells the desk of each when it is due.
      for (let mailbox = 0; mailbox < people.length; mailbox++)
        if ((cast.dueAt[mailbox] as number) <= now) desk.due(mailbox, now);
      desk.look(now);
      const chosen = [];
      for (let job = desk.takeFirst(); job !== null; job = desk.takeFirst())
        chosen.push({ mailbox: job.mailbox, work: job.work, urgency: job.urgency });
      expect(chosen).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});
