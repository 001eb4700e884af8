/** A command under way, and what else takes its turn on a connection. */

import type { Command, Place } from './command.ts';
import type { ImapError } from './errors.ts';
import type { Opening } from './opened.ts';
import type { Tagged } from './response.ts';

export interface Exchange {
  readonly tag: string;
  readonly name: string;
  /** The mailbox it is run in, as it is being opened; null where it needs none. */
  readonly opening: Opening | null;
  readonly place: Place | null;
  readonly command: Command<unknown> | null;
  answered(answer: Tagged): void;
  /** The server said `+`. */
  continued(text: string): void;
  lost(error: ImapError): void;
}

/** Something that takes its turn in the queue and then writes by itself: messages on their way (`append-stream.ts`). */
export interface Streamer {
  /** Its turn has come. */
  start(): void;
  lost(error: ImapError): void;
}

/** What waits for its turn: a command, or somebody who streams. */
export interface Queued {
  readonly place: Place | null;
  readonly command: Command<unknown> | null;
  readonly streamer: Streamer | null;
  readonly settle: { resolve(value: unknown): void; reject(error: unknown): void } | null;
}

/** Whether the mailbox that a command was meant for is open, and numbered as whoever gave the command believes. */
export function isInPlace({ opening, place }: Exchange): boolean {
  return opening === null || (opening.state === 'open' && !isRenumbered(opening, place));
}

export function isRenumbered({ opened }: Opening, place: Place | null): boolean {
  const expected = place?.uidValidity ?? null;
  return expected !== null && opened.uidValidity !== null && opened.uidValidity !== expected;
}

/** What waits for its turn gets none. */
export function refuse({ command, settle, streamer }: Queued, error: ImapError): void {
  command?.broken?.();
  settle?.reject(error);
  streamer?.lost(error);
}
