/** `godwit tail read`: log files, one after the other from the oldest, or all of them as they grow. */

import { statSync } from 'node:fs';
import type { TailProtocol } from '#domain/tail-sighting.ts';
import { isTimezone } from '#domain/window.ts';
import { networksOf } from '#operations/log-networks.ts';
import type { LogRead } from '#operations/read-access-log.ts';
import { exitCodes } from './exit-code.ts';
import type { Session } from './session.ts';
import { bytes, count, counted, shown } from './shown.ts';
import { openTailFor, protocolIn } from './tail-desk.ts';
import type { TailReadFlags } from './tail-flags.ts';
import { usageError } from './usage.ts';
import type { TailDesk } from './world.ts';

const redrawMs = 200;

export async function readLogs(this: Session, flags: TailReadFlags, ...paths: readonly string[]): Promise<void> {
  if (paths.length === 0) throw usageError('There is nothing to read: name a log file, or several.');
  const { interruption } = this.world;
  const { format, timezone } = flags;
  if (timezone !== undefined && !isTimezone(timezone))
    throw usageError(`--timezone: there is no time zone ${shown(timezone, 60)}; write Europe/London, or UTC.`);
  const ports = portsIn(flags.port ?? []);
  const notFrom = flags.notFrom ?? [];
  if (networksOf(notFrom) === null)
    throw usageError('--not-from wants an address or a network, such as 10.0.0.9 or 2001:db8::/32.');
  await using desk = await openTailFor(this, flags);
  const order = (path: string) => ({ path, format, side: flags.side ?? 'source', timezone, ports, notFrom }) as const;
  const seen = new Set<string>();
  const reads: LogRead[] = [];
  if (flags.follow === true) {
    this.world.onEmergency(() => undefined);
    if (flags.quiet !== true)
      this.screen.say(`godwit: following ${counted(paths.length, 'log')}. Stop it with Ctrl-C.`);
    // Whoever fails ends all: the others are told to stop, and keep what they have.
    const failing = new AbortController();
    const stop = AbortSignal.any([interruption, failing.signal]);
    const ends = await Promise.allSettled(
      [...new Set(paths)].map((path) =>
        desk.follow(order(path), stop).catch((error: unknown) => {
          failing.abort();
          throw error;
        }),
      ),
    );
    reads.push(...ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
  } else {
    const sending = sendingOn(this);
    for (const path of oldestFirst(paths)) {
      if (seen.has(path) || interruption.aborted) continue;
      seen.add(path);
      const read = await desk.read(order(path), interruption, (octets) => sending(path, octets));
      this.screen.clear();
      reads.push(read);
      if (!this.json) this.conclude(null, () => readLines(read));
    }
    interruption.throwIfAborted();
  }
  const knownAgain = await knowAgain(desk, reads);
  if (flags.follow === true && !this.json) this.conclude(null, () => reads.flatMap(readLines));
  for (const read of reads) tellMalformed(this, flags, read);
  if (this.json) this.conclude({ files: reads, namesKnownSince: knownAgain }, () => []);
  if (reads.some(isNotUnderstood)) this.exitCode = exitCodes.withExceptions;
}

/** Shows how much of a file has gone to a server. */
function sendingOn({ screen, world }: Session): (path: string, octets: number) => void {
  let shownAt = 0;
  return (path, octets) => {
    if (world.now() - shownAt < redrawMs) return;
    shownAt = world.now();
    screen.draw([`sending ${shown(path, 60)}: ${bytes(octets)}`]);
  };
}

/** Names that nobody had may have come into the estate since they were seen. */
async function knowAgain(desk: TailDesk, reads: readonly LogRead[]): Promise<number> {
  return reads.length === 0 ? 0 : desk.knowAgain();
}

/** So that pauses between two sign-ins are told as they were. A file that is not there is found missing when it is opened. */
function oldestFirst(paths: readonly string[]): readonly string[] {
  const at = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return paths
    .map((path) => ({ path, at: at(path) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ path }) => path);
}

function portsIn(words: readonly string[]): Readonly<Record<number, TailProtocol>> {
  return Object.fromEntries(
    words.map((word) => {
      const [, port, protocol] = /^(\d{1,5})=(\w+)$/.exec(word) ?? [];
      if (port === undefined || protocol === undefined || Number(port) > 65_535)
        throw usageError('--port wants a port and what is spoken there, such as 1143=imap.');
      return [Number(port), protocolIn(protocol, '--port')] as const;
    }),
  );
}

function readLines(read: LogRead): readonly string[] {
  const { path, earlierOctets, lines, malformed, ofMailboxes, ofStrangers, passedBy, lost, notLookedAt } = read;
  const name = shown(path, 300);
  if (lines === 0) return [`${name}: nothing new${earlierOctets > 0 ? ' since it was read last' : ''}.`];
  const parts = [
    `${counted(ofMailboxes, 'sign-in')} to mailboxes of the estate`,
    ofStrangers > 0 ? `${count(ofStrangers)} under names that it does not have` : '',
    passedBy > 0 ? `${counted(passedBy, 'message')} of senders elsewhere passed over` : '',
    notLookedAt > 0 ? `${count(notLookedAt)} passed over as --not-from says` : '',
    lost > 0 ? `${count(lost)} only counted, since there are too many names already` : '',
    malformed > 0 ? `${counted(malformed, 'line')} not understood` : '',
  ].filter(Boolean);
  return [`${name}: ${counted(lines, earlierOctets > 0 ? 'new line' : 'line')}; ${parts.join(', ')}.`];
}

function tellMalformed(session: Session, flags: TailReadFlags, read: LogRead): void {
  const { path, firstMalformed, malformed } = read;
  const name = shown(path, 300);
  if (isNotUnderstood(read)) session.warn(flags, `${name}: no line of it reads as ${flags.format}; is --format right?`);
  if (flags.quiet === true || firstMalformed.length === 0) return;
  for (const { line, text } of firstMalformed)
    session.screen.say(`${name}:${line}: not understood: ${shown(text, 200)}`);
  if (malformed > firstMalformed.length)
    session.screen.say(`${name}: … and ${count(malformed - firstMalformed.length)} more`);
}

function isNotUnderstood({ lines, malformed }: LogRead): boolean {
  return lines > 0 && malformed === lines;
}
