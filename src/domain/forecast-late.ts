/**
 * What becomes of those who miss their window: they go into the time that later windows have left, and whoever finds none there
 * into time after the last of them, which somebody has to give.
 */

import type { Chance } from '#lib/chance.ts';
import type { Window } from './window.ts';

/** Of one wave, by what kept them; parts of a mailbox are as likely as they are large. */
export interface Late {
  readonly uncopied: number;
  /** When the last of those has been copied. */
  readonly copied: number;
  readonly blocked: number;
  /** For whom the window was too short. */
  readonly ready: number;
}

export interface WaveWithLate {
  readonly window: Window;
  readonly switchMs: number;
  readonly late: Late;
}

export interface LateTerms {
  readonly now: number;
  /** What one switch takes of the time of all lanes. */
  readonly eachMs: number;
  /** How long somebody waits for a person, on average. */
  readonly mendMs: number;
  readonly chance: Chance;
}

export interface LateOutcome {
  /** When the last of them has switched; minus infinity where nobody was late. */
  readonly finish: number;
  readonly inLater: number;
  readonly inNone: number;
}

/** `waves`: in the order in which their windows open. */
export function carryLate(waves: readonly WaveWithLate[], terms: LateTerms): LateOutcome {
  const { now, eachMs } = terms;
  const free = waves.map(({ window, switchMs }) => Math.max(window.opensAt, now) + switchMs);
  let after = waves.reduce((last, { window }) => Math.max(last, window.closesAt), now);
  let [finish, inLater, inNone] = [Number.NEGATIVE_INFINITY, 0, 0];
  for (const [i, { window, late }] of waves.entries())
    for (const group of groupsOf(late, Math.max(window.closesAt, now), terms)) {
      let { mailboxes } = group;
      for (let j = i + 1; j < waves.length && mailboxes > 0; j++) {
        const { opensAt, closesAt } = (waves[j] as WaveWithLate).window;
        const start = Math.max(free[j] as number, group.readyAt);
        if (opensAt < window.closesAt || start >= closesAt) continue;
        const take = Math.min(mailboxes, Math.floor((closesAt - start) / eachMs));
        if (take <= 0) continue;
        free[j] = start + take * eachMs;
        finish = Math.max(finish, free[j] as number);
        mailboxes -= take;
        inLater += take;
      }
      if (mailboxes === 0) continue;
      after = Math.max(after, group.readyAt) + mailboxes * eachMs;
      finish = Math.max(finish, after);
      inNone += mailboxes;
    }
  return { finish, inLater, inNone };
}

interface Group {
  readonly mailboxes: number;
  readonly readyAt: number;
}

function groupsOf(
  { uncopied, copied, blocked, ready }: Late,
  closesAt: number,
  { mendMs, chance }: LateTerms,
): readonly Group[] {
  const stuck = whole(blocked, chance);
  return [
    { mailboxes: whole(ready, chance), readyAt: closesAt },
    { mailboxes: whole(uncopied, chance), readyAt: Math.max(copied, closesAt) },
    { mailboxes: stuck, readyAt: closesAt + longestWait(stuck, mendMs, chance) },
  ].filter(({ mailboxes }) => mailboxes > 0);
}

/** 0.3 of a mailbox is one in three runs of ten. */
function whole(mailboxes: number, chance: Chance): number {
  return mailboxes < 1e-6 ? 0 : Math.floor(mailboxes + chance.bits() / 0x1_0000_0000);
}

/** The longest of so many waits that end at any minute as likely as at the next. */
function longestWait(waits: number, meanMs: number, chance: Chance): number {
  if (waits === 0) return 0;
  const share = (chance.bits() + 0.5) / 0x1_0000_0000;
  return -meanMs * Math.log(-Math.expm1(Math.log(share) / waits));
}
