/**
 * Messages to people: which falls due when, and for whom. Before the move, on its evening, the day after; and to who was told
 * of an evening on which nothing came of it, that all stays as it is.
 */

import { createHash } from 'node:crypto';
import type { Mark, Stage } from './journey.ts';
import { type NoticeKind, noticeKinds, type NoticeMoment } from './notice-kinds.ts';
import { dayOf, type QuietHours, quietSince } from './notice-hours.ts';
import type { WaveState } from './release.ts';
import { instantOf, type Window } from './window.ts';

type Before = Exclude<NoticeMoment, 'T+1'>;

/** How a programme speaks to its people. */
export interface NoticeHabits {
  readonly timezone: string;
  /** Null: people may be written to at any hour. */
  readonly quiet: QuietHours | null;
  /** `09:00`: when the messages of a day fall due that have no hour of their own. */
  readonly at: string;
  readonly moments: readonly NoticeMoment[];
  /** Whether shared mailboxes are written to as people are. */
  readonly shared: boolean;
}

export interface NoticeWave {
  readonly name: string;
  readonly state: WaveState;
  readonly window: Window;
}

/** Messages of one kind that are due together. */
export type NoticeLot =
  | { readonly kind: Before; readonly wave: string; readonly opensAt: number }
  /** To who switched at `since` or later and before `before`. */
  | { readonly kind: 'T+1'; readonly wave: string; readonly since: number; readonly before: number }
  /** To who was told of an evening since then. */
  | { readonly kind: 'stay'; readonly since: number };

/** Whom a message before the move is for: of waves, mailboxes at stages, and the marks that keep nobody from being told. */
export const noticeAudience = {
  'T-14': { waves: ['planned', 'running'], stages: ['planned', 'copying', 'following'], marks: ['', 'blocked'] },
  'T-2': { waves: ['planned', 'running'], stages: ['planned', 'copying', 'following'], marks: ['', 'blocked'] },
  // On the evening itself only who will really switch, as far as anybody knows.
  'T-0': { waves: ['running'], stages: ['planned', 'copying', 'following'], marks: [''] },
} as const satisfies Record<
  Before,
  { readonly waves: readonly WaveState[]; readonly stages: readonly Stage[]; readonly marks: readonly (Mark | '')[] }
>;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** So long before the evening begins the messages of the evening go out: a wave of 20,000 takes almost three hours. */
const eveningMs = 3 * hourMs;
/** After that it is no news to anybody. */
export const noticeLateMs = 3 * dayMs;
/** Waves that open later than this have nothing to be told yet. */
export const noticeAheadMs = 16 * dayMs;

/** When a message before the move is due, and the first moment at which it has come too late. */
export interface NoticeSpan {
  readonly kind: Before;
  readonly from: number;
  readonly until: number;
}

/**
 * One after the other: who hears of a move late gets the message that is right by then, and no two on one day. That of the
 * evening comes before the window opens and before quiet hours begin, whichever is earlier.
 */
export function noticeSpans(window: Window, { timezone, quiet, at }: NoticeHabits): readonly NoticeSpan[] {
  const eveningFrom = quietSince(quiet, window.opensAt, timezone) - eveningMs;
  const daysBefore = (days: number): number =>
    Math.min(eveningFrom, atOn(dayOf(window.opensAt, timezone, -days), at, timezone));
  const [fortnight, twoDays] = [daysBefore(14), daysBefore(2)];
  return [
    { kind: 'T-14', from: fortnight, until: twoDays },
    { kind: 'T-2', from: twoDays, until: eveningFrom },
    { kind: 'T-0', from: eveningFrom, until: window.closesAt },
  ];
}

/** Everything that is due at `now`, of these waves; whom each is for is known to the database. */
export function noticesDue(
  waves: readonly NoticeWave[],
  now: number,
  habits: NoticeHabits,
  wanted: readonly NoticeKind[] = noticeKinds,
): readonly NoticeLot[] {
  const isWanted = (kind: NoticeKind): boolean =>
    wanted.includes(kind) && habits.moments.includes(kind === 'stay' ? 'T-0' : kind);
  const before = waves.flatMap(({ name, state, window }) =>
    noticeSpans(window, habits)
      .filter(({ kind, from, until }) => from <= now && now < until && isWanted(kind))
      .filter(({ kind }) => (noticeAudience[kind].waves as readonly WaveState[]).includes(state))
      .map(({ kind }): NoticeLot => ({ kind, wave: name, opensAt: window.opensAt })),
  );
  const since = now - noticeLateMs;
  const switchedBefore = beginningOfLastDay(now, habits);
  const after = waves
    .filter(({ window }) => isWanted('T+1') && window.opensAt < switchedBefore && window.closesAt > since)
    .map(({ name }): NoticeLot => ({ kind: 'T+1', wave: name, since, before: switchedBefore }));
  // Who stays is told first: whoever is told of another evening later should not read of it before.
  return [...(isWanted('stay') ? [{ kind: 'stay', since } as const] : []), ...before, ...after];
}

/** The midnight before the latest `at` o'clock: who switched before that did so yesterday or earlier. */
function beginningOfLastDay(now: number, { timezone, at }: NoticeHabits): number {
  const today = dayOf(now, timezone);
  const day = atOn(today, at, timezone) <= now ? today : dayOf(now, timezone, -1);
  return atOn(day, '00:00', timezone);
}

function atOn(day: string, time: string, timezone: string): number {
  const instant = instantOf(day, time, timezone);
  if (instant === null) throw new Error(`there is no ${time} on ${day}`);
  return instant;
}

/** The same for the same message, however often it is tried: so a mail system that takes it twice after all can tell. */
export function noticeMessageId(
  { address, kind, occasion }: { readonly address: string; readonly kind: NoticeKind; readonly occasion: number },
  domain: string,
): string {
  const digest = createHash('sha256').update(`${address}\n${kind}\n${occasion}`).digest('hex').slice(0, 32);
  return `<godwit.${digest}@${domain}>`;
}

/** When a server that said "later" is asked again, by how often it was asked already. */
export function noticeRetryMs(attempts: number): number {
  const minutes = [5, 15, 60][attempts - 1] ?? 180;
  return minutes * 60_000;
}
