/**
 * The cutover of one mailbox: what still differs is carried while people go on working, then they are held for the moment that
 * the last of it takes, it is compared, and their mail belongs to the other side. Seconds, measured. What comes while it is
 * compared is carried and compared in its turn, since mail comes as long as no door holds it.
 *
 * It may be killed at any line. Until the route is turned nothing has changed for anybody but in the operator's directory, and the
 * next attempt begins anew; route and stage turn in one transaction; the directory, which can have no part in that, is written before
 * it and put back where it does not come about; and a hold is let go however this ends, or lapses by itself where we were killed.
 *
 * Those who belong together meet before anybody is held, and again when each of them has been compared; so they turn at one moment, or
 * stay. That they agree is no transaction of all of them: who fails behind it, at the directory or at the route, stays when the others
 * turn, and follows alone.
 */

import type { FaultCode } from '#domain/fault.ts';
import type { FaultReport } from '#domain/report.ts';

/** Places at which a kill would hurt most. */
export const switchPoints = [
  'closer',
  'met',
  'held',
  'carried',
  'verified',
  'agreed',
  'pointed',
  'turned',
  'let-go',
] as const;
export type SwitchPoint = (typeof switchPoints)[number];

/** What a switch is made of; each may be asked again after a crash. */
export interface SwitchParts {
  /** Carries what changed since the last pass; null, or why it did not come to its end. */
  carry(signal: AbortSignal): Promise<FaultReport | null>;
  /** Whoever belongs with it is there, or nobody does; false where they have not come and it is to come again soon. */
  meet(signal: AbortSignal): Promise<boolean>;
  /** New sign-ins wait, deliveries are parked, sessions are closed, on the side that is being left. */
  hold(signal: AbortSignal): Promise<void>;
  /** So long people may be kept waiting, in milliseconds, null where nobody is; and what is said where that was not enough. */
  readonly holdMostMs: number | null;
  tooLong(): FaultReport;
  letGo(): Promise<void>;
  /** Told where that fails once the route is turned: nobody is held any more, and that it has turned is true whatever comes then. */
  notLetGo(error: unknown): void;
  /**
   * An independent look at both sides, or at what moved there since one a moment ago; null, or what of the one that is left the other does
   * not serve.
   */
  compare(signal: AbortSignal): Promise<FaultReport | null>;
  /** Null where nothing has changed on the side that is being left since it was compared, or what keeps changing. */
  unrest(signal: AbortSignal): Promise<FaultReport | null>;
  /** Whom it met is to be turned, too, and so is it; false where one of them stays. */
  agree(signal: AbortSignal): Promise<boolean>;
  /** The operator's directory says that it is on the other side; where there is none, nothing. */
  point(signal: AbortSignal): Promise<void>;
  /** It says again what it said, unless the route may have been turned. What cannot be put back is for the next attempt. */
  pointBack(): Promise<void>;
  /**
   * Route and stage, in one transaction, that waits for others no longer than `withinMs`, null for as long as it takes. False where the
   * mailbox is no longer on this way.
   */
  turn(interruptedMs: number, withinMs: number | null): Promise<boolean>;
  /** Milliseconds, from any beginning. */
  now(): number;
  at(point: SwitchPoint): void;
}

export type Switched =
  | { readonly kind: 'turned'; readonly interruptedMs: number }
  /** It is where it was, nobody is held, and this is why. */
  | { readonly kind: 'stayed'; readonly fault: FaultReport }
  /** The same, and nothing is wrong: it waits for those with whom it changes sides. */
  | { readonly kind: 'waits' }
  /** Somebody else has taken it further, or back. */
  | { readonly kind: 'overtaken' };

/** So often what came meanwhile is carried, before a quieter moment is waited for. */
const looksMax = 3;
/** Who has waited for others for longer than that looks once more whether anything came meanwhile. */
const waitedLongMs = 200;

/** Takes a mailbox to the other side. */
export async function switchMailbox(parts: SwitchParts, signal: AbortSignal): Promise<Switched> {
  // What can be carried before people are held does not keep them waiting.
  const early = await parts.carry(signal);
  if (early) return { kind: 'stayed', fault: early };
  parts.at('closer');
  if (!(await parts.meet(signal))) return { kind: 'waits' };
  parts.at('met');
  const since = parts.now();
  const bound = parts.holdMostMs === null ? new AbortController().signal : AbortSignal.timeout(parts.holdMostMs);
  const within = AbortSignal.any([signal, bound]);
  let mayBePointed = false;
  let isTurned = false;
  try {
    await parts.hold(within);
    parts.at('held');
    const stays = await carryAndCompare(parts, within);
    within.throwIfAborted();
    if (stays) return { kind: 'stayed', fault: stays };
    const readyAt = parts.now();
    if (!(await parts.agree(within))) return { kind: 'waits' };
    parts.at('agreed');
    // The others turn now, and it follows as soon as it can: what came while it waited for them is not left behind for that.
    const hasWaited = parts.now() - readyAt > waitedLongMs;
    const came = hasWaited && (await parts.unrest(within)) ? await carryAndCompare(parts, within) : null;
    within.throwIfAborted();
    if (came) return { kind: 'stayed', fault: came };
    mayBePointed = true;
    await parts.point(within);
    parts.at('pointed');
    within.throwIfAborted();
    const interruptedMs = Math.round(parts.now() - since);
    const withinMs = parts.holdMostMs === null ? null : Math.max(1, Math.round(parts.holdMostMs - interruptedMs));
    if (!(await parts.turn(interruptedMs, withinMs))) return { kind: 'overtaken' };
    mayBePointed = false;
    isTurned = true;
    parts.at('turned');
    return { kind: 'turned', interruptedMs };
  } catch (error) {
    // Whatever broke off because of that: it is time that was lacking.
    if (bound.aborted && !signal.aborted) return { kind: 'stayed', fault: parts.tooLong() };
    throw error;
  } finally {
    try {
      if (mayBePointed) await parts.pointBack();
    } finally {
      await parts.letGo().catch((error: unknown) => {
        if (!isTurned) throw error;
        parts.notLetGo(error);
      });
    }
    parts.at('let-go');
  }
}

/** Until all that is there has been carried and compared; or why it stays. */
async function carryAndCompare(parts: SwitchParts, signal: AbortSignal): Promise<FaultReport | null> {
  for (let looks = 1; ; looks++) {
    const late = await parts.carry(signal);
    if (late) return late;
    parts.at('carried');
    const wrong = await parts.compare(signal);
    // It may have come after the carrying, and before its folder was compared.
    const mayBeNew = wrong?.code === ('switch.incomplete' satisfies FaultCode);
    if (wrong && (!mayBeNew || looks === looksMax)) return wrong;
    if (wrong) continue;
    parts.at('verified');
    const unrest = await parts.unrest(signal);
    if (!unrest || looks === looksMax) return unrest;
  }
}
