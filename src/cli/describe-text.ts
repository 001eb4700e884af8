/** One mailbox or one wave on a screen: what matters first, and of each fault what to do about it. */

import type { FaultMetThere, MailboxDescription, Recorded, WaveDescription } from '#domain/description.ts';
import { marks, stages } from '#domain/journey.ts';
import type { ListedException } from '#domain/wave-report.ts';
import { adviceLines } from './fault-text.ts';
import { grouped } from './names.ts';
import { bytes, count, counted, duration, shown, table } from './shown.ts';
import { remarkLines, windowText } from './wave-text.ts';

/** Lines of one kind that a person reads. */
const exceptionsShown = 20;

/** `now`: milliseconds since 1970, for how long ago something was. */
export function mailboxLines(mailbox: MailboxDescription, now: number): readonly string[] {
  return [
    headline(mailbox),
    '',
    ...facts([
      ['organisation', organisationText(mailbox)],
      ['also known as', mailbox.aliases.map((alias) => shown(alias, 320)).join(', ')],
      ['signs in as', usersText(mailbox)],
      ['size', sizeText(mailbox)],
      ['may switch', daysText(mailbox)],
      ['stage', `${mailbox.stage} since ${since(mailbox.stageSince, now)}`],
      ...mailbox.marks.map(
        ({ mark, why, who, at }): Fact => [
          mark,
          [
            why === null ? '' : shown(why, 200),
            who === null ? '' : `by ${shown(who, 80)}`,
            at === null ? '' : `since ${since(at, now)}`,
          ]
            .filter(Boolean)
            .join(', '),
        ],
      ),
      ['wave', waveText(mailbox)],
      ['mail belongs', sideText(mailbox, now)],
      ['carried', carriedText(mailbox)],
      ['behind', behindText(mailbox, now)],
      [
        'interrupted',
        mailbox.account.interruptedMs === null ? '' : `${duration(mailbox.account.interruptedMs)} at the switch`,
      ],
      ['next', nextText(mailbox, now)],
      [
        'ready',
        mailbox.readiness === null ? '' : `checked ${since(mailbox.readiness.at, now)}: ${readinessText(mailbox)}`,
      ],
      ['verified', verifiedText(mailbox, now)],
      ['exceptions', exceptionsText(mailbox)],
    ]),
    ...(mailbox.fault === null ? [] : ['', ...faultLines(mailbox.fault, now)]),
    ...exceptionLines(mailbox),
    ...signInLines(mailbox, now),
    ...logLines(mailbox.log),
  ];
}

export function waveLines(wave: WaveDescription, now: number): readonly string[] {
  const { opensAt, closesAt } = wave.window;
  const opens = now < opensAt ? `opens in ${duration(opensAt - now)}` : now < closesAt ? 'open now' : 'over';
  const standing = [
    ...stages.map((stage) => [stage, wave.stages[stage] ?? 0] as const),
    ...marks.map((mark) => [mark, wave.marks[mark] ?? 0] as const),
  ].filter(([, n]) => n > 0);
  return [
    `${shown(wave.name, 80)} is ${wave.state}${wave.isPilot ? ', a pilot' : ''}`,
    '',
    ...facts([
      ['window', `${windowText(wave)} (${opens})`],
      ['paused', wave.pausedWhy === null ? '' : shown(wave.pausedWhy, 200)],
      ['error budget', `${Math.round(wave.errorBudget * 1e4) / 100} %`],
      ['mailboxes', `${count(wave.mailboxes)}, ${bytes(wave.bytes)}`],
    ]),
    ...remarkLines(wave),
    ...(standing.length === 0
      ? []
      : [
          '',
          ...table(
            standing.map(([word, n]) => [`  ${word}`, count(n)]),
            new Set([1]),
          ),
        ]),
    ...wave.faults.flatMap(({ code, mailboxes, example, remedy }) => [
      '',
      `${counted(mailboxes, 'mailbox', 'mailboxes')} blocked for ${shown(code, 60)}, among them ${shown(example, 80)}`,
      ...adviceLines({ code, remedy: remedy ?? unknownRemedy }).map((line) => `  ${line}`),
    ]),
    ...(wave.faults.length === 0
      ? []
      : ['', `All of them: godwit get mailboxes --select 'stage=blocked wave=${shown(wave.name, 80)}'`]),
    ...logLines(wave.log),
  ];
}

type Fact = readonly [name: string, value: string];

/** Those that have something to tell. */
function facts(all: readonly Fact[]): readonly string[] {
  return table(
    all.filter(([, value]) => value !== ''),
    new Set(),
  );
}

const unknownRemedy = 'This version of Godwit does not know this fault; look at the log of the worker that met it.';

function headline({ address, displayName, kind, marks: [gravest], stage }: MailboxDescription): string {
  const name = displayName === null ? '' : ` (${shown(displayName, 80)})`;
  const where = gravest === undefined ? stage : `${gravest.mark} in ${stage}`;
  return `${shown(address, 320)}${name}, ${kind}: ${where}`;
}

function organisationText({ organisation: { code, name, above } }: MailboxDescription): string {
  const under = above.length === 0 ? '' : `, under ${above.map((each) => shown(each, 64)).join(', ')}`;
  return `${shown(code, 64)}, ${shown(name, 80)}${under}`;
}

function usersText({ sourceUser, targetUser }: MailboxDescription): string {
  return [
    sourceUser === null ? '' : `${shown(sourceUser, 200)} at the source`,
    targetUser === null ? '' : `${shown(targetUser, 200)} at the target`,
  ]
    .filter(Boolean)
    .join(', ');
}

function sizeText({ sizeBytes, items }: MailboxDescription): string {
  return [sizeBytes === null ? '' : bytes(sizeBytes), items === null ? '' : counted(items, 'item')]
    .filter(Boolean)
    .join(', ');
}

function daysText({ notBefore, notAfter }: MailboxDescription): string {
  return [notBefore === null ? '' : `from ${notBefore}`, notAfter === null ? '' : `until ${notAfter}`]
    .filter(Boolean)
    .join(' ');
}

function waveText({ wave }: MailboxDescription): string {
  if (wave === null) return 'none';
  const why = wave.pausedWhy === null ? '' : `: ${shown(wave.pausedWhy, 120)}`;
  return `${shown(wave.name, 80)}, ${wave.state}${why}, ${windowText(wave)}`;
}

function sideText({ side, turnedAt }: MailboxDescription, now: number): string {
  return `on the ${side}${turnedAt === null ? '' : ` since ${since(turnedAt, now)}`}`;
}

function carriedText({ account }: MailboxDescription): string {
  const { found, copied, alreadyThere, refused, carried, carriedBack } = account;
  if (found === null && carried === 0) return 'nothing yet';
  const there = `${counted(carried, 'message')}, ${bytes(account.bytes)} in ${duration(account.milliseconds)}`;
  const back = carriedBack > 0 ? `; ${count(carriedBack)} home since the switch` : '';
  if (found === null) return `${there}; the first pass has not come to its end${back}`;
  return `${there}; of ${count(found)} on the source ${count(copied)} copied, ${count(alreadyThere)} there already, ${count(refused)} refused${back}`;
}

function behindText({ account: { lagMs, caughtUpAt } }: MailboxDescription, now: number): string {
  if (lagMs === null || caughtUpAt === null) return '';
  return `${duration(lagMs)} at the end of the last pass, ${since(new Date(caughtUpAt), now)}`;
}

function nextText({ inHandOf, queuedAt, dueAt, failures }: MailboxDescription, now: number): string {
  const tries = failures === 0 ? '' : `; ${counted(failures, 'pass', 'passes')} failed one after the other`;
  if (inHandOf !== null)
    return `in hand of worker ${shown(inHandOf.worker, 8)} on ${shown(inHandOf.host, 60)} (${inHandOf.pid})${tries}`;
  if (queuedAt !== null) return `waits for a worker since ${since(queuedAt, now)}${tries}`;
  if (dueAt === null) return `nothing by itself${tries}`;
  const at = dueAt.getTime();
  return `${at <= now ? `due since ${since(dueAt, now)}` : `looked at again in ${duration(at - now)}`}${tries}`;
}

/** What other checks keep; told as far as its form is known. */
function readinessText({ readiness }: MailboxDescription): string {
  const remarks = listIn(readiness?.found, 'remarks');
  if (remarks.length === 0) return 'nothing to remark';
  return remarks.map((remark) => shown(sentenceOf(remark), 200)).join('; ');
}

function verifiedText({ verification, account }: MailboxDescription, now: number): string {
  if (verification === null) return '';
  return `${since(verification.at, now)}: ${shown(account.verified?.outcome ?? 'unknown', 60)}`;
}

function listIn(found: unknown, key: string): readonly unknown[] {
  const list = Array.isArray(found) ? found : ((found ?? {}) as Readonly<Record<string, unknown>>)[key];
  return Array.isArray(list) ? list : [];
}

function sentenceOf(remark: unknown): string {
  if (typeof remark === 'string') return remark;
  const { says, message, code } = (remark ?? {}) as Readonly<Record<string, unknown>>;
  return [says, message, code].find((each) => typeof each === 'string') ?? JSON.stringify(remark);
}

function exceptionsText({ account: { open, accepted, acceptedBy } }: MailboxDescription): string {
  if (open + accepted === 0) return '';
  const by = acceptedBy.length === 0 ? '' : ` by ${acceptedBy.map((who) => shown(who, 60)).join(', ')}`;
  return `${count(open)} open, ${count(accepted)} accepted${by}`;
}

function faultLines({ code, message, at, isBlocking, remedy }: FaultMetThere, now: number): readonly string[] {
  const when = at === null ? '' : `, ${since(at, now)}`;
  return [
    `${isBlocking ? 'Blocked for' : 'The last fault that it met:'} ${shown(code, 60)}${when}`,
    `  ${shown(message, 500)}`,
    ...adviceLines({ code, remedy: remedy ?? unknownRemedy }).map((line) => `  ${line}`),
  ];
}

function exceptionLines({ exceptions, account: { open, accepted } }: MailboxDescription): readonly string[] {
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

function signInLines({ address, tail, plan }: MailboxDescription, now: number): readonly string[] {
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

function logLines(log: readonly Recorded[]): readonly string[] {
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
function since(at: Date, now: number): string {
  const ago = now - at.getTime();
  return `${at.toISOString().slice(0, 16)}Z${ago > 0 ? ` (${age(ago)} ago)` : ''}`;
}

function age(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  return days >= 2 ? counted(days, 'day') : duration(ms);
}
