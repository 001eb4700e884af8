/**
 * The third act of `godwit demo`, second by second: what became of the mail that is sent to somebody, and of their program's session,
 * while their mailbox changes sides; and at the end what it all comes to. It is told from what happened to sender and program, neither
 * of whom knows anything of Godwit.
 */

import { counted } from '#cli/shown.ts';
import type { Side } from './demo-servers.ts';

/** What happened; `atMs` counts from any beginning. */
export type Happening = { readonly atMs: number } & (
  | { readonly kind: 'sent'; readonly number: number }
  /** By whoever takes mail in; its sender would come again, so it counts as neither lost nor arrived. */
  | { readonly kind: 'refused'; readonly number: number; readonly why: string }
  /** Seen by the person's program for the first time. */
  | { readonly kind: 'arrived'; readonly number: number }
  | { readonly kind: 'signed in'; readonly side: Side }
  /** A session has ended that nobody had asked to end. */
  | { readonly kind: 'cut' }
);

export interface Sum {
  readonly sent: number;
  readonly refused: number;
  readonly longestWaitMs: number;
  /** The median. */
  readonly usualWaitMs: number;
  /** How often the program had to sign in again, and for how long it had no session. */
  readonly signedInAgain: number;
  readonly withoutSessionMs: number;
}

/** What the mailbox itself says, read on a connection of its own. */
export interface Verdict {
  readonly lost: readonly number[];
  readonly twice: readonly number[];
}

const mailWidth = 44;

/** The line of the second that ends at `endMs`; what happened later is not looked at. */
export function secondLine(second: number, happenings: readonly Happening[], endMs: number): string {
  const until = happenings.filter(({ atMs }) => atMs < endMs);
  const mail = mailIn(until, endMs - 1_000);
  return `${String(second).padStart(5)}  ${mail.padEnd(mailWidth)}  ${sessionIn(until, endMs)}`.trimEnd();
}

/** What the line of a second is made of. */
export const secondsHeading = `    s  ${'mail, one message a second'.padEnd(mailWidth)}  the mail program`;

/** Of what was sent from `fromMs` on. */
export function sum(happenings: readonly Happening[], fromMs: number, endMs: number): Sum {
  const ours = happenings.filter(({ atMs }) => atMs >= fromMs);
  const of = (kind: Happening['kind']): number => ours.filter((each) => each.kind === kind).length;
  const waits = [...waitsOf(happenings)].filter(({ sentMs }) => sentMs >= fromMs).map(({ ms }) => ms);
  const sorted = waits.toSorted((a, b) => a - b);
  return {
    sent: of('sent'),
    refused: of('refused'),
    longestWaitMs: sorted.at(-1) ?? 0,
    usualWaitMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
    signedInAgain: ours.filter((each, i) => each.kind === 'signed in' && ours.slice(0, i).some(isCut)).length,
    withoutSessionMs: withoutSession(ours, endMs),
  };
}

/** Holds the numbers that were found in the mailbox against those that were sent and not refused. */
export function judge(happenings: readonly Happening[], found: readonly number[]): Verdict {
  const refused = new Set(happenings.flatMap((each) => (each.kind === 'refused' ? [each.number] : [])));
  const taken = happenings.flatMap((each) => (each.kind === 'sent' && !refused.has(each.number) ? [each.number] : []));
  const timesOf = Map.groupBy(found, (number) => number);
  return {
    lost: taken.filter((number) => !timesOf.has(number)),
    twice: [...timesOf].filter(([, times]) => times.length > 1).map(([number]) => number),
  };
}

/** What it comes to, in a few lines. */
export function sumLines(whose: string, totals: Sum, { lost, twice }: Verdict): readonly string[] {
  const { sent, refused, longestWaitMs, usualWaitMs, signedInAgain, withoutSessionMs } = totals;
  const wrong = [
    ...(lost.length > 0 ? [`LOST: ${lost.join(', ')}`] : []),
    ...(twice.length > 0 ? [`THERE TWICE: ${twice.join(', ')}`] : []),
    ...(refused > 0 ? [`not taken in: ${counted(refused, 'message')}`] : []),
  ];
  return [
    `  ${counted(sent, 'message')} sent, ${wrong.length === 0 ? 'each arrived, and each once' : wrong.join('; ')}`,
    `  longest wait of a message: ${seconds(longestWaitMs)} (usually ${seconds(usualWaitMs)})`,
    `  ${whose} was without a session for ${seconds(withoutSessionMs)}, and signed in again ${signedInAgain === 1 ? 'once' : `${signedInAgain} times`}`,
  ];
}

function mailIn(happenings: readonly Happening[], fromMs: number): string {
  const waits = new Map([...waitsOf(happenings)].map(({ number, ms }) => [number, ms]));
  const arrived = happenings.flatMap((each) =>
    each.kind === 'arrived' && each.atMs >= fromMs
      ? [`${each.number} after ${seconds(waits.get(each.number) ?? 0)}`]
      : [],
  );
  const refused = happenings.flatMap((each) =>
    each.kind === 'refused' && each.atMs >= fromMs ? [`${each.number} refused (${each.why})`] : [],
  );
  const waiting = underWay(happenings);
  return [
    ...(arrived.length > 0 ? [`arrived: ${inShort(arrived)}`] : []),
    ...refused,
    ...(waiting.length > 0 ? [`${inShort(waiting)} ${waiting.length === 1 ? 'waits' : 'wait'}`] : []),
  ].join('; ');
}

/** What was sent and has neither arrived nor been refused. */
export function underWay(happenings: readonly Happening[]): readonly number[] {
  const settled = new Set(
    happenings.flatMap((each) => (each.kind === 'arrived' || each.kind === 'refused' ? [each.number] : [])),
  );
  return happenings.flatMap((each) => (each.kind === 'sent' && !settled.has(each.number) ? [each.number] : []));
}

/** The first and the last of several, which are in their order. */
function inShort(several: readonly (string | number)[]): string {
  return several.length <= 2 ? several.join(', ') : `${several[0]} … ${several.at(-1)}`;
}

/** How the session stands at the end of a second, and what came between. */
function sessionIn(happenings: readonly Happening[], endMs: number): string {
  const session = happenings.filter((each) => each.kind === 'signed in' || each.kind === 'cut');
  const last = session.at(-1);
  if (last === undefined) return 'not signed in yet';
  if (last.kind === 'cut') return `session ended ${seconds(endMs - last.atMs)} ago, signing in again …`;
  const before = session.at(-2);
  if (before?.kind === 'cut' && last.atMs >= endMs - 1_000)
    return `signed in again after ${seconds(last.atMs - before.atMs)}, on the ${last.side} side`;
  return `on the ${last.side} side`;
}

function* waitsOf(happenings: readonly Happening[]): Generator<{ number: number; sentMs: number; ms: number }> {
  const sentAt = new Map<number, number>();
  for (const each of happenings) if (each.kind === 'sent') sentAt.set(each.number, each.atMs);
  for (const { kind, atMs, ...more } of happenings) {
    if (kind !== 'arrived' || !('number' in more)) continue;
    const sentMs = sentAt.get(more.number);
    if (sentMs !== undefined) yield { number: more.number, sentMs, ms: atMs - sentMs };
  }
}

function withoutSession(happenings: readonly Happening[], endMs: number): number {
  let since: number | null = null;
  let ms = 0;
  for (const each of happenings) {
    if (each.kind === 'cut') since ??= each.atMs;
    if (each.kind !== 'signed in' || since === null) continue;
    ms += each.atMs - since;
    since = null;
  }
  return since === null ? ms : ms + endMs - since;
}

function isCut({ kind }: Happening): boolean {
  return kind === 'cut';
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
