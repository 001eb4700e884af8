/**
 * The switch as it is, which also writes down each point that it reaches, and dies there by SIGKILL when it was told to. Both in the
 * folder that GODWIT_LAB_POINTS names: `reached` has a line for each point, and `kill` holds a point and for the how many-th mailbox
 * that comes there it is meant.
 */

import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as real from '../src/cutover/switch.ts';

export * from '../src/cutover/switch.ts';

export function switchMailbox(parts: real.SwitchParts, signal: AbortSignal): Promise<real.Switched> {
  return real.switchMailbox(
    {
      ...parts,
      at(point) {
        parts.at(point);
        reached(point);
      },
    },
    signal,
  );
}

/** Where all this is written. */
export function pointFiles(folder: string): { readonly reached: string; readonly kill: string } {
  return { reached: join(folder, 'reached'), kill: join(folder, 'kill') };
}

/** Whoever is told so in `folder` dies when the `nth` mailbox from now on comes to `point`. */
export function killAt(folder: string, point: real.SwitchPoint, nth: number): void {
  const { kill } = pointFiles(folder);
  writeFileSync(`${kill}.new`, `${point} ${nth}`);
  renameSync(`${kill}.new`, kill);
}

function reached(point: real.SwitchPoint): void {
  const folder = process.env['GODWIT_LAB_POINTS'];
  if (folder === undefined) return;
  const files = pointFiles(folder);
  appendFileSync(files.reached, `${point}\n`);
  const [meant, nth] = ordered(files.kill);
  if (meant !== point) return;
  if (nth > 1) return killAt(folder, point, nth - 1);
  rmSync(files.kill);
  process.kill(process.pid, 'SIGKILL');
}

function ordered(file: string): readonly [point: string, nth: number] {
  try {
    const [point = '', nth = ''] = readFileSync(file, 'utf8').split(' ');
    return [point, Number(nth)];
  } catch {
    return ['', 0]; // nobody is to be killed
  }
}
