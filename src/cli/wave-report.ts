/** `godwit report wave`: what became of a wave. Written as it is read, however many mailboxes there are. */

import type { WaveReport } from '#operations/report-wave.ts';
import * as imap from '#protocols/imap/index.ts';
import type { ListedException } from '#domain/wave-report.ts';
import { csvLine } from '#lib/csv-cells.ts';
import { exitCodes } from './exit-code.ts';
import type { ReportFlags } from './flags.ts';
import { openProgrammeFor } from './programme.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { usageError } from './usage.ts';
import { accountCells, accountColumns, exceptionCells, exceptionColumns } from './wave-report-csv.ts';
import { wavePage } from './wave-report-page.ts';
import { exceptionsShown, Mailboxes, waveReportLines } from './wave-report-text.ts';

/** Exit code 3 where a message is listed that nobody has accepted. */
export async function reportWave(this: Session, flags: ReportFlags, name: string): Promise<void> {
  if (flags.exceptions === true && flags.output !== 'csv')
    throw usageError('--exceptions is for -o csv; text and -o json tell of both.');
  await using programme = await openProgrammeFor(this, flags);
  const report = await programme.reports.wave(name);
  if (report.kind === 'unknown') throw unknownWave(name, report.nearest);
  if (this.json) await inJson(this, report);
  else if (flags.output === 'csv') await inCsv(this, report, flags.exceptions === true);
  else if (flags.output === 'html')
    for await (const part of wavePage(report, readable(report.exceptions()))) this.world.stdout.write(part);
  else await inWords(this, report);
  const { totals } = await report.summary();
  if (totals.open > 0) this.exitCode = exitCodes.withExceptions;
}

export function unknownWave(name: string, nearest: string | null): Error {
  return usageError(`There is no wave ${shown(name)}${nearest === null ? '.' : `; did you mean ${shown(nearest)}?`}`);
}

async function inJson(session: Session, report: WaveReport): Promise<void> {
  const document = session.longDocument();
  document.value('wave', report.wave);
  await document.list('mailboxes', report.accounts());
  await document.list('exceptions', readable(report.exceptions()));
  const { totals, interruptions, grade } = await report.summary();
  document.value('totals', totals);
  document.value('interruptions', interruptions);
  document.value('grade', grade);
  document.end();
}

async function inCsv({ world }: Session, report: WaveReport, exceptions: boolean): Promise<void> {
  const write = (lines: readonly string[]): void => void world.stdout.write(lines.join(''));
  write([csvLine(exceptions ? exceptionColumns : accountColumns)]);
  // Both are read: what is open decides how this ends.
  for await (const page of report.accounts())
    if (!exceptions) write(page.map((account) => csvLine(accountCells(account))));
  if (!exceptions) return;
  for await (const page of readable(report.exceptions())) write(page.map((each) => csvLine(exceptionCells(each))));
}

async function inWords(session: Session, report: WaveReport): Promise<void> {
  const mailboxes = new Mailboxes();
  for await (const page of report.accounts()) for (const account of page) mailboxes.take(account);
  const exceptions: ListedException[] = [];
  for await (const page of readable(report.exceptions())) {
    exceptions.push(...page.slice(0, exceptionsShown - exceptions.length));
    if (exceptions.length === exceptionsShown) break;
  }
  const summary = await report.summary();
  session.conclude(null, () => waveReportLines(summary, mailboxes, exceptions));
}

/** Folders as people read them; their platform writes them in modified UTF-7 (RFC 3501 §5.1.3). */
async function* readable(pages: AsyncIterable<readonly ListedException[]>): AsyncGenerator<readonly ListedException[]> {
  for await (const page of pages) yield page.map((each) => ({ ...each, folder: imap.decodeMailboxName(each.folder) }));
}
