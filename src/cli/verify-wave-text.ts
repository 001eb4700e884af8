/** What a comparison of a wave found, told to a person: the sums, and by name what nobody has accepted. */

import type { OpenFinding, VerificationOutcome, VerificationTotals } from '#domain/wave-verification.ts';
import type { Wave } from '#domain/wave.ts';
import type { VerifiedMailbox } from '#operations/verify-wave.ts';
import { faultLines } from './fault-text.ts';
import { bytes, count, counted, shown, table } from './shown.ts';

const mailboxesShown = 50;
const findingsShown = 5;

const meanings: Readonly<Record<VerificationOutcome, string>> = {
  whole: 'all of the source is on the target',
  accepted: 'all but what somebody has accepted',
  differs: 'something is missing or different, see below',
  inconclusive: 'released: removals since then cannot be told from losses, see below',
  unfinished: 'not compared to the end, see below',
  'not-copied': 'not copied yet, nothing to compare',
};

/** Of whom more is told than that they are among so many. */
const told: ReadonlySet<VerificationOutcome> = new Set(['differs', 'inconclusive', 'unfinished']);

/** Of all mailboxes, as they go by, the first that differ or could not be compared. */
export class Differing {
  readonly first: VerifiedMailbox[] = [];
  count = 0;
  /** The least share of the messages of any mailbox whose content was read. */
  share = 1;

  take(found: VerifiedMailbox): void {
    if (found.outcome !== 'not-copied') this.share = Math.min(this.share, found.share);
    if (!told.has(found.outcome)) return;
    this.count++;
    if (this.first.length < mailboxesShown) this.first.push(found);
  }
}

export function verifiedWaveLines(
  wave: Wave,
  totals: VerificationTotals,
  differing: Differing,
  onlyTrouble: boolean,
): readonly string[] {
  return [...(onlyTrouble ? [] : summary(wave, totals, differing.share)), ...troubles(differing)];
}

function summary({ name }: Wave, totals: VerificationTotals, share: number): readonly string[] {
  const outcomes = Object.entries(meanings)
    .map(([outcome, meaning]) => [count(totals.outcomes[outcome] ?? 0), outcome, meaning])
    .filter(([n]) => n !== '0');
  const counts = [
    [totals.equal, 'the same on both sides'],
    [totals.byPeople, 'the same but for flags or subscriptions: what people do, carried with the next pass'],
    [totals.behind, 'came to the source after the last pass'],
    [totals.removedSince, 'were removed or put elsewhere on the target since the switch'],
    [
      totals.sinceRelease,
      'are not on the target since the release: removed, come to the source, or lost, which nobody can tell',
    ],
    [totals.extra, 'on the target only'],
    [totals.accepted, `not there or not the same, and accepted${by(totals.acceptedBy)}`],
    [totals.open, 'not there or not the same, and accepted by nobody'],
  ] as const;
  return [
    `Wave ${shown(name, 40)}`,
    ...table(outcomes, new Set([0])).map((line) => `  ${line}`),
    `${counted(totals.sourceMessages, 'message')} on the sources, ${count(totals.targetMessages)} on the targets; content of ${count(totals.messagesRead)} read, ${bytes(totals.bytesRead)}${share < 1 ? `, ${Math.round(share * 1000) / 10} % of each mailbox` : ''}`,
    ...table(
      counts.filter(([n], i) => n > 0 || i === 0).map(([n, what]) => [count(n), what]),
      new Set([0]),
    ).map((line) => `  ${line}`),
  ];
}

function by(who: readonly string[]): string {
  return who.length === 0 ? '' : ` by ${who.map((each) => shown(each, 60)).join(', ')}`;
}

function troubles({ first, count: all }: Differing): readonly string[] {
  const lines = first.flatMap(({ address, findings, open, sinceRelease, fault }) => [
    '',
    `${shown(address, 60)}${open > 0 ? `: ${counted(open, 'finding')}` : ''}`,
    ...(fault ? faultLines(fault).map((line) => `  ${line}`) : []),
    ...findings.slice(0, findingsShown).map(findingLine),
    ...moreLines(open - Math.min(findings.length, findingsShown)),
    ...sinceReleaseLines(sinceRelease),
  ]);
  return all > first.length ? [...lines, '', `… and ${count(all - first.length)} mailboxes more (-o json)`] : lines;
}

function findingLine({ path, uid, code, detail }: OpenFinding): string {
  return `  ${shown(path, 60)}${uid === 0 ? '' : `  UID ${uid}`}  ${shown(code, 60)}: ${shown(detail, 160)}`;
}

function sinceReleaseLines(messages: number): readonly string[] {
  if (messages === 0) return [];
  const are = messages === 1 ? 'is' : 'are';
  return [`  released: ${counted(messages, 'message')} ${are} not on the target, removed since then or lost`];
}

function moreLines(more: number): readonly string[] {
  return more > 0 ? [`  … and ${count(more)} more (-o json)`] : [];
}
