/** Who gets how many connections of a platform, of those that ask at one moment: by turns, never beyond what it is asked. */

import { entryOf } from './breaker.ts';
import { allowedAt, type Learnt, platformNow } from './governor.ts';
import type { Budget, SideName } from './platform.ts';

/** A platform as it stands; times are milliseconds since 1970 by the clock of the database. */
export interface Standing {
  readonly side: SideName;
  readonly budget: Budget;
  readonly timezone: string;
  readonly learnt: Learnt;
  readonly now: number;
  /** Connections that were given and not taken back, in all. */
  readonly inUse: number;
  /** And to each mailbox that asks. */
  readonly ofMailbox: ReadonlyMap<number, number>;
}

export interface Wanted {
  readonly mailbox: number;
  readonly connections: number;
  readonly atLeast: number;
}

export type Answer =
  | { readonly kind: 'given'; readonly mailbox: number; readonly connections: number; readonly isProbe: boolean }
  | { readonly kind: 'wait'; readonly waitMs: number; readonly why: string };

export interface Grants {
  /** One for each that asked. */
  readonly answers: readonly Answer[];
  /** As what was learnt stands now: one of them may be the one that tries whether the platform is well again. */
  readonly learnt: Learnt;
}

/** While all is in use: about as long as a small mailbox takes. */
const fullWaitMs = 250;
/** Asked again sooner than a long rest lasts, since a person may end it. */
export const longestWaitMs = 10_000;

export function grant(standing: Standing, wants: readonly Wanted[]): Grants {
  let now = standing;
  const answers = wants.map((wanted): Answer => {
    const { answer, learnt } = answerTo(now, wanted);
    if (answer.kind === 'given') {
      const { mailbox, connections } = answer;
      const ofMailbox = new Map(now.ofMailbox).set(mailbox, (now.ofMailbox.get(mailbox) ?? 0) + connections);
      now = { ...now, learnt, inUse: now.inUse + connections, ofMailbox };
    }
    return answer;
  });
  return { answers, learnt: now.learnt };
}

function answerTo(standing: Standing, { mailbox, connections, atLeast }: Wanted): { answer: Answer; learnt: Learnt } {
  const { side, budget, learnt, now, inUse } = standing;
  const entry = entryOf(learnt.breaker, mailbox, now);
  const restMs = learnt.rest ? learnt.rest.until - now : 0;
  if (entry.kind === 'wait' || restMs > 0)
    return { answer: wait(Math.max(restMs, entry.kind === 'wait' ? entry.waitMs : 0), whyOf(standing)), learnt };
  const allowed = allowedAt(learnt, budget, now);
  const has = standing.ofMailbox.get(mailbox) ?? 0;
  const [free, freeHere] = [allowed.connections - inUse, allowed.perMailbox - has];
  // Whoever tries whether a platform is well does it with one.
  const [most, least] = entry.kind === 'probe' ? [1, 1] : [connections, atLeast];
  const given = Math.min(most, free, freeHere);
  if (given >= least) {
    const isProbe = entry.kind === 'probe';
    const answer = { kind: 'given', mailbox, connections: given, isProbe } as const;
    return { answer, learnt: isProbe ? { ...learnt, breaker: entry.breaker } : learnt };
  }
  const why =
    free < least
      ? `The ${side} gives ${allowed.connections} connections at the moment, and ${inUse} are in use.`
      : `The ${side} gives one mailbox ${allowed.perMailbox} connections, and this one has ${has}.`;
  return { answer: wait(fullWaitMs, why), learnt };
}

function wait(ms: number, why: string): Answer {
  return { kind: 'wait', waitMs: Math.min(ms, longestWaitMs), why };
}

function whyOf({ side, budget, timezone, learnt, inUse, now }: Standing): string {
  return platformNow(side, budget, timezone, learnt, inUse, now).why;
}
