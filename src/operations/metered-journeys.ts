/** What a process counts while it carries mailboxes: seen where a pass writes down how it ended, so that no pass is forgotten. */

import type { Work } from '#domain/release.ts';
import type { SideName } from '#domain/platform.ts';
import type { Journeys } from '#ports/journeys.ts';

/**
 * `rested`: the platform asked for patience. `failed`: tried again after a wait. `blocked`: a person has to look.
 * `broken-off`: by us, and it goes on elsewhere or later.
 */
export type PassOutcome = 'done' | 'rested' | 'failed' | 'blocked' | 'broken-off';

/** Where it is counted. Nothing in here names a mailbox or a person. */
export interface Meters {
  pass(work: Work, outcome: PassOutcome): void;
  carried(work: Work, messages: number, bytes: number): void;
  /** How far the other side was behind when a pass had ended, in milliseconds. */
  lag(work: Work, ms: number): void;
  /** For how long a person's mailbox was on neither side. */
  interruption(to: SideName, ms: number): void;
  /** A mailbox was blocked for this fault of the catalogue. */
  blocked(code: string): void;
}

/** The same journeys, counted. */
export function metered(journeys: Journeys, work: Work, meters: Meters): Journeys {
  return {
    ...journeys,
    async passed(mailbox, numbers, dueInMs, step) {
      await journeys.passed(mailbox, numbers, dueInMs, step);
      meters.pass(work, 'done');
      meters.carried(work, numbers.copied, numbers.bytes);
      if (numbers.found) meters.lag(work, numbers.found.lagMs);
    },
    async carried(mailbox, numbers) {
      await journeys.carried(mailbox, numbers);
      meters.carried(work, numbers.copied, numbers.bytes);
    },
    async rest(mailbox, dueInMs) {
      await journeys.rest(mailbox, dueInMs);
      meters.pass(work, 'rested');
    },
    async failed(mailbox, dueInMs, met) {
      await journeys.failed(mailbox, dueInMs, met);
      meters.pass(work, 'failed');
    },
    async block(mailbox, code, about, who) {
      await journeys.block(mailbox, code, about, who);
      meters.pass(work, 'blocked');
      meters.blocked(code);
    },
    async turn(step, side, interruptedMs, dueInMs, forgets) {
      const turned = await journeys.turn(step, side, interruptedMs, dueInMs, forgets);
      if (turned) {
        meters.pass(work, 'done');
        meters.interruption(side, interruptedMs);
      }
      return turned;
    },
  };
}
