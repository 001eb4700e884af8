/** What a comparison found, told to a person: a table, then by name what is not the same. */

import type { Verdict, VerifyReport } from '#domain/verify-report.ts';
import { faultLines, faultsTogether } from './fault-text.ts';
import { grouped, names } from './names.ts';
import { bytes, count, counted, duration, shown, table } from './shown.ts';

const verdicts: Readonly<Record<Verdict, string>> = {
  equal: 'the same',
  'more-on-target': 'the same, and more on the target',
  differs: 'differs, see below',
  unfinished: 'not finished',
};

/** Notes that are told when somebody looks, and are nothing to worry about. */
const harmless: ReadonlySet<string> = new Set(['no-special-use', 'left-out', 'elsewhere', 'only-on-target']);

export function verifyLines(reports: readonly VerifyReport[], onlyTrouble: boolean): readonly string[] {
  const lines: string[] = onlyTrouble ? [] : [...summary(reports)];
  const several = reports.length > 1;
  for (const report of reports) {
    const fault = report.fault && !several ? faultLines(report.fault) : [];
    const details = [...fault, ...detailLines(report, onlyTrouble)];
    if (details.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(`${shown(report.source)} and ${shown(report.target)}`, ...details.map((line) => `  ${line}`));
  }
  return several ? [...lines, ...faultsTogether(reports)] : lines;
}

function summary(reports: readonly VerifyReport[]): readonly string[] {
  const header = ['mailbox', 'source', 'target', 'the same', 'missing', 'different', 'more', 'read', 'time', 'verdict'];
  const rows = reports.map((report) => [
    shown(report.source),
    ...[report.sourceMessages, report.targetMessages, report.equal].map(count),
    ...[report.missing.length, report.different.length + report.unreadable.length, report.extra.length].map(count),
    bytes(report.bytesRead),
    duration(report.milliseconds),
    verdicts[report.verdict],
  ]);
  const partly = reports.find(({ share, fault }) => share < 1 && !fault);
  const note =
    partly === undefined
      ? []
      : [
          `Content was read of ${Math.round(partly.share * 1000) / 10} % of the messages; of the others size, date and flags.`,
        ];
  return [...table([header, ...rows], new Set([1, 2, 3, 4, 5, 6, 7, 8])), ...note];
}

function detailLines(report: VerifyReport, onlyTrouble: boolean): readonly string[] {
  const lines: string[] = [];
  const named = (item: { readonly folder: string; readonly uid: number; readonly messageId: string | null }) => [
    item.folder,
    `UID ${item.uid}`,
    item.messageId ?? 'no Message-ID',
  ];
  if (report.missing.length > 0) {
    lines.push(
      `${counted(report.missing.length, 'message')} of the source ${report.missing.length === 1 ? 'is' : 'are'} missing on the target`,
      ...names(report.missing, (item) => [...named(item), item.internalDate ?? '']),
    );
  }
  const byClass = (item: VerifyReport['different'][number]) => item.differences.map((each) => each.class).join(', ');
  for (const [what, different] of grouped(report.different, byClass)) {
    lines.push(
      `${counted(different.length, 'message')} on both sides, not served alike: ${shown(what)}`,
      ...names(different, (item) => [...named(item), item.differences.map(({ detail }) => detail).join('; ')]),
    );
  }
  for (const [why, unreadable] of grouped(report.unreadable, ({ side, reason }) => `the ${side}: ${reason}`)) {
    lines.push(
      `${counted(unreadable.length, 'message')} listed and not given out by ${shown(why, 300)}`,
      ...names(unreadable, (item) => [item.folder, `UID ${item.uid}`]),
    );
  }
  for (const [why, notes] of grouped(report.folderNotes, ({ kind, reason }) => `${kind}: ${reason}`)) {
    if (onlyTrouble && notes.every(({ kind }) => harmless.has(kind))) continue;
    lines.push(
      `${counted(notes.length, 'folder')} ${shown(why, 300)}`,
      ...names(notes, ({ source, target }) => [
        source === null
          ? `${target} (target)`
          : target === null || target === source
            ? source
            : `${source} → ${target}`,
      ]),
    );
  }
  if (!onlyTrouble && report.extra.length > 0) {
    lines.push(
      `${counted(report.extra.length, 'message')} on the target only (people's own, or mail that came since)`,
      ...names(report.extra, named),
    );
  }
  return lines;
}
