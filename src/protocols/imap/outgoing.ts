/**
 * What is to be written, gathered until `flush`, which makes one `writev` of it. Short things are copied together into one
 * buffer; long ones are passed to the kernel where they lie, and must stay untouched until `settled`.
 */

import type { Writable } from 'node:stream';
import type { LineSpeed } from './line-speed.ts';
import { both, type SessionPace } from './session-pace.ts';

/** Up to here copying is cheaper than one more entry of a `writev`. */
const copiedOctets = 8_192;
const stagingOctets = 128 * 1024;
/** Staging buffers kept for the next flush, process-wide: 4 MiB. */
const sparesMax = 32;
const spares: Buffer[] = [];

export class Outgoing {
  #to: Writable;
  #staging: Buffer | null = null;
  /** The part of the staging buffer that is not in `#queue` yet. */
  #sealed = 0;
  #used = 0;
  readonly #queue: Uint8Array[] = [];
  /** Which entries of the queue are lent. */
  #lentAt: number[] = [];
  /** Staging buffers that the flush to come will write. */
  #full: Buffer[] = [];
  #flights = 0;
  #settled: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;
  readonly #speed: LineSpeed;
  readonly #pace: SessionPace | null;
  /** When more may go than has gone. */
  #pause: Promise<void> | null = null;
  readonly #drained: () => void;

  /** `drained` is called whenever something that was written has left for the kernel. */
  constructor(to: Writable, speed: LineSpeed, pace: SessionPace | null, drained: () => void) {
    this.#to = to;
    this.#speed = speed;
    this.#pace = pace;
    this.#drained = drained;
  }

  /** From now on everything goes to another stream; nothing may be waiting. */
  redirect(to: Writable): void {
    this.flush();
    this.#to = to;
  }

  /** Whether something was flushed that the kernel has not taken yet. */
  get isPending(): boolean {
    return this.#flights > 0;
  }

  /** Adds text, one octet per character. */
  text(text: string): void {
    if (text.length > stagingOctets) {
      this.bytes(Buffer.from(text, 'latin1'));
      return;
    }
    const staging = this.#room(text.length);
    staging.write(text, this.#used, 'latin1');
    this.#used += text.length;
  }

  /** Adds octets, which are lent until `settled`. */
  bytes(octets: Uint8Array): void {
    if (octets.length <= copiedOctets) {
      this.#room(octets.length).set(octets, this.#used);
      this.#used += octets.length;
      return;
    }
    this.#seal();
    this.#lentAt.push(this.#queue.length);
    this.#queue.push(octets);
  }

  /** Copies what is lent and not flushed yet, into buffers that are used again, so that nobody need be asked for it any more. */
  keep(): void {
    if (this.#lentAt.length === 0) return;
    this.#seal();
    const lent = new Set(this.#lentAt);
    this.#lentAt = [];
    for (const [at, octets] of this.#queue.splice(0).entries()) {
      if (lent.has(at)) this.#copy(octets);
      else this.#queue.push(octets);
    }
  }

  #copy(octets: Uint8Array): void {
    for (let at = 0; at < octets.length; ) {
      const staging = this.#room(1);
      const length = Math.min(octets.length - at, staging.length - this.#used);
      staging.set(octets.subarray(at, at + length), this.#used);
      this.#used += length;
      at += length;
      this.#seal();
    }
  }

  /**
   * Hands everything gathered to the kernel. What is lent is copied first: whoever lent it may not ask about it any more,
   * and the kernel need not take it at once.
   */
  flush(): void {
    this.keep();
    this.#write();
  }

  /** Whoever asks `returned` next waits for this as well. */
  hold(until: Promise<void>): void {
    this.#pause = both(this.#pause, until);
  }

  #write(): void {
    this.#seal();
    const queue = this.#queue;
    if (queue.length === 0 || this.#to.destroyed) return;
    const pause = this.#pace?.octets(queue.reduce((sum, octets) => sum + octets.length, 0)) ?? null;
    if (pause) this.hold(pause);
    if (this.#staging) {
      this.#full.push(this.#staging);
      this.#staging = null;
    }
    const staging = this.#full;
    this.#full = [];
    this.#sealed = 0;
    this.#used = 0;
    this.#flights++;
    let isHere = true;
    const gone = (): void => {
      if (isHere) isHere = false;
      else return;
      for (const buffer of staging) if (spares.length < sparesMax) spares.push(buffer);
      this.#flights--;
      if (this.#flights === 0) this.#speed.unblocked();
      this.#drained();
      if (this.#flights === 0 && this.#settled) {
        this.#settled.resolve();
        this.#settled = null;
      }
    };
    const to = this.#to;
    const last = queue.length - 1;
    if (last === 0) to.write(queue[0], gone);
    else {
      to.cork();
      for (let i = 0; i < last; i++) to.write(queue[i]);
      to.write(queue[last], gone);
      to.uncork();
    }
    queue.length = 0;
    this.#lentAt = [];
    // The kernel often takes everything at once; then there is no need to wait for Node to say so.
    if (to.writableLength === 0) gone();
    else this.#speed.blocked();
  }

  /**
   * Hands everything to the kernel where it lies; null when everything lent may be written over and more may go, else a promise
   * for that moment, which never rejects.
   */
  returned(): Promise<void> | null {
    this.#write();
    const pause = this.#pause;
    this.#pause = null;
    if (this.#flights === 0 || this.#to.destroyed) return pause;
    this.#settled ??= withResolver();
    return both(pause, this.#settled.promise);
  }

  /** The connection is gone: nobody will look at what was lent any more. */
  destroyed(): void {
    this.#queue.length = 0;
    this.#lentAt = [];
    this.#settled?.resolve();
    this.#settled = null;
  }

  #room(octets: number): Buffer {
    if (this.#staging && this.#used + octets > this.#staging.length) {
      this.#seal();
      this.#full.push(this.#staging);
      this.#staging = null;
    }
    if (!this.#staging) {
      this.#staging = spares.pop() ?? Buffer.allocUnsafeSlow(stagingOctets);
      this.#sealed = 0;
      this.#used = 0;
    }
    return this.#staging;
  }

  #seal(): void {
    if (!this.#staging || this.#used === this.#sealed) return;
    this.#queue.push(this.#staging.subarray(this.#sealed, this.#used));
    this.#sealed = this.#used;
  }
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
