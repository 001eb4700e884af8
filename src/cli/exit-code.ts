/** The exit codes of every command, in one place; docs/report.md tells them to people. */

import { Fault } from '#domain/fault.ts';
import type { MailboxReport } from '#domain/report.ts';
import type { VerifyReport } from '#domain/verify-report.ts';
import { UsageError } from './usage.ts';

export const exitCodes = {
  allThere: 0,
  faultOfOurs: 1,
  wrongUsage: 2,
  /** Done, but something is listed as refused or different. */
  withExceptions: 3,
  /** Could not reach a server or sign in. */
  unreachable: 4,
  /** Interrupted or gave up; safe to run again. */
  interrupted: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** From the gravest to the best: what a run over several mailboxes ends with. */
const gravity: readonly ExitCode[] = [1, 2, 4, 5, 3, 0];

/** The gravest of several codes; 0 of none. */
export function gravest(codes: Iterable<ExitCode>): ExitCode {
  let worst: ExitCode = exitCodes.allThere;
  for (const code of codes) if (gravity.indexOf(code) < gravity.indexOf(worst)) worst = code;
  return worst;
}

/** The code for a fault of the catalogue, by its lasting name. */
export function exitCodeOfFault(code: string): ExitCode {
  if (code === 'internal') return exitCodes.faultOfOurs;
  // The file of --source-oauth or --target-oauth is part of what was asked, and so are GODWIT_KEY and --listen.
  if (
    code === 'oauth.settings.wrong' ||
    /^(secret\.key|evidence\.key|digests|listen|settings|notice\.(settings|template))\.|^database\.url\.missing$/.test(
      code,
    )
  )
    return exitCodes.wrongUsage;
  // And so are the estate and the calendar of a plan, and a log that is named.
  if (
    /^(plan\.(nobody|no-window|unknown-address|wishes-wrong|file\.wrong|file\.unreadable)|estate\.files\.wrong|tail\.file\.unreadable)$/.test(
      code,
    )
  )
    return exitCodes.wrongUsage;
  if (/^api\.(server|bearer)\./.test(code)) return exitCodes.unreachable;
  // Nothing of it was done: it is not theirs, or could not be asked in this way.
  if (/^api\.(act|request|not-there|refused|route|approval|key|body)\b/.test(code)) return exitCodes.wrongUsage;
  if (/^imap\.(host|connect|tls|starttls|preauth|sign-in)\.|^notice\.server\.|^(oauth|secret)\./.test(code))
    return exitCodes.unreachable;
  return exitCodes.interrupted;
}

/** The code for one mailbox of a copy. A folder that could not be made counts; one renamed or left out on purpose does not. */
export function exitCodeOfReport(report: MailboxReport): ExitCode {
  if (report.fault) return exitCodeOfFault(report.fault.code);
  const missing = report.folders.filter((note) => note.target === null && note.leftOut !== true);
  const listed = report.refused.length + report.differences.length + missing.length;
  return listed > 0 ? exitCodes.withExceptions : exitCodes.allThere;
}

/** The code for one comparison. More on the target than on the source is no flaw of a move. */
export function exitCodeOfVerdict(report: VerifyReport): ExitCode {
  if (report.fault) return exitCodeOfFault(report.fault.code);
  return report.verdict === 'differs' ? exitCodes.withExceptions : exitCodes.allThere;
}

/** The code for whatever a command threw. */
export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCodes.wrongUsage;
  return error instanceof Fault ? exitCodeOfFault(error.code) : exitCodes.faultOfOurs;
}
