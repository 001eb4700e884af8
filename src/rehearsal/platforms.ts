/**
 * Both platforms as the programme meets them: the real governor and the real breaker decide what is asked of them, and what they
 * answer is made up from the weather. A mailbox in work is one connection on each side here.
 */

import { closed } from '#domain/breaker.ts';
import { allowedAt, type Learnt, mailboxWaitMs, nothingLearnt, react } from '#domain/governor.ts';
import { grant } from '#domain/grants.ts';
import { type Budget, type SideName, sideNames } from '#domain/platform.ts';
import type { Sighting } from '#domain/sighting.ts';
import type { SideWeather, Sky } from './sky.ts';

export type Admission =
  | { readonly kind: 'entered' }
  /** Nothing is begun now; null: until something else ends. `isForAll`: whatever ends before that. */
  | { readonly kind: 'wait'; readonly waitMs: number | null; readonly isForAll: boolean }
  /** The platform did not have it: the pass has failed. `askedMs`: it is not to come again sooner. */
  | { readonly kind: 'refused'; readonly why: 'outage' | 'throttling'; readonly askedMs: number };

/** What a server commonly asks for (`Retry-After`, `Suggested Backoff Time`). */
const backoffMs = 30_000;
/** Asked again while the governor gives less than it may: it gives more from time to time. */
const growingMs = 10_000;

export class Platforms {
  /** Mailboxes in work, and as many more as following takes. */
  inWork = 0;
  complaints = 0;
  restedMs = 0;
  readonly #budget: Budget;
  readonly #timezone: string;
  readonly #sky: Sky;
  readonly #learnt: Record<SideName, Learnt> = { source: nothingLearnt, target: nothingLearnt };
  #weather: Record<SideName, SideWeather> = { source: fair, target: fair };

  constructor(atOnce: number, timezone: string, sky: Sky) {
    this.#budget = {
      connections: atOnce,
      connectionsPerMailbox: 1,
      bytesPerSecond: [{ fromMinute: 0, bytesPerSecond: null }],
      commandsPerSecond: null,
    };
    this.#timezone = timezone;
    this.#sky = sky;
  }

  /** The weather has changed. True where what is under way was cut off by that. */
  turn(now: number): boolean {
    const before = this.#weather;
    this.#weather = { source: this.#sky.over('source', now), target: this.#sky.over('target', now) };
    return sideNames.some((side) => this.#weather[side].isOut && !before[side].isOut);
  }

  get isOut(): boolean {
    return sideNames.some((side) => this.#weather[side].isOut);
  }

  /** As many mailboxes at once as both give now. */
  allowed(now: number): number {
    return Math.min(...sideNames.map((side) => allowedAt(this.#learnt[side], this.#budget, now).connections));
  }

  /** `besides`: connections that following holds, which who waits for a window goes before. */
  admit(mailbox: number, besides: number, now: number): Admission {
    for (const side of sideNames) {
      const wait = this.#take(side, mailbox, besides, now);
      if (wait !== null) return wait;
      if (this.#weather[side].isOut) {
        this.#saw(side, { kind: 'sign-in-failed', mailbox, how: 'unreachable', text: 'no answer' }, now);
        return { kind: 'refused', why: 'outage', askedMs: 0 };
      }
      // Told only where somebody listens for it: it closes a breaker, or ends a row of failures.
      if (this.#learnt[side].breaker !== closed) this.#saw(side, { kind: 'signed-in', mailbox }, now);
      const { bears } = this.#weather[side];
      if (bears < 1 && this.inWork + besides + 1 > Math.max(1, this.#budget.connections * bears)) {
        const seen = { kind: 'throttled', mailbox: null, waitMs: backoffMs, text: 'too busy' } as const;
        this.#saw(side, seen, now);
        this.complaints++;
        this.restedMs += backoffMs;
        return { kind: 'refused', why: 'throttling', askedMs: mailboxWaitMs(seen) ?? 0 };
      }
    }
    return { kind: 'entered' };
  }

  /** Null where a connection was given. */
  #take(side: SideName, mailbox: number, besides: number, now: number): Admission | null {
    // The second time after a probe that got in.
    for (;;) {
      const learnt = this.#learnt[side];
      const inUse = this.inWork + besides;
      const standing = { side, budget: this.#budget, timezone: this.#timezone, learnt, now, inUse, ofMailbox: nobody };
      const granted = grant(standing, [{ mailbox, connections: 1, atLeast: 1 }]);
      const [answer] = granted.answers;
      this.#learnt[side] = granted.learnt;
      if (answer?.kind !== 'given') return this.#wait(side, answer?.waitMs ?? 0, now);
      if (!answer.isProbe) return null;
      if (this.#weather[side].isOut) {
        this.#saw(side, { kind: 'sign-in-failed', mailbox, how: 'unreachable', text: 'no answer' }, now);
        continue;
      }
      this.#saw(side, { kind: 'signed-in', mailbox }, now);
    }
  }

  /** Where all that it gives is in use, whoever ends makes room; where it gives less than it may, time does too. */
  #wait(side: SideName, waitMs: number, now: number): Admission {
    const learnt = this.#learnt[side];
    const isResting = learnt.rest !== null && now < learnt.rest.until;
    if (isResting || learnt.breaker.kind !== 'closed') return { kind: 'wait', waitMs, isForAll: true };
    const isLess = allowedAt(learnt, this.#budget, now).connections < this.#budget.connections;
    return { kind: 'wait', waitMs: isLess ? growingMs : null, isForAll: false };
  }

  #saw(side: SideName, seen: Sighting, now: number): void {
    this.#learnt[side] = react(this.#learnt[side], this.#budget, seen, this.inWork, now).learnt;
  }
}

const fair: SideWeather = { isOut: false, bears: 1 };
const nobody: ReadonlyMap<number, number> = new Map();
