/**
 * Those with whom a mailbox changes sides: the members of its party that may do so at this time. It waits for them before anybody is
 * held, which disturbs nobody, and for a moment within the hold, until each of them has been compared. Whoever does not come is not
 * waited for long, and whoever keeps others waiting who are held goes by itself the next time; so nobody waits for ever, whoever has died.
 */

import type { Met } from '#domain/parties.ts';
import type { Clock } from '#lib/clock.ts';
import type { Crossing, Meetings } from '#ports/meetings.ts';

export interface Company {
  /** Before anybody is held. False where they have not come: it is to come again. */
  meet(signal: AbortSignal): Promise<boolean>;
  /** Within the hold. False where one of those it met stays, or is too late: so does it. */
  agree(signal: AbortSignal): Promise<boolean>;
  /** However it ends. */
  leave(): Promise<void>;
  /** Whom it met; null where it belongs with nobody. */
  readonly met: Met | null;
}

/** A place is left to others after so long; of the party that has waited longest, which those others are to let by, later. */
const patienceMs = 3_000;
const firstPatienceMs = 15_000;
const gatherAgainMs = 150;
/** Others who are held wait for the last of them for this share of what people may be kept waiting, and no longer. */
const agreeShare = 1 / 4;
const agreeAgainMs = 50;

/**
 * Of one attempt of `mailbox` to change sides. `meetings`: null where nobody is held, and where to wait for each other would be of no use to
 * people. `holdMostMs`: for how long people may be kept waiting, of which a share is for the others.
 */
export function companyOf(
  meetings: Meetings | null,
  mailbox: number,
  stage: Crossing,
  clock: Clock,
  holdMostMs: number,
): Company {
  let met: Met | null = null;
  let isThere = false;
  return {
    async meet(signal) {
      const came = (await meetings?.come(mailbox, stage)) ?? { kind: 'alone' };
      if (came.kind === 'apart') met = came.met;
      if (!meetings || came.kind !== 'there') return true;
      isThere = true;
      met = await untilMet(meetings, mailbox, clock, signal);
      return met !== null;
    },
    async agree(signal) {
      if (!meetings || !isThere || met?.with === 1) return true;
      await meetings.ready(mailbox);
      const since = clock.now();
      for (;;) {
        const agreed = await meetings.agreed(mailbox);
        if (agreed !== 'waits') return agreed === 'turns';
        if (clock.now() - since > holdMostMs * agreeShare) break;
        await clock.sleep(agreeAgainMs, signal);
      }
      await meetings.tooLate(mailbox);
      // They may have come at the last moment.
      return !(await meetings.giveUp(mailbox, true)) && (await meetings.agreed(mailbox)) === 'turns';
    },
    async leave() {
      if (meetings && isThere) await meetings.leave(mailbox);
    },
    get met() {
      return met;
    },
  };
}

async function untilMet(meetings: Meetings, mailbox: number, clock: Clock, signal: AbortSignal): Promise<Met | null> {
  const since = clock.now();
  let patience = patienceMs;
  for (;;) {
    const isLong = clock.now() - since > patience;
    const gathered = await meetings.gather(mailbox, isLong);
    if (gathered.kind === 'met') return gathered.met;
    patience = gathered.isFirst ? firstPatienceMs : patienceMs;
    if (isLong && clock.now() - since > patience) break;
    await clock.sleep(gatherAgainMs, signal);
  }
  if (await meetings.giveUp(mailbox, false)) return null;
  // Met meanwhile, unless its lease is gone and it is there no more.
  const gathered = await meetings.gather(mailbox, false);
  return gathered.kind === 'met' ? gathered.met : null;
}
