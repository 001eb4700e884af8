/** Following more mailboxes than may be open at once: pass after pass over all of them, with a rest in between. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type FaultCode, fault, faults, told } from '#domain/fault.ts';
import type { MailboxReport } from '#domain/report.ts';
import { everyOne } from '#lib/at-once.ts';

/**
 * Calls `pass` for each of `count` mailboxes, at most `atOnce` at a time, again and again until `signal`, at most once in
 * `everySeconds`. `reports` holds each mailbox's sum of all passes. One that needs a person is not tried again: a wrong
 * password tried every minute locks an account.
 */
export async function inRounds(
  count: number,
  atOnce: number,
  everySeconds: number,
  signal: AbortSignal,
  reports: (MailboxReport | null)[],
  pass: (index: number) => Promise<MailboxReport>,
): Promise<void> {
  const all = Array.from({ length: count }, (_, i) => i);
  while (!signal.aborted) {
    const begun = Date.now();
    const due = all.filter((i) => isDue(reports[i] ?? null));
    if (due.length === 0) return;
    await everyOne(due, atOnce, signal, async (i) => {
      reports[i] = together(reports[i] ?? null, await pass(i));
    });
    const restMs = Math.max(0, everySeconds * 1000 - (Date.now() - begun));
    if (!signal.aborted) await sleep(restMs, undefined, { signal }).catch(() => undefined); // an abort ends the rest
  }
  const end = told(fault('interrupted', { by: 'a signal' }));
  for (const [i, report] of reports.entries()) if (report?.fault === null) reports[i] = { ...report, fault: end };
}

function isDue(report: MailboxReport | null): boolean {
  const code = report?.fault?.code;
  if (code === undefined || !(code in faults)) return code === undefined;
  const { retry } = faults[code as FaultCode];
  return retry === 'soon' || retry === 'paced';
}

/** What all passes together did; what is listed is what stands after the last. */
function together(before: MailboxReport | null, last: MailboxReport): MailboxReport {
  if (!before) return last;
  return {
    ...last,
    copied: before.copied + last.copied,
    alreadyThere: before.alreadyThere,
    flagsChanged: before.flagsChanged + last.flagsChanged,
    removed: before.removed + last.removed,
    bytes: before.bytes + last.bytes,
    milliseconds: before.milliseconds + last.milliseconds,
  };
}
