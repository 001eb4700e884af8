/** What became of the switch in bad weather, and how it is told. */

import type { SideName } from '#domain/platform.ts';
import type { Findings } from './verdict.ts';
import type { WrongSide } from './weather-verdict.ts';

export interface Crossing {
  readonly strike: string;
  readonly to: SideName;
  /** From the order until all were on the other side, and everything that had been struck was there again. */
  readonly seconds: number;
  readonly mail: number;
  readonly signIns: number;
  readonly acts: number;
  readonly wrong: Omit<WrongSide, 'examples'>;
  readonly findings: Omit<Findings, 'examples'>;
  readonly bounced: number;
  /** Of a door that was cut off, how often it let in meanwhile who was not about to move; null where none was. */
  readonly othersLetIn: number | null;
  /** The longest time, in seconds, for which somebody did not get in by one of the proxies. */
  readonly longestGap: number;
  /** Whatever is wrong, in words. */
  readonly wrongs: readonly string[];
}

export interface WeatherResult {
  readonly crossings: readonly Crossing[];
  /** Of a last look at all mailboxes, which are home again. */
  readonly atLast: Findings;
  readonly isWell: boolean;
}

/** Whether everything is in its place, once. */
export function isClean({ lost, twice, astray, undone }: Findings): boolean {
  return lost + twice + astray + undone === 0;
}

/** What became of it, for people: a table with a row for each crossing. */
export function weatherLines({ crossings, atLast, isWell }: WeatherResult): readonly string[] {
  const head = ['', 'to the', 's', 'mail', 'sign-ins', 'acts', 'wrong side', 'lost', 'twice', 'astray', 'undone'];
  const rows = [[...head, 'bounced', 'no way in, s', 'others'], ...crossings.map(cells)];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return [
    ...rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')),
    `a last look at all: ${findingsOf(atLast).join('/')} lost/twice/astray/undone`,
    isWell ? 'all is well' : 'NOT WELL',
  ];
}

function cells(crossing: Crossing): readonly string[] {
  const { strike, to, seconds, mail, signIns, acts, wrong, findings, bounced, longestGap, othersLetIn } = crossing;
  return [
    strike,
    to,
    seconds.toFixed(0),
    ...[mail, signIns, acts].map(String),
    // Sign-ins, acts and deliveries.
    `${wrong.signIns}/${wrong.acts}/${wrong.arrivals}`,
    ...findingsOf(findings),
    String(bounced),
    longestGap.toFixed(1),
    String(othersLetIn ?? ''),
  ];
}

function findingsOf({ lost, twice, astray, undone }: Omit<Findings, 'examples'>): readonly string[] {
  return [lost, twice, astray, undone].map(String);
}
