/** `godwit audit`: who did what; whether that log is as it was written; and its head, for whoever keeps it elsewhere. */

import { createReadStream } from 'node:fs';
import { text as textOf } from 'node:stream/consumers';
import { readHeads, headLine } from '#domain/audit-heads.ts';
import type { AuditLine } from '#domain/audit-line.ts';
import { exitCodes } from './exit-code.ts';
import type { AuditHeadFlags, AuditListFlags, StatusFlags } from './flags.ts';
import { list as listed } from './get.ts';
import type { Column } from './get-columns.ts';
import { openProgrammeFor } from './programme.ts';
import type { Session } from './session.ts';
import { counted, shown } from './shown.ts';
import { sinceIn } from './tail-desk.ts';
import { usageError } from './usage.ts';

/** Exit code 3 where it is not. */
export async function verify(this: Session, flags: StatusFlags): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const { finding, kept } = await programme.audit.verify();
  if (!finding.intact) this.exitCode = exitCodes.withExceptions;
  this.conclude({ ...finding, kept }, () => {
    if (!finding.intact)
      return [
        `The audit log is not as it was written: ${shown(finding.what, 400)}.`,
        ...(finding.record === null ? [] : [`The first record that this concerns is ${finding.record}.`]),
      ];
    const open = finding.unsealed === 0 ? '' : `, and ${counted(finding.unsealed, 'record')} not yet in the chain`;
    return [
      `The audit log is as it was written: ${counted(finding.records, 'record')}${open}.`,
      kept === null
        ? 'No head of it is kept in this state folder: whether its end was cut off cannot be told here.'
        : `Its head is the one that was kept, or follows on it: link ${kept.seq}, ${kept.hash}.`,
    ];
  });
}

/** The latest records first; on a screen fifty of them. */
export async function list(this: Session, flags: AuditListFlags): Promise<void> {
  if (flags.after !== undefined && !/^[1-9]\d{0,15}$/.test(flags.after))
    throw usageError('--after wants the number of a record, as the list ends with it.');
  const which = {
    sinceMs: sinceIn(this, flags.since),
    who: flags.who ?? null,
    what: flags.what ?? null,
    mailbox: flags.mailbox ?? null,
  };
  await using programme = await openProgrammeFor(this, flags);
  await listed<AuditLine>(this, flags, {
    key: 'records',
    columns,
    name: ({ id }) => String(id),
    page: (after, max) => programme.audit.list({ ...which, before: after === null ? null : Number(after), max }),
    total: async () => null,
    none: flags.after === undefined ? 'There is no such record.' : 'No more.',
  });
}

const columns: readonly Column<AuditLine>[] = [
  { key: 'record', cell: ({ id }) => id, title: 'record', shows: ({ id }) => String(id), isNumber: true },
  { key: 'at', cell: ({ at }) => at, title: 'at', shows: ({ at }) => `${at.slice(0, 19).replace('T', ' ')}Z` },
  { key: 'who', cell: ({ who }) => who, title: 'who', shows: ({ who }) => shown(who, 40) },
  { key: 'what', cell: ({ what }) => what, title: 'what', shows: ({ what }) => shown(what, 30) },
  {
    key: 'mailbox',
    cell: ({ mailbox }) => mailbox,
    title: 'mailbox',
    shows: ({ mailbox }) => shown(mailbox ?? '', 60),
  },
  { key: 'wave', cell: ({ wave }) => wave, title: 'wave', shows: ({ wave }) => shown(wave ?? '', 30) },
  { key: 'from', cell: ({ from }) => from, title: '' },
  { key: 'to', cell: ({ to }) => to, title: 'to', shows: ({ to }) => to ?? '' },
  { key: 'why', cell: ({ why }) => why, title: 'why', shows: ({ why }) => shown(why ?? '', 80) },
  { key: 'about', cell: ({ about }) => about && JSON.stringify(about), title: '' },
];

/** More than a head each hour for ten years. */
const headsOctetsMax = 64_000_000;

/**
 * The head, to be kept elsewhere; or, with `--against`, whether the log holds all those that were kept. Exit code 3 where it
 * does not.
 */
export async function head(this: Session, { against, ...flags }: AuditHeadFlags): Promise<void> {
  const file = against === undefined ? null : await headsIn(against);
  await using programme = await openProgrammeFor(this, flags);
  const now = await programme.audit.head();
  if (file === null) {
    const line = now && headLine(now, new Date(this.world.now()));
    this.conclude({ head: now }, () => [line ?? 'Nothing has been recorded yet, so there is no head.']);
    return;
  }
  const lost = await programme.audit.firstLost(file);
  if (lost !== null) {
    const line = file[lost.at]?.line ?? 0;
    this.exitCode = exitCodes.withExceptions;
    this.conclude({ head: now, agrees: false, line, what: lost.what }, () => [
      `The audit log is not the one whose head was kept (line ${line} of ${shown(against ?? '', 200)}): ${shown(lost.what, 400)}.`,
    ]);
    return;
  }
  this.conclude({ head: now, agrees: true, heads: file.length }, () => [
    `The audit log holds ${file.length === 1 ? 'the head that was kept' : `all ${counted(file.length, 'head')} that were kept`}. Whether it is whole: godwit audit verify`,
  ]);
}

async function headsIn(path: string) {
  const text = await textOf(createReadStream(path, { end: headsOctetsMax })).catch((error: NodeJS.ErrnoException) => {
    throw usageError(`${shown(path, 200)} cannot be read: ${error.code ?? 'it is no file'}.`);
  });
  if (text.length > headsOctetsMax) throw usageError(`${shown(path, 200)} is longer than any list of heads.`);
  const read = readHeads(text);
  if ('flawAt' in read) throw usageError(`${shown(path, 200)}, line ${read.flawAt}, is no head of an audit log.`);
  if (read.heads.length === 0) throw usageError(`There is no head in ${shown(path, 200)}.`);
  return read.heads;
}
