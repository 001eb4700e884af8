/** A fault as the command line shows it: what, how far, when again, what to do. The same four things as everywhere. */

import { type FaultCode, faults, type Reach, type Retry } from '#domain/fault.ts';
import type { FaultReport } from '#domain/report.ts';
import { grouped, names } from './names.ts';
import { counted, shown } from './shown.ts';

const howFar: Readonly<Record<Reach, string>> = {
  item: 'one message; the rest goes on',
  folder: 'one folder; the others go on',
  mailbox: 'this mailbox; others go on',
  platform: 'every mailbox on that server',
  estate: 'this whole run',
};

const whenAgain: Readonly<Record<Retry, string>> = {
  soon: 'at once: the same command goes on where it stopped',
  paced: 'after a wait: the same command goes on where it stopped',
  operator: 'when someone has put it right',
  never: 'not as it is',
};

/** What happened, how far it reaches, when to try again, what to do, and the lasting code. */
export function faultLines(fault: FaultReport): readonly string[] {
  return [shown(fault.message, 500), ...adviceLines(fault), `(${shown(fault.code, 60)})`];
}

/** All that is the same for every fault of one code. */
export function adviceLines({ code, remedy }: Pick<FaultReport, 'code' | 'remedy'>): readonly string[] {
  const entry = code in faults ? faults[code as FaultCode] : null;
  const lines = entry ? [`How far:    ${howFar[entry.reach]}.`, `When again: ${whenAgain[entry.retry]}.`] : [];
  return [...lines, `What to do: ${shown(remedy, 500)}`];
}

/** What is advised where a fault has no entry: a newer version may have met it. */
export const unknownRemedy =
  'This version of Godwit does not know this fault; look at the log of the worker that met it.';

/** What to do about a fault, by its code alone, as the catalogue says it. */
export function remedyOf(code: string): string {
  return Object.hasOwn(faults, code) ? faults[code as FaultCode].remedy : unknownRemedy;
}

/** The faults of several mailboxes, together where they have one code: a wrong password in each of a thousand lines is one trouble. */
export function faultsTogether(
  mailboxes: readonly { readonly source: string; readonly fault: FaultReport | null }[],
): readonly string[] {
  const failed = mailboxes.flatMap(({ source, fault }) => (fault ? [{ source, fault }] : []));
  return grouped(failed, ({ fault }) => fault.code).flatMap(([code, group]) => [
    '',
    `${counted(group.length, 'mailbox', 'mailboxes')} not seen through (${shown(code, 60)})`,
    ...names(group, ({ source, fault }) => [source, fault.message]),
    ...adviceLines((group[0] as (typeof group)[number]).fault).map((line) => `  ${line}`),
  ]);
}
