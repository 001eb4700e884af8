/** A client for tests that speaks octet by octet: sends what it is told, and waits for what it is told to wait for. */

import { connect, type Socket } from 'node:net';

export class RawClient {
  readonly socket: Socket;
  #heard = '';
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#heard += chunk.toString('latin1');
      this.#wake();
    });
    const over = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('close', over);
    socket.on('error', over);
  }

  /** Connects and reads the greeting. */
  static async open(port: number): Promise<RawClient> {
    const client = new RawClient(connect(port, '127.0.0.1'));
    await client.until(/\* .*\r\n/);
    return client;
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** What was heard up to the end of the match, which is then forgotten. Throws when the connection ends first. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#heard);
      if (found) {
        const end = found.index + found[0].length;
        const heard = this.#heard.slice(0, end);
        this.#heard = this.#heard.slice(end);
        return heard;
      }
      if (this.#ended) throw new Error(`the connection ended after ${JSON.stringify(this.#heard.slice(-200))}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Sends a command under a tag of its own and reads to its tagged answer. */
  async ask(command: string): Promise<string> {
    this.send(`t ${command}\r\n`);
    return this.until(/^t (OK|NO|BAD).*\r\n/m);
  }

  /** Everything heard until the connection ends. */
  async rest(): Promise<string> {
    while (!this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#heard;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
