/** For tests of sign-in: a server that says exactly what a test tells it to, over a real socket, and notes all it hears. */

import { type AddressInfo, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Log, LogFields } from '#lib/log.ts';
import type { Credential, Credentials } from '#ports/credentials.ts';
import { type SignedIn, openSession } from './open.ts';
import type { ImapEndpoint } from './options.ts';
import { ServerMemory } from './server-memory.ts';

/** One connection, from the server's side. */
export class Talk {
  /** Lines as they came, literals within them, without line ends. */
  readonly heard: string[] = [];
  isSecure = false;
  #socket: Socket;
  readonly #answer: Script['on'];
  #rest = '';

  constructor(socket: Socket, script: Script) {
    this.#socket = socket;
    this.#answer = script.on;
    this.#listen(socket);
    if (script.greeting !== '') this.say(script.greeting);
  }

  /** Octets as they are; lines bring their own end. */
  say(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  hangUp(): void {
    this.#socket.destroy();
  }

  /** TLS from here on, as after STARTTLS. */
  secure(pem: { readonly certificate: string; readonly key: string }): void {
    this.#socket.removeAllListeners('data');
    const secured = new TLSSocket(this.#socket, { isServer: true, cert: pem.certificate, key: pem.key });
    this.#socket = secured;
    this.isSecure = true;
    this.#rest = '';
    this.#listen(secured);
  }

  #listen(socket: Socket): void {
    // A client that does not like what it sees goes away in the middle; that is what these tests are about.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => this.#hear(chunk.toString('latin1')));
  }

  #hear(text: string): void {
    this.#rest += text;
    for (;;) {
      const line = wholeLine(this.#rest);
      if (line === 'more') return;
      if (line.waits && !this.#rest.includes('\r\n', line.octets)) {
        if (this.#rest.length === line.octets) this.say('+ go on\r\n');
        if (this.#rest.length < line.octets + line.literal) return;
      }
      if (line.waits) return;
      this.#rest = this.#rest.slice(line.octets);
      const said = line.text;
      this.heard.push(said);
      const [tag = '', verb = ''] = said.split(' ');
      this.#answer({ tag, verb: verb.toUpperCase(), line: said }, this);
    }
  }
}

/** The first whole command line of `text`, literals included; `more` while it is not whole. */
function wholeLine(text: string): { text: string; octets: number; literal: number; waits: boolean } | 'more' {
  let at = 0;
  for (;;) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return 'more';
    const literal = /\{(\d+)(\+?)\}$/.exec(text.slice(at, end));
    if (!literal) return { text: text.slice(0, end), octets: end + 2, literal: 0, waits: false };
    const length = Number(literal[1]);
    if (text.length < end + 2 + length) {
      return literal[2] === '+' ? 'more' : { text: '', octets: end + 2, literal: length, waits: true };
    }
    at = end + 2 + length;
  }
}

export interface Script {
  readonly greeting: string;
  readonly on: (command: { readonly tag: string; readonly verb: string; readonly line: string }, talk: Talk) => void;
}

export interface SpokenServer extends AsyncDisposable {
  readonly port: number;
  readonly talks: readonly Talk[];
  /** All that was heard on all connections. */
  readonly heard: readonly string[];
}

/** Starts a server on the loopback that follows a script. */
export async function spoken(script: Script): Promise<SpokenServer> {
  const talks: Talk[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    talks.push(new Talk(socket, script));
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

/** A server that offers `capabilities` and lets `signIn` answer LOGIN, AUTHENTICATE and what follows them. */
export function offering(capabilities: string, signIn: Script['on'], greeting = '* OK ready\r\n'): Script {
  let isAuthenticating = false;
  return {
    greeting,
    on(command, talk) {
      const { tag, verb } = command;
      if (isAuthenticating || verb === 'LOGIN' || verb === 'AUTHENTICATE') {
        isAuthenticating = true;
        signIn(command, {
          ...talk,
          heard: talk.heard,
          say(text: string) {
            if (/^g\w+ (OK|NO|BAD)/m.test(text)) isAuthenticating = false;
            talk.say(text);
          },
          hangUp: () => talk.hangUp(),
        } as unknown as Talk);
      } else if (verb === 'CAPABILITY') talk.say(`* CAPABILITY IMAP4rev1 ${capabilities}\r\n${tag} OK done\r\n`);
      else if (verb === 'LOGOUT') talk.say(`* BYE\r\n${tag} OK\r\n`);
      else talk.say(`${tag} BAD not now\r\n`);
    },
  };
}
