/** What became of a wave, told to a person: the mailboxes that have something to tell, the sums, and what is listed by name. */

import type { Graded } from '#domain/grade.ts';
import type { ByReason, ListedException, MailboxAccount, WaveSummary, WaveTotals } from '#domain/wave-report.ts';
import { interruptionsText } from './interruption-text.ts';
import { bytes, count, counted, duration, shown, table } from './shown.ts';
import { windowText } from './wave-text.ts';

/** Lines that a person reads; `-o csv` has them all. */
const mailboxesShown = 50;
export const exceptionsShown = 20;

/** Of all mailboxes, as they go by, those that are to be shown: all of a small wave, else those that are no plain success. */
export class Mailboxes {
  readonly #first: MailboxAccount[] = [];
  readonly #telling: MailboxAccount[] = [];
  #seen = 0;
  #withNews = 0;

  take(account: MailboxAccount): void {
    this.#seen++;
    if (this.#first.length < mailboxesShown) this.#first.push(account);
    const isPlain = account.mark === null && account.open === 0 && account.refused === 0;
    if (isPlain && account.wayHomeLate === null) return;
    this.#withNews++;
    if (this.#telling.length < mailboxesShown) this.#telling.push(account);
  }

  get shown(): readonly MailboxAccount[] {
    return this.#seen <= mailboxesShown ? this.#first : this.#telling;
  }

  /** What stands below the table of those that are shown. */
  get rest(): readonly string[] {
    if (this.#seen <= mailboxesShown) return [];
    const more = this.#withNews - this.#telling.length;
    const withNews = more > 0 ? `${count(more)} more have something to tell. ` : '';
    return [`${withNews}Of ${count(this.#seen)} mailboxes those are shown that have; -o csv lists all.`];
  }
}

export function waveReportLines(
  { wave, totals, interruptions, grade }: WaveSummary,
  mailboxes: Mailboxes,
  exceptions: readonly ListedException[],
): readonly string[] {
  return [
    `${shown(wave.name, 40)} is ${wave.state}, ${windowText(wave)}`,
    `${counted(totals.mailboxes, 'mailbox', 'mailboxes')}: ${inWords(totals.stages)}${marked(totals.marks)}`,
    '',
    ...table([header, ...mailboxes.shown.map(row), sumRow(totals)], numbersRight),
    ...mailboxes.rest,
    '',
    ...reasonLines('Refused', totals.refused, totals.refusedFor),
    ...reasonLines('Served otherwise', null, totals.differentIn),
    ...(interruptions === null ? [] : [`Interrupted at the switch: ${interruptionsText(interruptions)}`]),
    ...(totals.carriedBack === 0 ? [] : [`Carried home since the switch: ${counted(totals.carriedBack, 'message')}`]),
    ...(Object.keys(totals.waysHomeLate).length === 0
      ? []
      : [
          `Way home not kept up: ${inWords(totals.waysHomeLate)} (godwit get mailboxes --select 'wave=${shown(wave.name, 40)} way-home=late')`,
        ]),
    ...(totals.notTakenHome === 0 ? [] : [`Not taken at home: ${counted(totals.notTakenHome, 'message')}`]),
    ...(totals.together + totals.apart === 0
      ? []
      : [
          `Opened together: ${count(totals.together)} with all who belong with them${totals.apart === 0 ? '' : `, ${count(totals.apart)} without some`}`,
        ]),
    `Verified: ${Object.keys(totals.verified).length === 0 ? 'none yet (godwit verify --wave)' : inWords(totals.verified)}`,
    `Grade: ${gradeText(grade)}`,
    `Exceptions: ${count(totals.open)} open, ${count(totals.accepted)} accepted${totals.acceptedBy.length === 0 ? '' : ` by ${totals.acceptedBy.map((who) => shown(who, 60)).join(', ')}`}`,
    ...exceptions.map(exceptionLine),
    ...(totals.open + totals.accepted > exceptions.length ? ['  … all of them: -o csv --exceptions'] : []),
  ];
}

const header = [
  'mailbox',
  'stage',
  'found',
  'copied',
  'already there',
  'refused',
  'carried',
  'time',
  'interrupted',
  'behind',
  'open',
  'accepted',
  'grade',
];
const numbersRight = new Set(header.map((_, i) => i).slice(2, -1));

function row(account: MailboxAccount): readonly string[] {
  const { address, stage, mark, markedFor, found, interruptedMs, lagMs } = account;
  return [
    shown(address, 60),
    mark === null ? stage : `${stage}, ${mark}${markedFor === null ? '' : ` (${shown(markedFor, 40)})`}`,
    found === null ? '' : count(found),
    ...[account.copied, account.alreadyThere, account.refused].map(count),
    bytes(account.bytes),
    duration(account.milliseconds),
    interruptedMs === null ? '' : duration(interruptedMs),
    lagMs === null ? '' : duration(lagMs),
    ...[account.open, account.accepted].map(count),
    account.certified?.grade ?? '',
  ];
}

function sumRow(totals: WaveTotals): readonly string[] {
  return [
    'in sum',
    '',
    ...[totals.found, totals.copied, totals.alreadyThere, totals.refused].map(count),
    bytes(totals.bytes),
    duration(totals.milliseconds),
    '',
    totals.longestLagMs === null ? '' : duration(totals.longestLagMs),
    ...[totals.open, totals.accepted].map(count),
    inWords(totals.grades),
  ];
}

/** In one line. */
export function gradeText(graded: Graded | null): string {
  if (graded === null) return 'no certificates yet (godwit certificate make --wave)';
  return `${graded.grade}${graded.because.length === 0 ? '' : `: ${graded.because.join('; ')}`}`;
}

function inWords(by: ByReason): string {
  return Object.entries(by)
    .map(([what, n]) => `${count(n)} ${shown(what, 60)}`)
    .join(', ');
}

function marked(marks: ByReason): string {
  return Object.keys(marks).length === 0 ? '' : ` (${inWords(marks)})`;
}

function reasonLines(what: string, n: number | null, by: ByReason): readonly string[] {
  return Object.keys(by).length === 0 ? [] : [`${what}${n === null ? '' : ` (${count(n)})`}: ${inWords(by)}`];
}

function exceptionLine({ address, folder, uid, code, detail, accepted }: ListedException): string {
  const who = accepted === null ? '' : `; accepted by ${shown(accepted.who, 60)}: ${shown(accepted.why, 100)}`;
  return `  ${shown(address, 60)}  ${shown(folder, 60)}  UID ${uid}  ${shown(code, 40)}: ${shown(detail, 120)}${who}`;
}
