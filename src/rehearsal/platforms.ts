/**
 * Both platforms as the programme meets them: the real governor and the real breaker decide what is asked of them, and what they
 * answer is made up from the weather. Each piece of work takes the connections that a worker takes for it.
 */

import { closed } from '#domain/breaker.ts';
import { allowedAt, type Learnt, mailboxWaitMs, nothingLearnt, rateAt, react } from '#domain/governor.ts';
import { grant } from '#domain/grants.ts';
import { type Budget, type SideName, sideNames } from '#domain/platform.ts';
import type { Sighting } from '#domain/sighting.ts';
import { Flow } from './flow.ts';
import type { PlayedPlatform } from './order.ts';
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
/** Messages of a mailbox are asked for and brought one by one, and so much is said besides. */
const commandsBesides = 10;

/** A side while it is played. */
interface Side {
  readonly budget: Budget;
  readonly timezone: string;
  readonly octets: Flow;
  readonly commands: Flow;
  learnt: Learnt;
  weather: SideWeather;
  inUse: number;
  /** What each mailbox in work has of it. */
  readonly held: Map<number, number>;
}

export class Platforms {
  complaints = 0;
  restedMs = 0;
  /** Octets and items that looks at those who follow carry, in a millisecond. */
  followedPerMs = { bytes: 0, items: 0 };
  readonly #sky: Sky;
  /** Mailboxes that all workers together have hands for. */
  readonly #hands: number;
  readonly #sides: Readonly<Record<SideName, Side>>;

  constructor(platforms: Readonly<Record<SideName, PlayedPlatform>>, hands: number | null, sky: Sky) {
    this.#sides = { source: sideOf(platforms.source), target: sideOf(platforms.target) };
    this.#hands = hands ?? Number.POSITIVE_INFINITY;
    this.#sky = sky;
  }

  /** The weather has changed. True where what is under way was cut off by that. */
  turn(now: number): boolean {
    let isCut = false;
    for (const name of sideNames) {
      const side = this.#sides[name];
      const before = side.weather;
      side.weather = this.#sky.over(name, now);
      isCut ||= side.weather.isOut && !before.isOut;
    }
    return isCut;
  }

  /** As many mailboxes at once as there are hands and as both give now, each with one connection. */
  allowed(now: number): number {
    const given = sideNames.map(
      (name) => allowedAt(this.#sides[name].learnt, this.#sides[name].budget, now).connections,
    );
    return Math.min(this.#hands, ...given);
  }

  /**
   * Gives a mailbox up to so many connections on both sides. `besides`: those that following holds, which who waits for a window
   * goes before.
   */
  admit(mailbox: number, connections: number, besides: number, now: number): Admission {
    if (this.#sides.source.held.size + besides >= this.#hands) return { kind: 'wait', waitMs: null, isForAll: false };
    for (const name of sideNames) {
      const refusal = this.#enter(name, mailbox, connections, besides, now);
      if (refusal === null) continue;
      this.leave(mailbox);
      return refusal;
    }
    return { kind: 'entered' };
  }

  /** Gives back what it has. */
  leave(mailbox: number): void {
    for (const name of sideNames) {
      const side = this.#sides[name];
      side.inUse -= side.held.get(mailbox) ?? 0;
      side.held.delete(mailbox);
    }
  }

  /** The first moment by which so much can have been asked for on both sides, whatever else is under way. */
  through(items: number, bytes: number, now: number): number {
    const { bytes: otherBytes, items: otherItems } = this.followedPerMs;
    let at = now;
    for (const name of sideNames) {
      const { octets, commands, learnt, budget } = this.#sides[name];
      const { rate } = allowedAt(learnt, budget, now);
      at = Math.max(at, octets.through(bytes, now, rate, otherBytes));
      at = Math.max(at, commands.through(items + commandsBesides, now, rate, otherItems));
    }
    return at;
  }

  /** Null where it is in. */
  #enter(name: SideName, mailbox: number, connections: number, besides: number, now: number): Admission | null {
    const side = this.#sides[name];
    const given = this.#take(name, mailbox, connections, besides, now);
    if (typeof given !== 'number') return given;
    if (side.weather.isOut) {
      this.#saw(side, { kind: 'sign-in-failed', mailbox, how: 'unreachable', text: 'no answer' }, now);
      return { kind: 'refused', why: 'outage', askedMs: 0 };
    }
    // Told only where somebody listens for it: it closes a breaker, or ends a row of failures.
    if (side.learnt.breaker !== closed) this.#saw(side, { kind: 'signed-in', mailbox }, now);
    const { bears } = side.weather;
    if (bears < 1 && side.inUse + besides + given > Math.max(1, side.budget.connections * bears)) {
      const seen = { kind: 'throttled', mailbox: null, waitMs: backoffMs, text: 'too busy' } as const;
      this.#saw(side, seen, now);
      this.complaints++;
      this.restedMs += backoffMs;
      return { kind: 'refused', why: 'throttling', askedMs: mailboxWaitMs(seen) ?? 0 };
    }
    side.inUse += given;
    side.held.set(mailbox, given);
    return null;
  }

  /** How many connections were given; or that one has to wait. */
  #take(name: SideName, mailbox: number, connections: number, besides: number, now: number): number | Admission {
    const side = this.#sides[name];
    // The second time after a probe that got in.
    for (;;) {
      const { budget, timezone, learnt } = side;
      const inUse = side.inUse + besides;
      const standing = { side: name, budget, timezone, learnt, now, inUse, ofMailbox: nobody };
      const granted = grant(standing, [{ mailbox, connections, atLeast: 1 }]);
      const [answer] = granted.answers;
      side.learnt = granted.learnt;
      if (answer?.kind !== 'given') return this.#wait(side, answer?.waitMs ?? 0, now);
      if (!answer.isProbe) return answer.connections;
      if (side.weather.isOut) {
        this.#saw(side, { kind: 'sign-in-failed', mailbox, how: 'unreachable', text: 'no answer' }, now);
        continue;
      }
      this.#saw(side, { kind: 'signed-in', mailbox }, now);
    }
  }

  /** Where all that it gives is in use, whoever ends makes room; where it gives less than it may, time does too. */
  #wait({ learnt, budget }: Side, waitMs: number, now: number): Admission {
    const isResting = learnt.rest !== null && now < learnt.rest.until;
    if (isResting || learnt.breaker.kind !== 'closed') return { kind: 'wait', waitMs, isForAll: true };
    const isLess = allowedAt(learnt, budget, now).connections < budget.connections;
    return { kind: 'wait', waitMs: isLess ? growingMs : null, isForAll: false };
  }

  #saw(side: Side, seen: Sighting, now: number): void {
    side.learnt = react(side.learnt, side.budget, seen, side.inUse, now).learnt;
  }
}

const fair: SideWeather = { isOut: false, bears: 1 };
const nobody: ReadonlyMap<number, number> = new Map();

function sideOf({ budget, timezone }: PlayedPlatform): Side {
  return {
    budget,
    timezone,
    octets: new Flow((at) => rateAt(budget, timezone, at)),
    commands: new Flow(() => budget.commandsPerSecond),
    learnt: nothingLearnt,
    weather: fair,
    inUse: 0,
    held: new Map(),
  };
}
