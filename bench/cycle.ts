/**
 * One tool's whole round: a fresh source under names of its own, a first copy, a second run with nothing changed, a day's
 * changes, a third run. After the first and the third both sides are compared; what is not a copy does not count.
 */

import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compare, type Difference } from './compare.ts';
import type { CpuCounter } from './cpu.ts';
import { applyDelta } from './delta.ts';
import { type Cost, type Lane, measure, type Ran } from './measure.ts';
import type { Address, Peer } from './peers/peer.ts';
import { clear, type Ends, lay, password, scratchFolder, userOf } from './servers.ts';
import type { Workload } from './workload.ts';

/** `adopted`: a run that finds everything on the target already and remembers nothing of how it came there. */
export type Phase = 'initial' | 'nochange' | 'adopted' | 'delta';

export interface CycleOptions {
  readonly made: Workload;
  readonly source: Address;
  readonly target: Address;
  /** The first copy is always made; these are run after it. */
  readonly phases: ReadonlySet<Phase>;
  readonly atOnce: number;
  readonly timeoutMs: number;
}

export interface PhaseResult {
  readonly phase: Phase;
  readonly cost: Cost;
  /** Null when the run counts; else why not. */
  readonly worthless: string | null;
  /** Null where nothing was compared (a run without changes changes nothing). */
  readonly difference: Difference | null;
}

export async function cycle(
  ends: Ends,
  counter: CpuCounter,
  peer: Peer,
  runName: string,
  options: CycleOptions,
): Promise<readonly PhaseResult[]> {
  const { made, phases } = options;
  const mailboxes = made.mailboxes.map((mailbox) => mailbox.name);
  const folder = join(ends.folder, runName);
  mkdirSync(folder);
  const results: PhaseResult[] = [];
  try {
    await lay(ends, made.id, runName);
    const prepared = await peer.prepare({
      folder,
      users: mailboxes.map((name) => userOf(runName, name)),
      password,
      source: options.source,
      target: options.target,
      targetServer: ends.target,
      atOnce: options.atOnce,
    });
    const look = (): Promise<Difference> => compare(ends, runName, mailboxes, peer.manners);
    const step = async (phase: Phase, compared: boolean): Promise<boolean> => {
      const ran = await measure(counter, prepared.lanes, options.timeoutMs);
      const failed = complaintOf(ran, prepared.fineExits);
      const difference = failed === null && compared ? await look() : null;
      const worthless =
        failed ?? (difference?.acceptable === false ? `not a copy: ${JSON.stringify(difference.counts)}` : null);
      results.push({ phase, cost: ran.cost, worthless, difference });
      if (worthless !== null) keepLogs(`${runName}-${phase}`, prepared.lanes);
      return worthless === null;
    };
    if (!(await step('initial', true))) return results;
    if (phases.has('nochange') && !(await step('nochange', false))) return results;
    if (phases.has('adopted')) {
      await prepared.forget?.();
      if (!(await step('adopted', true))) return results;
    }
    if (phases.has('delta')) {
      await applyDelta(ends, made, runName);
      await step('delta', true);
    }
    return results;
  } finally {
    clear(ends, runName);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the tool said in a run that does not count stays behind, for the person who looks why. */
function keepLogs(name: string, lanes: readonly Lane[]): void {
  const folder = join(scratchFolder, 'worthless', name);
  mkdirSync(folder, { recursive: true });
  for (const lane of lanes) copyFileSync(lane.logFile, join(folder, basename(lane.logFile)));
}

function complaintOf(ran: Ran, fine: readonly number[]): string | null {
  return ran.exits.every((code) => fine.includes(code)) ? null : ran.complaint;
}
