/** What a mailbox and a wave that are described have in common, and what is told of a mailbox below its facts, list by list. */

import type { FaultMetThere, MailboxDescription, Recorded } from '#domain/description.ts';
import type { ListedException } from '#domain/wave-report.ts';
import { adviceLines, unknownRemedy } from './fault-text.ts';
import { grouped } from './names.ts';
import { count, counted, duration, shown, table } from './shown.ts';

export type Fact = readonly [name: string, value: string];

/** Those that have something to tell. */
export function facts(all: readonly Fact[]): readonly string[] {
  return table(
    all.filter(([, value]) => value !== ''),
    new Set(),
  );
}

/** What it is blocked for, or met last, and what to do. `now`, here and below: milliseconds since 1970, for how long ago that was. */
export function faultLines({ code, message, at, isBlocking, remedy }: FaultMetThere, now: number): readonly string[] {
  const when = at === null ? '' : `, ${since(at, now)}`;
  return [
    `${isBlocking ? 'Blocked for' : 'The last fault that it met:'} ${shown(code, 60)}${when}`,
    `  ${shown(message, 500)}`,
    ...adviceLines({ code, remedy: remedy ?? unknownRemedy }).map((line) => `  ${line}`),
  ];
}

/** Lines of one kind that a person reads. */
const exceptionsShown = 20;

/** What is listed by name, folder by folder; nothing where nothing is. */
export function exceptionLines({ exceptions, account: { open, accepted } }: MailboxDescription): readonly string[] {
  const first = exceptions.slice(0, exceptionsShown);
  const rest = open + accepted - first.length;
  return [
    ...grouped(first, ({ folder }) => folder).flatMap(([folder, those]) => [
      '',
      `Listed in ${shown(folder, 200)}`,
      ...table(
        those.map((each) => [
          '',
          String(each.uid),
          each.kind,
          shown(each.code, 60),
          shown(each.detail, 120),
          acceptedText(each),
        ]),
        new Set([1]),
      ),
    ]),
    ...(rest > 0 && first.length > 0 ? [`  … and ${count(rest)} more (-o json, godwit report wave)`] : []),
  ];
}

/** How many ways of signing in are shown; `-o json` has more. */
const waysShown = 8;

/** Who signs in to it, how and when last, and who answers for that; nothing where nobody was seen. */
export function signInLines({ address, tail, plan }: MailboxDescription, now: number): readonly string[] {
  const planned =
    plan === null
      ? []
      : [
          `  ${shown(plan.owner, 80)} answers for it: ${shown(plan.plan, 200)}${plan.by === null ? '' : `, by ${plan.by}`}`,
        ];
  if (tail.length + planned.length === 0) return [];
  const rows = tail
    .slice(0, waysShown)
    .map((use) => [
      `  ${use.protocol}`,
      `at the ${use.side}`,
      use.name === address ? '' : `as ${shown(use.name, 80)}`,
      shown(use.client, 30),
      counted(use.times, 'time'),
      `last ${since(use.lastAt, now)}`,
    ]);
  return [
    '',
    'Signs in',
    ...planned,
    ...table(rows, new Set([4])),
    ...(tail.length > waysShown ? [`  … and in ${count(tail.length - waysShown)} other ways (-o json)`] : []),
  ];
}

function acceptedText({ accepted }: ListedException): string {
  return accepted === null ? 'open' : `accepted by ${shown(accepted.who, 60)}: ${shown(accepted.why, 80)}`;
}

/** The newest records of its log, each with what it did to the stage. */
export function logLines(log: readonly Recorded[]): readonly string[] {
  if (log.length === 0) return [];
  const rows = log.map(({ at, who, what, stageBefore, stageAfter, why }) => [
    `  ${at.toISOString().slice(0, 19)}Z`,
    shown(who, 40),
    shown(what, 40),
    stageAfter === null ? '' : `${stageBefore ?? ''} → ${stageAfter}`,
    shown(why ?? '', 80),
  ]);
  return ['', 'Log, the newest first', ...table(rows, new Set())];
}

/** `2026-11-21T10:11Z (3:07 min ago)`. */
export function since(at: Date, now: number): string {
  const ago = now - at.getTime();
  return `${at.toISOString().slice(0, 16)}Z${ago > 0 ? ` (${age(ago)} ago)` : ''}`;
}

function age(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  return days >= 2 ? counted(days, 'day') : duration(ms);
}
