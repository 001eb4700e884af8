/**
 * A small IMAP client for the labs, deliberately not the one in `src/`: what seeds, compares and accuses must not share
 * its mistakes. It knows just enough of RFC 9051 for Dovecot and Cyrus, sends without waiting, and assumes LITERAL+
 * (RFC 7888).
 */

import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** An atom or number as `string`, a quoted string or literal as `Buffer`, NIL as `null`, a list as an array. */
export type Value = string | Buffer | null | readonly Value[];

export interface Reply {
  readonly status: 'OK' | 'NO' | 'BAD';
  /** What stands after the status, response code included. */
  readonly text: string;
  /** Untagged responses that came before, unless they were given to `onUntagged`. */
  readonly untagged: readonly (readonly Value[])[];
}

interface Waiting {
  readonly tag: string;
  readonly onUntagged: ((response: readonly Value[]) => void) | null;
  readonly untagged: (readonly Value[])[];
  readonly resolve: (reply: Reply) => void;
  readonly reject: (cause: Error) => void;
}

/** A refusal where a lab had counted on success. */
export class WireRefusal extends Error {
  override readonly name = 'WireRefusal';
}

export class Wire implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  /** What has arrived of the response under way: text lines and literals in turn. */
  #segments: Buffer[] = [];
  #pending: Buffer[] = [];
  #pendingLength = 0;
  #literalLeft: number | null = null;
  #count = 0;
  #ended: Error | null = null;
  readonly greeting: Promise<Reply>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    this.greeting = new Promise((resolve, reject) => {
      this.#waiting.push({ tag: '*', onUntagged: null, untagged: [], resolve, reject });
    });
    this.greeting.catch(() => undefined);
    socket.on('data', (chunk: Buffer) => this.#feed(chunk));
    socket.on('error', (cause) => this.#end(cause));
    socket.on('close', () => this.#end(new Error('the server closed the connection')));
  }

  /** Connects to loopback; with `ca` (PEM) by implicit TLS. */
  static async connect(port: number, ca?: string): Promise<Wire> {
    const socket = ca === undefined ? connectPlain(port, '127.0.0.1') : connectTls({ port, host: '127.0.0.1', ca });
    const wire = new Wire(socket);
    await wire.greeting;
    return wire;
  }

  static async signedIn(port: number, user: { readonly name: string; readonly password: string }): Promise<Wire> {
    const wire = await Wire.connect(port);
    await wire.ok('LOGIN ', Buffer.from(user.name), ' ', Buffer.from(user.password));
    return wire;
  }

  /** Sends a command of text and literals (`Buffer`s); resolves with whatever the answer is. Calls may overlap. */
  command(...parts: readonly (string | Uint8Array)[]): Promise<Reply> {
    return this.#send(parts, null);
  }

  /** The same, and throws `WireRefusal` unless the answer is OK. */
  async ok(...parts: readonly (string | Uint8Array)[]): Promise<Reply> {
    return this.#must(parts, await this.#send(parts, null));
  }

  /** The same, giving each untagged response away at once instead of gathering them. */
  async each(
    onUntagged: (response: readonly Value[]) => void,
    ...parts: readonly (string | Uint8Array)[]
  ): Promise<Reply> {
    return this.#must(parts, await this.#send(parts, onUntagged));
  }

  /** Resolves when what was sent has left this process, so that a seeder does not fill the memory. */
  drained(): Promise<void> {
    if (!this.#socket.writableNeedDrain || this.#ended !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('drain', resolve);
      this.#socket.once('close', () => resolve());
    });
  }

  /** Cuts the connection without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === null) await this.command('LOGOUT').catch(() => undefined);
    this.#socket.destroy();
  }

  #must(parts: readonly (string | Uint8Array)[], reply: Reply): Reply {
    if (reply.status === 'OK') return reply;
    const verb = typeof parts[0] === 'string' ? parts[0].split(' ', 3).slice(0, 2).join(' ') : 'command';
    throw new WireRefusal(`${verb}: ${reply.status} ${reply.text}`);
  }

  #send(parts: readonly (string | Uint8Array)[], onUntagged: Waiting['onUntagged']): Promise<Reply> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const tag = `w${++this.#count}`;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ tag, onUntagged, untagged: [], resolve, reject });
      this.#socket.cork();
      this.#socket.write(`${tag} `);
      for (const part of parts) {
        if (typeof part === 'string') this.#socket.write(part);
        else {
          this.#socket.write(`{${part.length}+}\r\n`);
          this.#socket.write(part);
        }
      }
      this.#socket.write('\r\n');
      this.#socket.uncork();
    });
  }

  #end(cause: Error): void {
    this.#ended ??= cause;
    for (const each of this.#waiting.splice(0)) each.reject(cause);
  }

  #feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#literalLeft !== null) {
        const part = chunk.subarray(at, at + this.#literalLeft);
        this.#keep(part);
        at += part.length;
        this.#literalLeft -= part.length;
        if (this.#literalLeft > 0) return;
        this.#literalLeft = null;
        this.#segments.push(this.#taken());
        continue;
      }
      const newline = chunk.indexOf(10, at);
      const until = newline === -1 ? chunk.length : newline + 1;
      this.#keep(chunk.subarray(at, until));
      at = until;
      if (newline !== -1) this.#line(this.#taken());
    }
  }

  #keep(part: Buffer): void {
    this.#pending.push(part);
    this.#pendingLength += part.length;
  }

  #taken(): Buffer {
    const whole =
      this.#pending.length === 1 ? (this.#pending[0] as Buffer) : Buffer.concat(this.#pending, this.#pendingLength);
    this.#pending = [];
    this.#pendingLength = 0;
    return whole;
  }

  #line(line: Buffer): void {
    const text = line.subarray(0, line.length - (line.at(-2) === 13 ? 2 : 1));
    this.#segments.push(text);
    const literal = /\{(\d+)\}$/.exec(text.subarray(-24).toString('latin1'));
    if (literal !== null) {
      this.#literalLeft = Number(literal[1]);
      if (this.#literalLeft === 0) {
        this.#literalLeft = null;
        this.#segments.push(Buffer.alloc(0));
      }
      return;
    }
    const segments = this.#segments;
    this.#segments = [];
    this.#response(segments);
  }

  #response(segments: readonly Buffer[]): void {
    const first = (segments[0] as Buffer).toString('latin1');
    const head = /^(\S+) (OK|NO|BAD|BYE|PREAUTH)(?: (.*))?$/.exec(first);
    const current = this.#waiting[0];
    if (
      head !== null &&
      current !== undefined &&
      head[1] === current.tag &&
      (head[2] !== 'BYE' || current.tag === '*')
    ) {
      this.#waiting.shift();
      const status = head[2] === 'NO' || head[2] === 'BAD' ? head[2] : 'OK';
      current.resolve({ status, text: head[3] ?? '', untagged: current.untagged });
      return;
    }
    if (current === undefined || first.startsWith('+')) return;
    const response = head !== null ? [head[2] as string, head[3] ?? ''] : parseResponse(segments);
    if (current.onUntagged !== null) current.onUntagged(response);
    else current.untagged.push(response);
  }
}

/** Reads one untagged response, given as its text lines and literals in turn; the `* ` is left out. */
export function parseResponse(segments: readonly Buffer[]): readonly Value[] {
  const stack: Value[][] = [[]];
  const add = (value: Value): void => {
    (stack.at(-1) as Value[]).push(value);
  };
  segments.forEach((segment, index) => {
    if (index % 2 === 1) {
      add(segment);
      return;
    }
    let at = index === 0 ? 2 : 0;
    const end = index + 1 < segments.length ? segment.lastIndexOf(0x7b) : segment.length;
    while (at < end) {
      const octet = segment[at] as number;
      if (octet === 0x20) at++;
      else if (octet === 0x28) {
        stack.push([]);
        at++;
      } else if (octet === 0x29) {
        const list = stack.pop() as Value[];
        add(list);
        at++;
      } else if (octet === 0x22) {
        const octets: number[] = [];
        for (at++; at < end && segment[at] !== 0x22; at++) {
          if (segment[at] === 0x5c) at++;
          octets.push(segment[at] as number);
        }
        at++;
        add(Buffer.from(octets));
      } else {
        const start = at;
        // BODY[HEADER.FIELDS (X)] is one word: what stands in brackets belongs to it.
        for (let depth = 0; at < end; at++) {
          const here = segment[at] as number;
          if (here === 0x5b) depth++;
          else if (here === 0x5d) depth--;
          else if (depth <= 0 && (here === 0x20 || here === 0x28 || here === 0x29)) break;
        }
        const atom = segment.toString('latin1', start, at);
        add(atom.toUpperCase() === 'NIL' ? null : atom);
      }
    }
  });
  return stack[0] as Value[];
}

/** The value after `name` in a list such as `(UID 3 FLAGS (\Seen))`. */
export function field(list: Value | undefined, name: string): Value | undefined {
  if (!Array.isArray(list)) return undefined;
  const index = list.findIndex((each: Value, position: number) => position % 2 === 0 && each === name);
  return index === -1 ? undefined : (list[index + 1] as Value);
}

/** A string value as text of one octet per character, so that nothing is lost of names in any encoding. */
export function octets(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  return '';
}
