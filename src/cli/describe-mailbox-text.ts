/** One mailbox on a screen: what matters first, and of each fault what to do about it. */

import type { MailboxDescription } from '#domain/description.ts';
import { exceptionLines, type Fact, facts, faultLines, logLines, signInLines, since } from './describe-parts.ts';
import { remedyOf } from './fault-text.ts';
import { interruptionText } from './interruption-text.ts';
import { bytes, count, counted, duration, shown } from './shown.ts';
import { windowText } from './wave-text.ts';

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
      ['belongs with', mailbox.belongsWith.map((address) => shown(address, 320)).join(', ')],
      ['mail belongs', sideText(mailbox, now)],
      ['carried', carriedText(mailbox)],
      ['behind', behindText(mailbox, now)],
      ['way home', wayHomeText(mailbox, now)],
      ...interruptedTexts(mailbox).map((text): Fact => ['interrupted', text]),
      ['opened', togetherText(mailbox)],
      ['next', nextText(mailbox, now)],
      [
        'ready',
        mailbox.readiness === null ? '' : `checked ${since(mailbox.readiness.at, now)}: ${readinessText(mailbox)}`,
      ],
      ['verified', verifiedText(mailbox, now)],
      ['certified', certifiedText(mailbox, now)],
      ['exceptions', exceptionsText(mailbox)],
    ]),
    ...(mailbox.fault === null ? [] : ['', ...faultLines(mailbox.fault, now)]),
    ...exceptionLines(mailbox),
    ...signInLines(mailbox, now),
    ...logLines(mailbox.log),
  ];
}

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

function togetherText({ account: { together } }: MailboxDescription): string {
  if (together === null) return '';
  const [met, others] = [together.with - 1, together.of - 1];
  return met === others ? 'together with all it belongs with' : `apart: with ${met} of the ${others} it belongs with`;
}

function behindText({ account: { lagMs, caughtUpAt } }: MailboxDescription, now: number): string {
  if (lagMs === null || caughtUpAt === null) return '';
  return `${duration(lagMs)} at the end of the last pass, ${since(new Date(caughtUpAt), now)}`;
}

function wayHomeText({ wayHomeLate, stage, account: { notTakenHome } }: MailboxDescription, now: number): string {
  if (stage !== 'settled' && stage !== 'returning') return '';
  const refused = notTakenHome > 0 ? `${counted(notTakenHome, 'message')} not taken at home` : '';
  if (wayHomeLate === null) return refused;
  const { since: last, code, message } = wayHomeLate;
  const late = `not kept up since ${since(last, now)}: ${shown(message, 300)} (${shown(code, 60)}) What to do: ${remedyOf(code)}`;
  return refused === '' ? late : `${late} ${refused}.`;
}

/** Of each switch what it consists of; of who was switched by an older version how long it was. */
function interruptedTexts({ account: { interruptedMs }, switches }: MailboxDescription): readonly string[] {
  if (switches.length === 0) return interruptedMs === null ? [] : [`${duration(interruptedMs)} at the switch`];
  return switches.map((each) => `${interruptionText(each)}, to the ${each.side} at ${each.at.slice(0, 16)}Z`);
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

function certifiedText({ account: { certified } }: MailboxDescription, now: number): string {
  return certified === null ? '' : `${since(new Date(certified.at), now)}: ${certified.grade}`;
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
