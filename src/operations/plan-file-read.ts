/**
 * Reads `plan.csv` back, as it was written or as somebody changed it, and holds it against a roster. What cannot be meant is told,
 * all of it, by line; who is only in one of the two is no mistake of the file, and what it means knows whoever asked.
 */

import { open } from 'node:fs/promises';
import type { PlanWindow } from '#domain/calendar.ts';
import type { RowProblem } from '#domain/estate-columns.ts';
import { fault } from '#domain/fault.ts';
import { csvLines } from '#lib/csv-lines.ts';
import type { EarlierPlan } from '#planning/difference.ts';
import { windowFinder } from '#planning/find-window.ts';
import type { Roster } from '#planning/roster.ts';
import { startDayNumber } from './plan-file.ts';
import { PlanRows, type ReadPlan } from './plan-file-rows.ts';
import { whyUnreadable } from './given-file.ts';

const chunkOctets = 1 << 20;

/** `hears`: is shown all octets of it, in order. Throws `plan.file.unreadable`, `plan.file.wrong` with all that is wrong, and what `signal` was aborted with. */
export async function readPlan(
  path: string,
  roster: Pick<Roster, 'size' | 'address' | 'find'>,
  signal: AbortSignal,
  hears: (chunk: Buffer) => void = () => undefined,
): Promise<ReadPlan> {
  const rows = new PlanRows(roster);
  try {
    for await (const piece of csvLines(chunksOf(path, hears, signal))) {
      rows.take(piece);
      if (rows.isHopeless) break;
    }
    rows.end();
  } catch (error) {
    const why = whyUnreadable(error);
    if (why === null) throw error;
    throw fault('plan.file.unreadable', { file: path, text: why }, { cause: error });
  }
  const { problems } = rows;
  const findings = rows.findings.toSorted((a, b) => a.line - b.line || (a.column ?? 0) - (b.column ?? 0));
  if (problems > 0) throw fault('plan.file.wrong', { file: path, problems, findings });
  return rows.read();
}

/** What was planned then, for a comparison with what is planned now. */
export function earlierPlan({ entry, entries, unknown }: ReadPlan): EarlierPlan {
  const starts = [...new Set(entries.map(({ start }) => start))];
  const startOf = Int32Array.from(entries, ({ start }) => starts.indexOf(start));
  return {
    start: entry.map((number) => (number < 0 ? number : (startOf[number] as number))),
    starts: starts.map((start) => ({ start, dayNumber: startDayNumber(start) })),
    leavers: { mailboxes: unknown.mailboxes, first: unknown.first.map(({ address }) => address) },
  };
}

/** The window of each mailbox in an earlier plan, though the hours of the calendar have been shifted since; -1 for none. */
export function windowsBefore({ entry, entries }: ReadPlan, windows: readonly PlanWindow[]): Int32Array {
  const find = windowFinder(windows);
  const windowOf = Int32Array.from(entries, ({ start, wave, dayNumber }) =>
    find((window) => window.start === start, wave, dayNumber),
  );
  return entry.map((number) => (number < 0 ? -1 : (windowOf[number] as number)));
}

/** A plan by the windows of a calendar. */
export interface PlannedWindows {
  /** Of each mailbox of the roster a number in `windows`; -1 where it has none. */
  readonly window: Int32Array;
  /** Starts at which no window opens that can be used, each once, at the line where it stands first. */
  readonly unknown: readonly RowProblem[];
}

/** Finds the windows of a plan. `unusable`: those of the calendar that are known not to do, and why. */
export function windowsOfPlan(
  { entry, entries }: ReadPlan,
  windows: readonly PlanWindow[],
  unusable: readonly { readonly start: string; readonly why: string }[],
): PlannedWindows {
  const numbers = new Map(windows.map(({ start }, i) => [start, i] as const));
  const why = new Map(unusable.map((each) => [each.start, each.why] as const));
  const windowOf = Int32Array.from(entries, ({ start }) => numbers.get(start) ?? -1);
  const unknown = entries
    .filter(({ start }) => !numbers.has(start))
    .map(({ start, wave, line, mailboxes }) => {
      const reason = why.has(start) ? `the window of ${start} ${why.get(start)}` : `no window opens at ${start}`;
      const whose = mailboxes === 1 ? 'one mailbox' : `${mailboxes} mailboxes`;
      return { line, column: null, problem: `${wave}, with ${whose}: ${reason}.` };
    });
  return { window: entry.map((number) => (number < 0 ? -1 : (windowOf[number] as number))), unknown };
}

async function* chunksOf(path: string, hears: (chunk: Buffer) => void, signal: AbortSignal): AsyncGenerator<Buffer> {
  await using file = await open(path);
  const chunk = Buffer.allocUnsafeSlow(chunkOctets);
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, chunkOctets);
    if (bytesRead === 0) return;
    hears(chunk.subarray(0, bytesRead));
    yield chunk.subarray(0, bytesRead);
  }
}
