/**
 * The smallest IMAP client that can seed, compare and measure the two Dovecots of the bench. It shares nothing with
 * `src/protocols/imap`, so that a fault there cannot hide in the comparison as well, and it knows no server but Dovecot:
 * the answers it reads come from a process that the bench itself has started.
 */

import { Buffer } from 'node:buffer';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Door {
  readonly host: string;
  readonly port: number;
  /** PEM of the authority to trust: the connection is then TLS from the first octet. Null for clear text. */
  readonly ca: string | null;
}

/** One response: its text with each literal replaced by its `{octets}`, and the literals if they were kept. */
export interface Answer {
  readonly text: string;
  readonly literals: readonly Buffer[];
}

interface Waiting {
  readonly tag: string;
  readonly answers: Answer[];
  readonly each: ((answer: Answer) => void) | null;
  resolve(answers: readonly Answer[]): void;
  reject(cause: Error): void;
}

export class RawImap implements AsyncDisposable {
  /** Literals are counted and thrown away instead of kept. */
  dropLiterals = false;
  /** Octets of literals seen so far. */
  literalBytes = 0;

  readonly socket: Socket;
  readonly #waiting: Waiting[] = [];
  readonly #greeted: Promise<void>;
  #greet: () => void = () => undefined;
  #failed: Error | null = null;
  #tags = 0;
  /** What has been read of the line under way, and of the response it belongs to. */
  #line = '';
  #text = '';
  #literals: Buffer[] = [];
  #literal: Buffer | null = null;
  #left = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#greeted = new Promise((resolve) => {
      this.#greet = resolve;
    });
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (cause) => this.#fail(cause));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  /** Connects and waits for the greeting. */
  static async open(door: Door): Promise<RawImap> {
    const socket =
      door.ca === null
        ? connectTcp({ host: door.host, port: door.port })
        : connectTls({ host: door.host, port: door.port, ca: door.ca, servername: 'localhost' });
    const imap = new RawImap(socket);
    await imap.#greeted;
    if (imap.#failed !== null) throw imap.#failed;
    return imap;
  }

  async signIn(user: string, password: string): Promise<void> {
    await this.ask(`LOGIN ${quoted(user)} ${quoted(password)}`);
  }

  /**
   * Sends a command at once, however many are under way, and resolves with its untagged responses and, last, the tagged
   * one. `parts` follow the line as they are (the caller has written `{n+}`). Throws when the answer is not OK.
   */
  ask(
    line: string,
    parts: readonly Uint8Array[] = [],
    each: ((answer: Answer) => void) | null = null,
  ): Promise<readonly Answer[]> {
    if (this.#failed !== null) return Promise.reject(this.#failed);
    const tag = `b${++this.#tags}`;
    const answered = new Promise<readonly Answer[]>((resolve, reject) => {
      this.#waiting.push({ tag, answers: [], each, resolve, reject });
    });
    this.socket.cork();
    this.socket.write(`${tag} ${line}${parts.length === 0 ? '\r\n' : ''}`, 'latin1');
    for (const part of parts) this.socket.write(part);
    this.socket.uncork();
    return answered;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#failed === null) {
      await this.ask('LOGOUT').catch(() => undefined);
      this.socket.destroy();
    }
  }

  #take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const take = Math.min(this.#left, chunk.length - at);
        if (this.#literal !== null) chunk.copy(this.#literal, this.#literal.length - this.#left, at, at + take);
        this.#left -= take;
        this.literalBytes += take;
        at += take;
        continue;
      }
      const end = chunk.indexOf(0x0a, at);
      if (end < 0) {
        this.#line += chunk.toString('latin1', at);
        return;
      }
      this.#line += chunk.toString('latin1', at, end + 1);
      at = end + 1;
      this.#endLine();
    }
  }

  #endLine(): void {
    const line = this.#line;
    this.#line = '';
    this.#text += line.slice(0, -2);
    const octets = line.endsWith('}\r\n') ? /\{(\d+)\}\r\n$/.exec(line)?.[1] : undefined;
    if (octets !== undefined) {
      this.#left = Number(octets);
      if (!this.dropLiterals) {
        this.#literal = Buffer.allocUnsafe(this.#left);
        this.#literals.push(this.#literal);
      } else this.#literal = null;
      return;
    }
    const answer: Answer = { text: this.#text, literals: this.#literals };
    this.#text = '';
    this.#literals = [];
    this.#literal = null;
    this.#answered(answer);
  }

  #answered(answer: Answer): void {
    this.#greet();
    const first = this.#waiting[0];
    if (first === undefined) return;
    if (!answer.text.startsWith(`${first.tag} `)) {
      if (first.each !== null) first.each(answer);
      else first.answers.push(answer);
      return;
    }
    this.#waiting.shift();
    if (answer.text.startsWith(`${first.tag} OK`)) first.resolve([...first.answers, answer]);
    else first.reject(new Error(`the server answered: ${answer.text}`));
  }

  #fail(cause: Error): void {
    this.#failed ??= cause;
    this.#greet();
    for (const waiting of this.#waiting.splice(0)) waiting.reject(cause);
  }
}

/** A name as a quoted string; the bench makes no names that would need a literal. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
