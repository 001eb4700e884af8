/** Holds a report against what an independent comparison of both sides finds: promise 7, "the report is the truth". */

import type { MailboxReport } from '../src/domain/report.ts';
import type { Comparison } from './compare.ts';

/**
 * What the report says that is not so, or leaves out; empty when it is the truth. For a run onto a target that held
 * nothing before (`emptyBefore`), what is there besides must be explained too.
 */
export function untruths(report: MailboxReport, comparison: Comparison, emptyBefore = true): readonly string[] {
  const found: string[] = [];
  const key = (folder: string, uid: number): string => `${folder} UID ${uid}`;
  const refused = new Set(report.refused.map((each) => key(each.folder, each.uid)));
  const different = new Set(report.differences.map((each) => key(each.folder, each.uid)));
  const bytesDiffer = new Set<string>();
  for (const folder of comparison.missing) {
    for (const message of folder.messages) {
      const name = key(folder.path.join('/'), message.uid);
      bytesDiffer.add(name);
      if (!refused.has(name)) found.push(`${name} is in a folder that is not there, and is not listed as refused`);
    }
  }
  const restDiffers = new Set<string>();
  let onlyTarget = 0;
  for (const pair of comparison.pairs) {
    const folder = pair.source.path.join('/');
    onlyTarget += pair.onlyTarget.length;
    for (const message of pair.onlySource) {
      const name = key(folder, message.uid);
      bytesDiffer.add(name);
      if (!refused.has(name) && !different.has(name))
        found.push(`${name} is not on the target as it is on the source, and is not listed`);
    }
    for (const each of pair.otherwise) {
      const name = key(folder, each.source.uid);
      restDiffers.add(name);
      if (!different.has(name)) found.push(`${name} has another date or other flags on the target, and is not listed`);
    }
  }
  for (const name of refused)
    if (!bytesDiffer.has(name)) found.push(`${name} is listed as refused, and its bytes are on the target`);
  for (const name of different) {
    if (!bytesDiffer.has(name) && !restDiffers.has(name)) found.push(`${name} is listed as different, and is the same`);
  }
  const arrivedOtherwise = [...different].filter((name) => bytesDiffer.has(name) && !refused.has(name)).length;
  if (emptyBefore && onlyTarget !== arrivedOtherwise) {
    found.push(
      `${onlyTarget} messages are on the target alone, ${arrivedOtherwise} are listed as arrived with other bytes`,
    );
  }
  const there = report.copied + report.alreadyThere;
  if (there !== comparison.sourceMessages - report.refused.length) {
    found.push(
      `${there} are said to be there; of ${comparison.sourceMessages} on the source ${report.refused.length} were refused`,
    );
  }
  const named = new Set(report.folders.map((each) => each.source));
  for (const folder of comparison.missingFolders)
    if (!named.has(folder)) found.push(`folder ${folder} is missing and not listed`);
  return found;
}
