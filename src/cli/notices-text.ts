/** Messages to people on a screen, and as a table for spreadsheets. */

import type { NamedAddress } from '#domain/notice-settings.ts';
import type { NoticeCounts, NoticeLine } from '#domain/notice-list.ts';
import { noticeStates } from '#domain/notice-list.ts';
import type { NoticeLetter } from '#operations/notice-desk.ts';
import type { NoticesDue, NoticesSent } from '#operations/send-notices.ts';
import { faultLines } from './fault-text.ts';
import { count, counted, shown, table } from './shown.ts';
import { told } from '#domain/fault.ts';

export function letterLines({ from, replyTo, to, subject, text, language }: NoticeLetter): readonly string[] {
  return [
    `From: ${addressText(from)}`,
    ...(replyTo ? [`Reply-To: ${addressText(replyTo)}`] : []),
    `To: ${addressText(to)}`,
    `Subject: ${shown(subject, 1_000)}`,
    `Language: ${language}`,
    '',
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => shown(line, 10_000)),
  ];
}

export function dueLines(due: readonly NoticesDue[]): readonly string[] {
  if (due.length === 0) return ['Nothing is due at this moment.'];
  const rows = due.map(({ kind, wave, mailboxes, quiet }) => [
    kind,
    wave === null ? '(any)' : shown(wave, 40),
    count(mailboxes),
    quiet === 0 ? '' : count(quiet),
  ]);
  const right = new Set([2, 3]);
  return [...table([['message', 'wave', 'due', 'of these in quiet hours'], ...rows], right), 'Nothing was sent.'];
}

export function sentLines(outcome: NoticesSent): readonly string[] {
  const { sent, refused, waiting, unknown, quiet, quietUntil, stopped } = outcome;
  return [
    sent + refused + waiting + unknown + quiet === 0 && !stopped
      ? 'Nothing is due at this moment.'
      : `${counted(sent, 'message')} sent.`,
    ...(refused > 0 ? [`${count(refused)} refused: godwit notices list --became refused tells why.`] : []),
    ...(waiting > 0 ? [`${count(waiting)} to be tried again: the server said "later".`] : []),
    ...(unknown > 0
      ? [
          `${count(unknown)} in doubt: nobody heard whether they were taken, and they are not sent again (--became unknown).`,
        ]
      : []),
    ...(quiet > 0 && quietUntil !== null
      ? [`${counted(quiet, 'other')} in quiet hours; the first of them may be written to at ${instant(quietUntil)}.`]
      : []),
    ...(stopped ? faultLines(told(stopped)) : []),
  ];
}

export function noticeLines(lines: readonly NoticeLine[]): readonly string[] {
  if (lines.length === 0) return ['Nothing was sent.'];
  const rows = lines.map((line) => [
    instant(line.beganAt),
    line.kind,
    shown(line.address, 60),
    shown(line.wave, 30),
    instant(line.occasion),
    line.language,
    line.state,
    line.why === null ? '' : shown(line.why, 120),
  ]);
  return table([['begun', 'message', 'to', 'wave', 'tells of', 'language', 'became', 'why'], ...rows], new Set());
}

export function countLines(counts: NoticeCounts, told: number): readonly string[] {
  const all = noticeStates.reduce((sum, state) => sum + counts[state], 0);
  if (all === 0) return [];
  const each = noticeStates.flatMap((state) => (counts[state] > 0 ? [`${count(counts[state])} ${state}`] : []));
  return ['', `${each.join(', ')}${told < all ? `; ${count(told)} are shown (--limit, -o csv)` : ''}.`];
}

export const noticeColumns: readonly { readonly key: string; readonly cell: (line: NoticeLine) => string }[] = [
  { key: 'address', cell: ({ address }) => address },
  { key: 'wave', cell: ({ wave }) => wave },
  { key: 'message', cell: ({ kind }) => kind },
  { key: 'occasion', cell: ({ occasion }) => exact(occasion) },
  { key: 'language', cell: ({ language }) => language },
  { key: 'state', cell: ({ state }) => state },
  { key: 'attempts', cell: ({ attempts }) => String(attempts) },
  { key: 'begun_at', cell: ({ beganAt }) => exact(beganAt) },
  { key: 'ended_at', cell: ({ endedAt }) => (endedAt === null ? '' : exact(endedAt)) },
  { key: 'retry_at', cell: ({ retryAt }) => (retryAt === null ? '' : exact(retryAt)) },
  { key: 'why', cell: ({ why }) => why ?? '' },
];

function addressText({ name, address }: NamedAddress): string {
  return name === null ? shown(address) : `${shown(name)} <${shown(address)}>`;
}

function exact(at: number): string {
  return new Date(at).toISOString();
}

function instant(at: number): string {
  return `${exact(at).slice(0, 16)}Z`;
}
