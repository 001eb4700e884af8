/**
 * For how long each mailbox was interrupted: by what was really tried in it (sign-ins, sessions, deliveries), and by Godwit's own
 * stamps, from the hold to the turn, where nobody tried anything. The longest of them counts, and no mailbox is left out.
 */

import type { Injected } from './mail.ts';
import type { PeopleCut } from './people.ts';
import { median, signInGaps } from './verdict.ts';

export const kinds = ['sign-in', 'session', 'delivery', 'stamps'] as const;
type Kind = (typeof kinds)[number];

/** Seconds, of what was longest and of each that was seen. */
export interface Interruption {
  readonly address: string;
  readonly seconds: number;
  readonly by: Readonly<Partial<Record<Kind, number>>>;
}

export interface Seen {
  readonly addresses: readonly string[];
  readonly people: Pick<PeopleCut, 'attempts' | 'cuts'>;
  readonly accepted: readonly Injected[];
  /** How long each message was on its way over all Postfixes, by its id. */
  readonly secondsOf: ReadonlyMap<string, number>;
  /** By Godwit's own stamps. */
  readonly stamps: ReadonlyMap<string, number>;
  /** When the mailboxes began to move: what was before that was as usual. */
  readonly movedAt: number;
}

export function interruptions(seen: Seen): readonly Interruption[] {
  const gaps: Readonly<Record<Kind, ReadonlyMap<string, number>>> = {
    'sign-in': signInGaps(seen.people),
    session: sessionGaps(seen),
    delivery: deliveryGaps(seen),
    stamps: seen.stamps,
  };
  return seen.addresses.map((address) => {
    const each = kinds.flatMap((kind) => {
      const seconds = gaps[kind].get(address);
      return seconds === undefined ? [] : [[kind, seconds] as const];
    });
    return { address, seconds: Math.max(0, ...each.map(([, seconds]) => seconds)), by: Object.fromEntries(each) };
  });
}

/** From a session's end to the first sign-in that succeeded after it; a program waits a moment before it tries, which is in it. */
function sessionGaps({ people: { attempts, cuts } }: Seen): ReadonlyMap<string, number> {
  const gaps = new Map<string, number>();
  const byAddress = Map.groupBy(attempts, (each) => each.address);
  for (const { address, at } of cuts) {
    const back = byAddress.get(address)?.find(({ began, ok }) => ok && began >= at);
    if (back) longer(gaps, address, (back.began + back.ms - at) / 1000);
  }
  return gaps;
}

/** The longest time between acceptance and arrival, less its median before anything moved. */
function deliveryGaps({ accepted, secondsOf, movedAt }: Seen): ReadonlyMap<string, number> {
  const all = accepted.flatMap(({ id, to, at }) => {
    const seconds = secondsOf.get(id);
    return seconds === undefined ? [] : [{ to, at, seconds }];
  });
  const usual = median(all.filter(({ at }) => at < movedAt).map(({ seconds }) => seconds));
  const gaps = new Map<string, number>();
  for (const { to, at, seconds } of all) if (at >= movedAt) longer(gaps, to, Math.max(0, seconds - usual));
  return gaps;
}

function longer(gaps: Map<string, number>, address: string, seconds: number): void {
  gaps.set(address, Math.max(gaps.get(address) ?? 0, seconds));
}
