/** The report of one mailbox (`domain/report.ts`), from what this run did and the exceptions that stand. */

import { type Fault, told } from '#domain/fault.ts';
import type { FolderId } from '#domain/item.ts';
import type { Difference, Kept, MailboxReport, Refused } from '#domain/report.ts';
import type { Exception, MailboxPair } from '#ports/ledger.ts';
import type { ExceptionBook, Tally } from './engine.ts';
import { differencesIn } from './exceptions.ts';

/** Puts the report together; exceptions stand in the order of folder and UID. */
export function mailboxReport(
  pair: MailboxPair,
  tally: Tally,
  exceptions: ExceptionBook,
  milliseconds: number,
  dryRun: boolean,
  fault: Fault | null,
): MailboxReport {
  const nameOf = (folder: FolderId): string => tally.pathOf.get(folder) ?? folder;
  const all = [...exceptions.all()].sort((a, b) => compareText(nameOf(a.folder), nameOf(b.folder)) || a.uid - b.uid);
  const refused: Refused[] = [];
  const differences: Difference[] = [];
  const kept: Kept[] = [];
  for (const exception of all) {
    const folder = nameOf(exception.folder);
    switch (exception.kind) {
      case 'refused':
        refused.push(refusedIn(folder, exception));
        break;
      case 'different':
        for (const difference of differencesIn(exception))
          differences.push({ folder, uid: exception.uid, ...difference });
        break;
      case 'removed':
        differences.push({ folder, uid: exception.uid, class: exception.code, detail: exception.detail });
        break;
      case 'kept':
        kept.push({ folder, uid: exception.uid, reason: exception.detail });
        break;
      default:
        exception.kind satisfies never;
    }
  }
  let alreadyThere = 0;
  for (const messages of tally.alreadyThere.values()) alreadyThere += messages;
  return {
    source: pair.source,
    target: pair.target,
    copied: tally.copied,
    alreadyThere,
    flagsChanged: tally.flagsChanged,
    removed: tally.removed,
    bytes: tally.bytes,
    milliseconds: Math.round(milliseconds),
    refused,
    differences,
    folders: [...tally.folderNotes.values()],
    kept,
    fault: fault ? told(fault) : null,
    dryRun,
  };
}

function refusedIn(folder: string, exception: Exception): Refused {
  return {
    folder,
    uid: exception.uid,
    uidValidity: exception.sourceUidValidity,
    sizeBytes: exception.sizeBytes,
    messageId: exception.messageId || null,
    code: exception.code,
    reason: exception.detail,
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
