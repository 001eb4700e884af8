/** Whoever asks a door over a connection, for tests: says octets, and waits for what comes back. */

import { connect, type Socket } from 'node:net';
import type { DoorPlace } from '#domain/door-place.ts';

export class Asking implements Disposable {
  readonly socket: Socket;
  #heard = '';
  #isClosed = false;
  #wake: (() => void)[] = [];

  constructor(at: DoorPlace | { readonly host: string; readonly port: number }) {
    this.socket = 'path' in at ? connect(at.path) : connect(at.port, at.host);
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text: string) => {
      this.#heard += text;
      this.#look();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.#isClosed = true;
      this.#look();
    });
  }

  say(octets: string | Buffer): this {
    this.socket.write(octets);
    return this;
  }

  /** All that was heard so far and not taken yet. */
  get heard(): string {
    return this.#heard;
  }

  /** What was heard up to and with `end`, which is waited for. */
  async until(end: string): Promise<string> {
    for (;;) {
      const at = this.#heard.indexOf(end);
      if (at >= 0) {
        const found = this.#heard.slice(0, at + end.length);
        this.#heard = this.#heard.slice(found.length);
        return found;
      }
      if (this.#isClosed) throw new Error(`closed before ${JSON.stringify(end)}: ${JSON.stringify(this.#heard)}`);
      await this.#news();
    }
  }

  /** All that is heard until the other side closes. */
  async untilClosed(): Promise<string> {
    while (!this.#isClosed) await this.#news();
    return this.#heard;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #look(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
