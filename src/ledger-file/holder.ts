/**
 * Who holds a mailbox, and whether they still live. A process is known by its number and the moment it started (numbers
 * are given again), within a place: a boot of a machine and its space of process numbers. Of another place we only know
 * when it last said that it lives.
 */

import * as fs from 'node:fs';
import { hostname } from 'node:os';

/** A holder in another place that has not renewed its claim for so long is taken for dead. */
export const staleAfterMs = 60_000;
/** How often a holder renews. */
export const renewEveryMs = 5_000;

export interface Holder {
  readonly pid: number;
  /** Field 22 of `/proc/PID/stat`, in clock ticks since boot; empty where there is no `/proc`. */
  readonly started: string;
  readonly place: string;
}

let us: Holder | null = null;

/** This process. */
export function ourselves(): Holder {
  us ??= { pid: process.pid, started: startOf(process.pid) ?? '', place: ourPlace() };
  return us;
}

/** How a person would find the holder. */
export function nameOf(holder: Holder): string {
  return `process ${holder.pid} on ${hostname()}`;
}

/** Whether the holder of a claim last renewed at `renewedMs` can still be at work. */
export function lives(holder: Holder, renewedMs: number, nowMs: number): boolean {
  // A clock that was put back makes a claim look younger than now; it must not live for ever.
  if (holder.place !== ourPlace()) return Math.abs(nowMs - renewedMs) < staleAfterMs;
  if (fs.existsSync('/proc/self/stat')) return startOf(holder.pid) === holder.started;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

let place: string | null = null;

function ourPlace(): string {
  place ??= [
    hostname(),
    told(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    told(() => fs.readlinkSync('/proc/self/ns/pid')),
  ].join(' ');
  return place;
}

/** When a process started, or null when it is gone. One that was killed and not yet buried by its parent is gone. */
function startOf(pid: number): string | null {
  const stat = told(() => fs.readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The second field is the program's name in brackets and may hold anything, brackets and blanks included.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return start === undefined || state === 'Z' || state === 'X' ? null : start;
}

/** What the system tells, or nothing where it has no `/proc` or no such process. */
function told(ask: () => string): string {
  try {
    return ask();
  } catch {
    return '';
  }
}
