/**
 * A command from its first octet to what becomes of it: part after part goes out as the server says `+` to its literals
 * (RFC 9051 §4.3), and its answer counts only if it was run in the mailbox that it was meant for.
 */

import type { Command, Place } from './command.ts';
import { ImapError } from './errors.ts';
import { type Exchange, isRenumbered, type Queued } from './exchange.ts';
import type { Opening } from './opened.ts';
import type { Tagged } from './response.ts';
import type { Sending, Speaker } from './sending.ts';

export class SentCommand implements Exchange {
  readonly tag: string;
  readonly name: string;
  readonly opening: Opening | null;
  readonly place: Place | null;
  readonly command: Command<unknown>;
  readonly #sending: Sending;
  readonly #speaker: Speaker;
  readonly #parts: readonly string[];
  /** How many parts have gone out. */
  #sent = 0;
  readonly #settle: Queued['settle'];

  constructor(
    sending: Sending,
    speaker: Speaker,
    tag: string,
    command: Command<unknown>,
    parts: readonly string[],
    opening: Opening | null,
    place: Place | null,
    settle: Queued['settle'],
  ) {
    this.tag = tag;
    this.name = command.name;
    this.opening = opening;
    this.place = place;
    this.command = command;
    this.#sending = sending;
    this.#speaker = speaker;
    this.#parts = parts;
    this.#settle = settle;
  }

  /** Writes what may be written now: all of it, or as far as a literal that the server is to be asked for. */
  sendPart(): void {
    const { command, tag } = this;
    const { out } = this.#speaker;
    const part = this.#parts[this.#sent++] as string;
    const isFirst = this.#sent === 1;
    const isLast = this.#sent === this.#parts.length;
    if (isFirst) this.#speaker.trace(command.isSecret ? `${tag} ${command.name} ***` : `${tag} ${part}`);
    else if (!command.isSecret) this.#speaker.trace(part);
    if (isFirst) out.text(`${tag} `);
    out.text(isLast ? `${part}\r\n` : part);
    this.#sending.partSent(isLast && !command.continued ? null : this, isFirst, isLast);
  }

  continued(text: string): void {
    if (this.#sent < this.#parts.length) {
      this.sendPart();
      return;
    }
    const line = this.command.continued?.(text);
    if (line === undefined || line === null) return;
    this.#speaker.trace(this.command.isSecret ? '***' : line);
    this.#speaker.out.text(`${line}\r\n`);
    this.#sending.partSent(this, false, false);
  }

  answered(answer: Tagged): void {
    const { command, opening, place } = this;
    if (opening?.state === 'open' && isRenumbered(opening, place)) {
      this.lost(new ImapError({ kind: 'renumbered', mailbox: opening.place.mailbox }));
      return;
    }
    if (opening && opening.state !== 'open') {
      // It was run nowhere, or in a mailbox that it was not meant for: what it says counts for nothing.
      const early = `${command.name} was answered before its mailbox was open`;
      this.lost(opening.error ?? new ImapError({ kind: 'garbled', text: early }));
      return;
    }
    try {
      this.#settle?.resolve(command.end(answer, opening?.opened ?? null));
    } catch (error) {
      this.#settle?.reject(error);
    }
  }

  lost(error: Error): void {
    this.command.broken?.();
    this.#settle?.reject(error);
  }
}
