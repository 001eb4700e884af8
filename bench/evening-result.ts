/** What came of an evening: its phases, what they cost and what was found, and how that is told to people. */

import type { Party } from './cpu.ts';
import type { Findings } from './evening-compare.ts';
import type { EveningMeasured } from './evening-rehearsed.ts';

export interface Phase {
  readonly name: string;
  readonly seconds: number;
  readonly perSecond: number;
  /** CPU seconds. */
  readonly cpu: Readonly<Record<Party, number>>;
}

export interface Evening {
  readonly mailboxes: number;
  readonly phases: readonly Phase[];
  readonly switchMinutes: number;
  readonly blocked: number;
  readonly peakRssBytes: number;
  /** For so long nobody could have worked in a mailbox, as `godwit report wave` tells of each: seconds. */
  readonly interrupted: { readonly median: number; readonly p99: number; readonly longest: number };
  readonly isAuditIntact: boolean;
  readonly findings: Findings;
  /** For `bench -- rehearse --evening`. */
  readonly measured: EveningMeasured;
  readonly isWell: boolean;
}

/** An evening's 22,000 are to be switched in half an hour, a weekend's 83,000 in two. */
const switchMinutesMax = (mailboxes: number): number => (mailboxes > 40_000 ? 120 : 30);
const rssMax = 300e6;

/** One line of the table, also said when the phase has ended. */
export function lineOf({ name, seconds, perSecond, cpu }: Phase): string {
  const number = (value: number, width: number): string => value.toFixed(1).padStart(width);
  return `${name.padEnd(18)}${number(seconds, 9)} s${number(perSecond, 9)}/s   CPU: godwit${number(cpu.client, 8)} s, postgresql${number(cpu.database, 8)} s, source${number(cpu.source, 8)} s, target${number(cpu.target, 8)} s`;
}

/** The result, for people. */
export function eveningLines({
  mailboxes,
  phases,
  switchMinutes,
  blocked,
  peakRssBytes,
  interrupted,
  isAuditIntact,
  findings,
  isWell: well,
}: Evening): readonly string[] {
  const most = switchMinutesMax(mailboxes);
  const { median, p99, longest } = interrupted;
  const { messages, bytes, lost, twice, strange, otherwise, folders, examples } = findings;
  const verdict = (good: boolean): string => (good ? 'PASS' : 'short');
  return [
    '',
    ...phases.map(lineOf),
    '',
    `switched ${mailboxes - blocked} of ${mailboxes} mailboxes in ${switchMinutes.toFixed(1)} minutes (at most ${most}): ${verdict(switchMinutes <= most && blocked === 0)}`,
    `godwit serve at its largest: ${megabytes(peakRssBytes)} (at most ${megabytes(rssMax)}): ${verdict(peakRssBytes <= rssMax)}`,
    `interrupted for: median ${median.toFixed(1)} s, 99 % within ${p99.toFixed(1)} s, longest ${longest.toFixed(1)} s; the audit log is ${isAuditIntact ? '' : 'not '}as it was written`,
    `read on both sides: ${messages} messages, ${(bytes / 1e9).toFixed(1)} GB; ${lost} lost, ${twice} twice, ${strange} strange, ${otherwise} with other flags or dates, ${folders} folders that differ`,
    ...examples.map((example) => `  ${example}`),
    well ? 'nothing lost, nothing twice, nobody left behind' : 'WRONG: see above',
  ];
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
