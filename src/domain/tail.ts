/** The tail of a move: who still does it the old way, how that is told, and which of them are programs. */

import type { MailboxKind } from './estate.ts';
import type { SideName } from './platform.ts';
import { isProgram } from './tail-client.ts';
import { gapBuckets, gapMs } from './tail-fold.ts';
import type { TailDoor, TailProtocol } from './tail-sighting.ts';

/** How a name is known to be a mailbox's. */
export type KnownBy = 'address' | 'alias' | 'source-user' | 'target-user' | 'local-part';

/** Why a use is one that has to end. `source`: at the side that is left. `name`: under a name that is not the address. */
export type OldWay = 'source' | 'name';

/** One use, as it is listed. */
export interface TailLine {
  readonly id: number;
  /** Of the mailbox; null for a name that the estate does not have. */
  readonly address: string | null;
  readonly organisation: string | null;
  readonly kind: MailboxKind | null;
  /** Under which one signed in. */
  readonly name: string;
  readonly knownBy: KnownBy | null;
  readonly side: SideName;
  readonly door: TailDoor;
  readonly protocol: TailProtocol;
  readonly client: string;
  readonly host: string;
  readonly times: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly networks: readonly string[];
  readonly senders: readonly string[];
  readonly hours: number;
  readonly gaps: readonly number[];
  /** Whether the mail of that mailbox belongs on the target by now; null for strangers. */
  readonly hasMoved: boolean | null;
  readonly plan: TailPlan | null;
}

export interface TailPlan {
  readonly name: string;
  readonly owner: string;
  readonly plan: string;
  /** `2026-12-31`. */
  readonly by: string | null;
  readonly who: string;
  readonly at: Date;
}

export interface TailPlanOrder {
  readonly name: string;
  readonly owner: string;
  readonly plan: string;
  readonly by: string | null;
}

export type TailPlanned =
  | { readonly kind: 'done'; readonly address: string | null; readonly name: string }
  /** Neither a mailbox of the estate nor a name that anybody has signed in under. */
  | { readonly kind: 'unknown'; readonly nearest: string | null };

export interface TailListOrder {
  /** Its code: it, and all that are below it. */
  readonly organisation: string | null;
  readonly protocols: readonly TailProtocol[];
  /** Seen since then, in milliseconds since 1970. */
  readonly sinceMs: number | null;
  readonly side: SideName | null;
  /** Only what has to end. */
  readonly oldOnly: boolean;
  /** Only those whose name the estate does not have. */
  readonly unknownOnly: boolean;
  /** Only whose mailbox has moved. */
  readonly movedOnly: boolean;
  /** The place after which it goes on, as `tailPlace` writes it. */
  readonly after: string | null;
  readonly max: number;
}

/** One day of the burn-down: how many mailboxes somebody signed in to. */
export interface TailDay {
  readonly day: string;
  readonly seen: number;
  /** By a way that has to end: at the source, or under an old name. */
  readonly old: number;
  /** At the source. */
  readonly atSource: number;
  /** At the source, though their mail belonged on the target by then. */
  readonly movedAtSource: number;
  readonly byOldName: number;
  /** Of those that are `old`. */
  readonly byProtocol: Readonly<Partial<Record<TailProtocol, number>>>;
  /** Names that the estate does not have. */
  readonly unknownNames: number;
}

/** The place of a line in the list, which is in the order of addresses; no address begins with a colon (RFC 5321 §4.1.2). */
export function tailPlace({ address, name, id }: Pick<TailLine, 'address' | 'name' | 'id'>): string {
  return `${address ?? `:${name}`}/${id}`;
}

/** Null where it is none. Those that the estate does not have come last. */
export function readTailPlace(text: string): { readonly word: string; readonly id: number } | null {
  const found = /^(.{1,400})\/(\d{1,15})$/s.exec(text);
  return found ? { word: (found[1] as string).toLowerCase(), id: Number(found[2]) } : null;
}

/** Why a use has to end; nothing where it may go on. */
export function oldWays({ side, knownBy }: Pick<TailLine, 'side' | 'knownBy'>): readonly OldWay[] {
  // What the source calls its people is no old name there; on the target it is.
  const isOldName =
    knownBy === 'alias' || (side === 'target' && (knownBy === 'source-user' || knownBy === 'local-part'));
  return [...(side === 'source' ? (['source'] as const) : []), ...(isOldName ? (['name'] as const) : [])];
}

/** What a use looks like from outside. `person`: nothing speaks against it. */
export type TailNature = 'person' | 'poller' | 'sender';

export type MachineSign =
  /** It comes at even intervals: about so many milliseconds, and this share of the pauses was so. */
  | { readonly kind: 'regular'; readonly everyMs: number; readonly share: number }
  /** At so many hours of the day. */
  | { readonly kind: 'day-and-night'; readonly hours: number }
  | { readonly kind: 'program'; readonly client: string }
  | { readonly kind: 'pop3' }
  | { readonly kind: 'without-sign-in' }
  /** Messages are handed in under a name by which nobody reads any. */
  | { readonly kind: 'sends-only'; readonly times: number }
  /** The list of mailboxes says so. */
  | { readonly kind: 'declared' }
  /** A person has said who answers for it. */
  | { readonly kind: 'planned' };

/** A mailbox or name that may be a program's, with what speaks for it. */
export interface TailApplication {
  readonly address: string | null;
  readonly name: string;
  readonly organisation: string | null;
  readonly natures: readonly TailNature[];
  readonly signs: readonly MachineSign[];
  readonly protocols: readonly TailProtocol[];
  readonly clients: readonly string[];
  readonly senders: readonly string[];
  readonly networks: readonly string[];
  readonly times: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly hasMoved: boolean | null;
  readonly plan: TailPlan | null;
}

/** Fewer pauses than that may be even by chance. */
const pausesLeast = 20;
const evenShare = 0.8;
/** Nobody is awake for so many hours of the day; somebody who travels may seem to be, for a while. */
const hoursOfMachine = 20;
/** A person has sent so many and read none: their client asks for neither IMAP nor POP3, and nobody's does. */
const sentLeast = 5;
const handingIn: ReadonlySet<TailProtocol> = new Set(['submission', 'smtp']);

/**
 * Whether the uses of one mailbox, or of one unknown name, look like a program's; null where they look like people's. They are
 * candidates: a client that somebody leaves running at home asks at even intervals as well, day and night.
 */
export function applicationIn(uses: readonly TailLine[]): TailApplication | null {
  const [first] = uses;
  if (!first) return null;
  const reading = uses.filter(({ protocol }) => !handingIn.has(protocol) && protocol !== 'autodiscover');
  const sending = uses.filter(({ protocol }) => handingIn.has(protocol));
  const sent = sending.reduce((sum, { times }) => sum + times, 0);
  const signs: MachineSign[] = [];
  const natures = new Set<TailNature>();
  if (first.kind === 'application') signs.push({ kind: 'declared' });
  if (first.plan !== null) signs.push({ kind: 'planned' });
  if (sending.some(({ protocol }) => protocol === 'smtp')) {
    signs.push({ kind: 'without-sign-in' });
    natures.add('sender');
  }
  if (reading.length === 0 && sent >= sentLeast) {
    signs.push({ kind: 'sends-only', times: sent });
    natures.add('sender');
  }
  for (const use of reading) {
    const regular = evenPauses(use.gaps);
    const hours = hoursIn(use.hours);
    const isByProgram = isProgram(use.client);
    const isPop = use.protocol === 'pop3';
    const isAlways = hours >= hoursOfMachine;
    const isMachine = isPop ? regular !== null || isAlways : regular !== null && isAlways && use.networks.length <= 1;
    if (!isByProgram && !isMachine) continue;
    natures.add('poller');
    if (isByProgram) signs.push({ kind: 'program', client: use.client });
    if (isPop) signs.push({ kind: 'pop3' });
    if (regular) signs.push(regular);
    if (isAlways) signs.push({ kind: 'day-and-night', hours });
  }
  if (signs.length === 0) return null;
  const times = uses.map(({ firstAt, lastAt }) => [firstAt.getTime(), lastAt.getTime()] as const);
  return {
    address: first.address,
    name: first.name,
    organisation: first.organisation,
    natures: natures.size === 0 ? ['person'] : [...natures],
    signs: signs.filter((sign, i) => signs.findIndex(({ kind }) => kind === sign.kind) === i),
    protocols: distinct(uses.map(({ protocol }) => protocol)),
    clients: distinct(uses.map(({ client }) => client).filter(Boolean)),
    senders: distinct(uses.flatMap(({ senders }) => senders)),
    networks: distinct(uses.flatMap(({ networks }) => networks)),
    times: uses.reduce((sum, use) => sum + use.times, 0),
    firstAt: new Date(Math.min(...times.map(([from]) => from))),
    lastAt: new Date(Math.max(...times.map(([, until]) => until))),
    hasMoved: first.hasMoved,
    plan: uses.find(({ plan }) => plan !== null)?.plan ?? null,
  };
}

/** Whether the pauses are nearly all about as long; two neighbouring buckets, since an interval may lie between them. */
export function evenPauses(gaps: readonly number[]): Extract<MachineSign, { kind: 'regular' }> | null {
  const all = gaps.reduce((sum, n) => sum + n, 0);
  if (all < pausesLeast) return null;
  let best = 0;
  let where = 0;
  for (let bucket = 0; bucket < gapBuckets; bucket++) {
    const two = (gaps[bucket] ?? 0) + (gaps[bucket + 1] ?? 0);
    if (two > best) [best, where] = [two, bucket];
  }
  const share = best / all;
  if (share < evenShare) return null;
  const fuller = (gaps[where + 1] ?? 0) > (gaps[where] ?? 0) ? where + 1 : where;
  return { kind: 'regular', everyMs: gapMs(fuller), share };
}

export function hoursIn(bits: number): number {
  let hours = 0;
  for (let rest = bits >>> 0; rest !== 0; rest &= rest - 1) hours++;
  return hours;
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
