/**
 * The end of a copy told to a person: a table, then by name what did not arrive and why, what is served otherwise, what
 * became of folders, and what ended a mailbox early. Long lists are cut; `-o json` has them whole.
 */

import type { MailboxReport } from '#domain/report.ts';
import { faultLines, faultsTogether } from './fault-text.ts';
import { grouped, names } from './names.ts';
import { bytes, count, counted, duration, shown, table } from './shown.ts';

/** All lines of the closing report. `onlyTrouble` leaves out the table and what is merely worth knowing (`-q`). */
export function reportLines(reports: readonly MailboxReport[], onlyTrouble: boolean): readonly string[] {
  const lines = onlyTrouble ? [] : [...summary(reports)];
  const several = reports.length > 1;
  for (const report of reports) {
    const fault = report.fault && !several ? faultLines(report.fault) : [];
    const details = [...fault, ...detailLines(report, onlyTrouble)];
    if (details.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(`${shown(report.source)} → ${shown(report.target)}`, ...details.map((line) => `  ${line}`));
  }
  return several ? [...lines, ...faultsTogether(reports)] : lines;
}

/** A table of one line per mailbox, and their sum. */
function summary(reports: readonly MailboxReport[]): readonly string[] {
  const dry = reports.some((report) => report.dryRun);
  const rows = [
    [
      'mailbox',
      dry ? 'would copy' : 'copied',
      'already there',
      'flags changed',
      'removed',
      'bytes',
      'time',
      'refused',
      'different',
      'result',
    ],
  ];
  for (const report of reports) rows.push(summaryRow(shown(report.source), report, resultOf(report)));
  if (reports.length > 1) {
    const sum = (of: (report: MailboxReport) => number) => reports.reduce((total, report) => total + of(report), 0);
    const failed = reports.filter((report) => report.fault).length;
    rows.push([
      counted(reports.length, 'mailbox', 'mailboxes'),
      ...[sum((r) => r.copied), sum((r) => r.alreadyThere), sum((r) => r.flagsChanged), sum((r) => r.removed)].map(
        count,
      ),
      bytes(sum((r) => r.bytes)),
      '',
      count(sum((r) => r.refused.length)),
      count(sum((r) => r.differences.length)),
      failed === 0 ? 'all seen through' : `${count(failed)} not seen through`,
    ]);
  }
  const lines = table(rows, new Set([1, 2, 3, 4, 5, 6, 7, 8]));
  return dry ? [...lines, 'This was a dry run: nothing was written.'] : lines;
}

function summaryRow(name: string, report: MailboxReport, result: string): string[] {
  const numbers = [report.copied, report.alreadyThere, report.flagsChanged, report.removed].map(count);
  return [
    name,
    ...numbers,
    bytes(report.bytes),
    duration(report.milliseconds),
    count(report.refused.length),
    count(report.differences.length),
    result,
  ];
}

function resultOf(report: MailboxReport): string {
  if (report.fault) return report.fault.code === 'interrupted' ? 'stopped' : 'gave up';
  return report.refused.length + report.differences.length > 0 ? 'done, see below' : 'all there';
}

function detailLines(report: MailboxReport, onlyTrouble: boolean): readonly string[] {
  const lines: string[] = [];
  for (const [why, refused] of grouped(report.refused, (item) => `${item.reason} (${item.code})`)) {
    lines.push(
      `${counted(refused.length, 'message')} did not arrive: ${shown(why, 400)}`,
      ...names(refused, (item) => [
        item.folder,
        `UID ${item.uid}`,
        item.sizeBytes === null ? '' : bytes(item.sizeBytes),
        item.messageId ?? 'no Message-ID',
      ]),
    );
  }
  for (const [what, different] of grouped(report.differences, (item) => item.class)) {
    lines.push(
      `${counted(different.length, 'message')} arrived and ${different.length === 1 ? 'is' : 'are'} served otherwise: ${shown(what)}`,
      ...names(different, (item) => [item.folder, `UID ${item.uid}`, item.detail]),
    );
  }
  for (const [why, notes] of grouped(report.folders, (note) => note.reason)) {
    if (onlyTrouble && notes.every((note) => note.target !== null)) continue;
    lines.push(
      `${counted(notes.length, 'folder')}: ${shown(why, 400)}`,
      ...names(notes, (note) => [
        note.target === null
          ? `${note.source} (not on the target)`
          : note.target === note.source
            ? note.source
            : `${note.source} → ${note.target}`,
      ]),
    );
  }
  if (onlyTrouble) return lines;
  for (const [why, kept] of grouped(report.kept, (item) => item.reason)) {
    lines.push(
      `${counted(kept.length, 'message')} left the source and ${kept.length === 1 ? 'is' : 'are'} still on the target: ${shown(why, 400)}`,
      ...names(kept, (item) => [item.folder, `UID ${item.uid}`]),
    );
  }
  return lines;
}
