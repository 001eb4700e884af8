/**
 * For tests of sign-in: a server that says exactly what a test tells it to, over a real socket, and notes all it
 * hears.
 */

import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { Fault } from '#domain/fault.ts';
import type { Log, LogFields } from '#lib/log.ts';
import type { Credential, Credentials } from '#ports/credentials.ts';
import { openSession, type SignedIn } from './open.ts';
import type { ImapEndpoint } from './options.ts';
import { ServerMemory } from './server-memory.ts';

/** A command as it was heard: literals stand in it as they came. */
export interface Heard {
  readonly tag: string;
  readonly verb: string;
  readonly line: string;
}

/** One connection, from the server's side. */
export class Talk {
  /** Every line that came, continuations included. */
  readonly heard: string[] = [];
  /** Everything that came before TLS, or all of it where there was none. */
  inTheClear = '';
  #socket: Socket;
  #rest = '';
  #isOver = false;
  #wake: (() => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket, false);
  }

  /** Octets as they are, in one write; lines bring their own end. */
  say(text: string): void {
    if (!this.#isOver) this.#socket.write(text, 'latin1');
  }

  hangUp(): void {
    this.#socket.destroy();
  }

  /** The next line, its literals asked for and read. Never resolves when the client has gone. */
  async line(): Promise<string> {
    let line = await this.#until('\r\n');
    for (;;) {
      const literal = /\{(\d+)(\+?)\}$/.exec(line);
      if (!literal) break;
      if (literal[2] === '') this.say('+ go on\r\n');
      line += `\r\n${await this.#octets(Number(literal[1]))}${await this.#until('\r\n')}`;
    }
    this.heard.push(line);
    return line;
  }

  /** Waits until something has come that nobody has read yet. */
  async something(): Promise<void> {
    while (this.#rest === '') await this.#more();
  }

  async command(): Promise<Heard> {
    const line = await this.line();
    const [tag = '', verb = ''] = line.split(' ');
    return { tag, verb: verb.toUpperCase(), line };
  }

  /** Puts TLS on the connection, as after STARTTLS. */
  secure(pem: { readonly certificate: string; readonly key: string }): void {
    this.#socket.removeAllListeners('data');
    const secureContext = createSecureContext({ cert: pem.certificate, key: pem.key });
    this.#socket = new TLSSocket(this.#socket, { isServer: true, secureContext });
    this.#rest = '';
    this.#listen(this.#socket, true);
  }

  #listen(socket: Socket, isSecure: boolean): void {
    const over = (): void => {
      this.#isOver = true;
    };
    // A client that does not like what it sees goes away in the middle; that is what these tests are about.
    socket.on('error', over).on('close', over);
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      if (!isSecure) this.inTheClear += text;
      this.#rest += text;
      this.#wake?.();
    });
  }

  async #until(mark: string): Promise<string> {
    while (!this.#rest.includes(mark)) await this.#more();
    const end = this.#rest.indexOf(mark);
    const text = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + mark.length);
    return text;
  }

  async #octets(count: number): Promise<string> {
    while (this.#rest.length < count) await this.#more();
    const text = this.#rest.slice(0, count);
    this.#rest = this.#rest.slice(count);
    return text;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

export interface SpokenServer extends AsyncDisposable {
  readonly port: number;
  readonly talks: readonly Talk[];
  /** All lines heard on all connections. */
  readonly heard: readonly string[];
}

/** Starts a server on the loopback that follows a script on each connection. */
export async function spoken(script: (talk: Talk) => Promise<void>): Promise<SpokenServer> {
  const talks: Talk[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const talk = new Talk(socket);
    talks.push(talk);
    // A script that fails is a test that is wrong: the client loses its connection, and the test its expectation.
    script(talk).catch(() => talk.hangUp());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    talks,
    get heard() {
      return talks.flatMap((talk) => talk.heard);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * The greeting and everything up to the sign-in, which `signIn` answers; afterwards every command is answered with OK.
 */
export function offering(capabilities: string, signIn: (command: Heard, talk: Talk) => Promise<void> | void) {
  return async (talk: Talk): Promise<void> => {
    talk.say('* OK ready\r\n');
    await serve(talk, capabilities, signIn);
  };
}

/** As `offering`, from after the greeting on. */
export async function serve(
  talk: Talk,
  capabilities: string,
  signIn: (command: Heard, talk: Talk) => Promise<void> | void,
): Promise<void> {
  for (;;) {
    const command = await talk.command();
    if (command.verb === 'LOGIN' || command.verb === 'AUTHENTICATE') await signIn(command, talk);
    else if (command.verb === 'CAPABILITY')
      talk.say(`* CAPABILITY IMAP4rev1 ${capabilities}\r\n${command.tag} OK done\r\n`);
    else talk.say(`${command.tag} OK done\r\n`);
  }
}

/** Answers a sign-in at once. */
export function saying(words: string) {
  return ({ tag }: Heard, talk: Talk): void => talk.say(`${tag} ${words}\r\n`);
}

export interface Visit {
  readonly credential: Credential | Credentials;
  readonly security?: ImapEndpoint['security'];
  readonly ca?: string | null;
  readonly servers?: ServerMemory;
  readonly log?: Log;
  readonly deadlineMs?: number;
}

/** Opens a session to a server of the kit, as a mailbox does, and signs in. */
export async function visit(
  server: SpokenServer,
  { credential, security = 'clear', ca = null, ...rest }: Visit,
): Promise<SignedIn> {
  return openSession(
    {
      endpoint: { host: '127.0.0.1', port: server.port, security, ca, verify: true },
      credentials: 'kind' in credential ? { current: async () => credential } : credential,
      log: rest.log ?? noted().log,
      servers: rest.servers ?? new ServerMemory(),
      name: 'imap://somebody@127.0.0.1',
      commandDeadlineMs: rest.deadlineMs ?? 5_000,
    },
    true,
    new AbortController().signal,
  );
}

/** The fault that a visit ends with; an error when it went well or failed in another way. */
export async function faultOfVisit(visiting: Promise<SignedIn>): Promise<Fault> {
  const outcome: unknown = await visiting.then(
    ({ session }) => {
      session.leave();
      return 'signed in';
    },
    (error: unknown) => error,
  );
  if (outcome instanceof Fault) return outcome;
  throw new Error('no fault', { cause: outcome });
}

/** A log that keeps all it is told, the wire included. */
export function noted(): { readonly log: Log; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const at = (level: string) => (phrase: string, fields?: LogFields) => {
    lines.push(
      `${level} ${phrase} ${JSON.stringify(fields, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`,
    );
  };
  const log: Log = {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    trace: at('trace'),
    with: () => log,
  };
  return { log, lines };
}

export function password(user: string, text: string): Extract<Credential, { kind: 'password' }> {
  return { kind: 'password', user, password: text, onBehalfOf: null };
}
