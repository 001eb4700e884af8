/** Writes `plan.csv`: two million lines in a second or two, and all of them or none. */

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fault } from '#domain/fault.ts';
import { csvCell } from '#lib/csv-cells.ts';
import type { Roster } from '#planning/roster.ts';
import { planColumns, type PlanEntry } from './plan-file.ts';

export interface PlanToWrite {
  readonly roster: Pick<Roster, 'size' | 'address'>;
  /** Of each mailbox a number in `entries`; -1 where it has no window. */
  readonly entry: Int32Array;
  readonly entries: readonly PlanEntry[];
}

/** So much is gathered before it goes to the disk. */
const chunkOctets = 1 << 20;
/** Letters and digits first: most addresses, which stand as they are. */
const plainAddress = /^[a-z0-9][^",\s]*$/i;

/**
 * Writes it to `path`. Until all of it is on the disk the file is what it was before, whatever is killed or unplugged. Throws
 * `plan.file.unwritable`, and what `signal` was aborted with.
 */
export async function writePlan(path: string, plan: PlanToWrite, signal: AbortSignal): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    {
      await using file = await open(draft, 'w');
      await writeLines(file, plan, signal);
      await file.datasync();
    }
    await rename(draft, path);
    // The name is on the disk when its folder is.
    await using folder = await open(dirname(path), 'r');
    await folder.sync();
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw fault('plan.file.unwritable', { file: path, text: error.message }, { cause: error });
  }
}

async function writeLines(
  file: FileHandle,
  { roster, entry, entries }: PlanToWrite,
  signal: AbortSignal,
): Promise<void> {
  const behind = entries.map(({ wave, start }) => Buffer.from(`,${csvCell(wave)},${csvCell(start)}\n`));
  const nothing = Buffer.from(',,\n');
  const chunk = Buffer.allocUnsafeSlow(chunkOctets);
  let at = chunk.write(`${planColumns.join(',')}\n`);
  for (let mailbox = 0; mailbox < roster.size; mailbox++) {
    const address = roster.address(mailbox);
    const cell = plainAddress.test(address) ? address : csvCell(address);
    const rest = behind[entry[mailbox] as number] ?? nothing;
    // A character takes three octets at most for each of its units in UTF-16.
    if (at + cell.length * 3 + rest.length > chunkOctets) {
      signal.throwIfAborted();
      await writeAll(file, chunk.subarray(0, at));
      at = 0;
    }
    at += chunk.write(cell, at);
    at += rest.copy(chunk, at);
  }
  await writeAll(file, chunk.subarray(0, at));
}

async function writeAll(file: FileHandle, octets: Buffer): Promise<void> {
  for (let from = 0; from < octets.length; ) from += (await file.write(octets, from)).bytesWritten;
}
