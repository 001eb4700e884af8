/** Whether anybody was let in, or anything was stored, on a side that a mailbox was not on at that moment. */

import type { SideName } from '#domain/platform.ts';
import type { Arrival } from './weather-landscape.ts';
import type { Seen } from './weather-people.ts';

/** A mailbox that went over to `to`: when it did, in milliseconds since 1970. */
export interface Turned {
  readonly address: string;
  readonly to: SideName;
  readonly at: number;
}

export interface WrongSide {
  readonly signIns: number;
  readonly acts: number;
  readonly arrivals: number;
  /** So many of them in words. */
  readonly examples: readonly string[];
}

const examplesMax = 10;

/**
 * `at` is the beginning of the transaction that turned the route, so that nobody may have been led to the new side before it. From then
 * on nobody may be led to, work on, or be delivered to the side that was left: before it all doors held the mailbox, and its sessions
 * had ended. What is told must have happened in this crossing.
 */
export function wrongSide(
  turned: readonly Turned[],
  { signIns, acts, arrivals }: { signIns: readonly Seen[]; acts: readonly Seen[]; arrivals: readonly Arrival[] },
): WrongSide {
  const turns = new Map(turned.map((each) => [each.address, each] as const));
  const examples: string[] = [];
  const count = (
    what: string,
    all: readonly {
      readonly address: string;
      side: SideName;
      from: number;
      to: number;
      way?: string;
      began?: number;
    }[],
  ) => {
    const wrong = all.filter(({ address, side, from, to }) => {
      const turn = turns.get(address);
      return turn !== undefined && (side === turn.to ? to < turn.at : from > turn.at);
    });
    for (const { address, side, from, way, began } of wrong.slice(0, examplesMax - examples.length)) {
      const after = (at: number): number => Math.round(at - (turns.get(address)?.at ?? 0));
      const by = way === undefined || began === undefined ? '' : `, by ${way}, begun at ${after(began)} ms`;
      examples.push(`${what} at the ${side} of ${address}, ${after(from)} ms after its turn${by}`);
    }
    return wrong.length;
  };
  return {
    // One that was begun before and let in after is as wrong as one that was begun after.
    signIns: count(
      'signed in',
      signIns.map(({ address, side, way, began, ended }) => ({ address, side, from: ended, to: ended, way, began })),
    ),
    acts: count(
      'worked',
      acts.map(({ address, side, way, began, ended }) => ({ address, side, from: began, to: ended, way, began })),
    ),
    arrivals: count(
      'stored',
      arrivals.map(({ address, side, at }) => ({ address, side, from: at, to: at })),
    ),
    examples,
  };
}
