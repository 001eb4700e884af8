/** What came of it, each figure with what was asked beside it. */

import type { Burst } from './burst.ts';
import type { FiledBehind } from './behind.ts';
import type { Doubt } from './doubt.ts';
import { type Interruption, kinds } from './interruption.ts';
import { type Findings, quantile } from './verdict.ts';

/** One way: there, or back. */
export interface Part {
  readonly name: 'there' | 'back';
  readonly mailboxes: number;
  /** From the word that all may move until the last has. */
  readonly minutes: number;
  readonly injected: number;
  readonly perSecond: number;
  readonly deeds: number;
  readonly cuts: number;
  readonly bounced: number;
  readonly findings: Findings;
  readonly interruptions: readonly Interruption[];
  readonly burst: BurstFound;
  readonly behind: BehindFound | null;
}

export interface BurstFound extends Pick<Burst, 'address'> {
  readonly sent: number;
  readonly acknowledged: number;
  /** On the side that was left, as it shows itself or has acknowledged. */
  readonly stored: number;
  /** Of those, how many are where people are now, and of them more than once. */
  readonly found: number;
  readonly twice: number;
}

export interface BehindFound extends FiledBehind {
  /** Where it is in the end. */
  readonly on: readonly ('source' | 'target')[];
}

export interface SwitchResult {
  readonly there: Part;
  readonly doubt: Doubt;
  readonly back: Part;
  readonly isWell: boolean;
}

interface Row {
  readonly what: string;
  readonly measured: string;
  readonly asked: string;
  readonly isWell: boolean;
}

const minutesMost = 10;
const halfMost = 2;
const p99Most = 5;
const behindMost = 60;

export function isWell(result: Omit<SwitchResult, 'isWell'>): boolean {
  return rowsOf(result).every((row) => row.isWell);
}

/** The result for people. */
export function switchLines(result: SwitchResult): readonly string[] {
  const lines = rowsOf(result).map(
    ({ what, measured, asked, isWell: is }) =>
      `  ${is ? 'PASS' : 'FAIL'}  ${what.padEnd(46)} ${measured.padEnd(62)} asked: ${asked}`,
  );
  return [...lines, ...[result.there, result.back].map(whatWasLongest), result.isWell ? 'all is well' : 'NOT WELL'];
}

function rowsOf({ there, doubt, back }: Omit<SwitchResult, 'isWell'>): readonly Row[] {
  return [...partRows(there), ...doubtRows(doubt), ...partRows(back)];
}

function partRows(part: Part): readonly Row[] {
  const { name, findings, burst, behind } = part;
  const seconds = part.interruptions.map((each) => each.seconds);
  const time = (what: string, share: number, most: number | null): Row => {
    const is = quantile(seconds, share);
    return {
      what: `${name}: interruption, ${what}`,
      measured: `${is.toFixed(2)} s`,
      asked: most === null ? '(told)' : `<= ${most} s`,
      isWell: most === null || is <= most,
    };
  };
  return [
    {
      what: `${name}: all have changed sides`,
      measured: `${part.mailboxes} mailboxes in ${part.minutes.toFixed(1)} min`,
      asked: `within ${minutesMost} min`,
      isWell: part.minutes <= minutesMost,
    },
    {
      what: `${name}: mail meanwhile`,
      measured: `${part.injected} messages, ${part.deeds} acts of programs, ${part.cuts} sessions cut`,
      asked: `${part.perSecond} messages a second`,
      isWell: part.injected > 0 && part.deeds > 0,
    },
    none(`${name}: lost`, findings.lost),
    none(`${name}: more than once`, findings.twice),
    none(`${name}: in another's mailbox`, findings.astray),
    none(`${name}: bounced`, part.bounced),
    none(`${name}: acknowledged and not so`, findings.undone),
    none(`${name}: left behind`, findings.leftBehind),
    time('p50', 0.5, halfMost),
    time('p99', 0.99, p99Most),
    time('longest', 1, null),
    {
      what: `${name}: APPENDs in one go, cut in the middle`,
      measured: `${burst.sent} sent, ${burst.acknowledged} acknowledged, ${burst.stored} stored by the old, ${burst.found} found, ${burst.twice} twice`,
      asked: 'cut; all that is stored found once',
      isWell: burst.stored > 0 && burst.stored < burst.sent && burst.found === burst.stored && burst.twice === 0,
    },
    behindRow(name, behind),
  ];
}

function behindRow(name: Part['name'], behind: BehindFound | null): Row {
  const what = `${name}: filed past the doors`;
  if (behind === null)
    return { what, measured: 'nothing: its mailbox was not switched', asked: 'a message', isWell: false };
  const after = `${Math.round(behind.afterMs / 1000)} s after the switch`;
  const { seconds } = behind;
  return {
    what,
    measured: seconds === null ? `${after}, and never came over` : `${after}, over in ${seconds.toFixed(1)} s`,
    asked: `<= ${behindMost} s`,
    isWell: seconds !== null && seconds <= behindMost,
  };
}

function doubtRows({ injected, findings, bounced, hopsMost, lies, isTurned }: Doubt): readonly Row[] {
  const name = 'two doors that disagree';
  return [
    {
      what: `${name}: mail meanwhile`,
      measured: `${injected} messages; ${lies} answers that were not so; ${isTurned ? 'switched' : 'not switched'}`,
      asked: 'some of each, and the switch',
      isWell: injected > 0 && lies > 0 && isTurned,
    },
    none(`${name}: lost`, findings.lost + findings.leftBehind),
    none(`${name}: more than once, or elsewhere`, findings.twice + findings.astray),
    none(`${name}: bounced`, bounced),
    {
      what: `${name}: most servers that one went through`,
      measured: String(hopsMost),
      asked: `<= ${hopsAllowed}: no loop`,
      isWell: hopsMost <= hopsAllowed,
    },
  ];
}

/** The MX, a Postfix of either side, the door for deliveries and a Dovecot; with one more Postfix where one was told wrongly. */
const hopsAllowed = 6;

function none(what: string, count: number): Row {
  return { what, measured: String(count), asked: 'none', isWell: count === 0 };
}

/** By which of them the interruptions were what they were. */
function whatWasLongest({ name, interruptions }: Part): string {
  const each = kinds.map((kind) => {
    const seconds = interruptions.flatMap(({ by }) => by[kind] ?? []);
    const three = [0.5, 0.99, 1].map((share) => quantile(seconds, share).toFixed(2)).join(' / ');
    return `${kind} ${three} s of ${seconds.length}`;
  });
  return `  ${name}, median / 99 % / longest: ${each.join('; ')}`;
}
