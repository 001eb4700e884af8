/** A fault as the command line shows it: what, how far, when again, what to do. The same four things as everywhere. */

import { type FaultCode, faults, type Reach, type Retry } from '#domain/fault.ts';
import type { FaultReport } from '#domain/report.ts';
import { shown } from './shown.ts';

const howFar: Readonly<Record<Reach, string>> = {
  item: 'one message; the rest goes on',
  folder: 'one folder; the others go on',
  mailbox: 'this mailbox; others go on',
  platform: 'every mailbox on that server',
  estate: 'this whole run',
};

const whenAgain: Readonly<Record<Retry, string>> = {
  soon: 'at once; it was tried a few times, and the same command goes on where it stopped',
  paced: 'after a wait; the same command goes on where it stopped',
  operator: 'when someone has put it right',
  never: 'not as it is',
};

/** Five lines, the first of which begins with `what`. */
export function faultLines(fault: FaultReport): readonly string[] {
  const entry = fault.code in faults ? faults[fault.code as FaultCode] : null;
  const lines = [shown(fault.message, 500)];
  if (entry) lines.push(`How far:    ${howFar[entry.reach]}.`, `When again: ${whenAgain[entry.retry]}.`);
  return [...lines, `What to do: ${shown(fault.remedy, 500)}`, `(${shown(fault.code, 60)})`];
}
