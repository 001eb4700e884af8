/**
 * The door that a Dovecot proxy asks at each sign-in: a dict passdb (Dovecot 2.3, dict-protocol), by lines on a Unix socket. It is told
 * host and port of the side; the proxy signs in there with the person's own password, and it is that side which knows the password.
 *
 * Look-ups take a worker of Dovecot's each, of which there are thirty: nobody is kept waiting here. Whoever is held is sent to the
 * waiting room, which is a port of this machine.
 */

import { createServer, type Socket } from 'node:net';
import {
  type SignInBackend,
  type SignInBackends,
  type SignInProtocol,
  signInProtocols,
} from '#domain/door-backends.ts';
import type { DoorPlace } from '#domain/door-place.ts';
import type { SideName } from '#domain/platform.ts';
import type { Log } from '#lib/log.ts';
import type { AttemptSink } from '#ports/interruptions.ts';
import type { RouteBook } from '#ports/routes.ts';
import type { TailSink } from '#ports/tail.ts';
import { Answers, type Door } from './door.ts';
import { type Allowed, endListening, listenAt } from './listening.ts';
import { gotIn, isWaitedFor, whoseMailbox } from './patience.ts';
import { SignInRate } from './sign-in-rate.ts';
import { sightingAt } from './sighting.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface DictOptions {
  readonly at: DoorPlace;
  readonly allowed: Allowed;
  readonly book: Pick<RouteBook, 'find' | 'route' | 'whenOpen' | 'onHold'>;
  readonly backends: Readonly<Record<SideName, SignInBackends>>;
  /** So long a sign-in waits; less than the proxy's own patience (`proxy_timeout`, 30 s). */
  readonly waitMs: number;
  /** By one client, where the proxy tells its address. */
  readonly signInsPerMinute: number;
  /** Told who was led where; without it nobody is. */
  readonly tail?: TailSink;
  /** Told who had to wait; without it nobody is. */
  readonly attempts?: AttemptSink;
  readonly log: Log;
}

const connectionsMax = 200;
/** A name takes at most 320 octets; what is longer is no question of a proxy. */
const lineOctetsMax = 2_000;
const restMaxMs = 600_000;

/** Throws `listen.unusable`. */
export async function openDovecotDict(options: DictOptions): Promise<Door> {
  const answers = new Answers();
  const sockets = new Set<Socket>();
  const room = new WaitingRoom({ ...options, answers });
  const rate = new SignInRate(options.signInsPerMinute);
  const server = createServer((socket) => {
    if (sockets.size >= connectionsMax) {
      answers.count('turned away');
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    converse(socket, { ...options, room, answers, rate });
  });
  const at = await listenAt(server, options.at);
  return {
    serves: 'Dovecot',
    at,
    answers,
    async [Symbol.asyncDispose]() {
      await endListening(server, sockets);
      await room[Symbol.asyncDispose]();
    },
  };
}

interface Parts extends DictOptions {
  readonly room: WaitingRoom;
  readonly answers: Answers;
  readonly rate: SignInRate;
}

function converse(socket: Socket, parts: Parts): void {
  let rest = '';
  /** Questions are answered in their order, though one may need a port to be opened first. */
  let said: Promise<void> = Promise.resolve();
  socket.setTimeout(restMaxMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() as string;
    if (Buffer.byteLength(rest) > lineOctetsMax || lines.length > connectionsMax) {
      parts.answers.count('malformed');
      socket.destroy();
      return;
    }
    socket.pause();
    said = said.then(async () => {
      for (const line of lines) {
        const answer = await answerTo(line, parts);
        if (answer !== null && socket.writable) socket.write(`${answer}\n`);
      }
      socket.resume();
    });
  });
}

/** `passdb/USER`, with the protocol and the client's address before the name where the proxy has been told to say them. */
const question = /^shared\/passdb\/(?:(imap|pop3|smtp|submission)\/)?(?:from=([\dA-Fa-f:.]*)\/)?(.+)$/;

/** Null where nothing is to be said. */
async function answerTo(line: string, parts: Parts): Promise<string | null> {
  // The greeting: version, value type, user, name of the dict.
  if (line.startsWith('H')) return null;
  if (!line.startsWith('L')) return failure('this is no question', parts);
  const [key = ''] = line.slice(1).split('\t');
  const [, protocolSaid, client = '', user] = question.exec(unescaped(key)) ?? [];
  if (user === undefined || Buffer.byteLength(line) > lineOctetsMax) return 'N';
  // Of a client that is not told, all would count as one.
  if (client !== '' && !parts.rate.take(client)) return failure('too many sign-ins of this client', parts);
  const said = protocolSaid === 'submission' ? 'smtp' : protocolSaid;
  const protocol: SignInProtocol = signInProtocols.find((each) => each === said) ?? 'imap';
  try {
    const fields = await led({ user, protocol, client }, parts);
    return fields === null ? failure('it cannot be told now', parts) : `O${escaped(JSON.stringify(fields))}`;
  } catch (error) {
    parts.log.error('a question of Dovecot could not be answered', { text: error instanceof Error ? error.name : '' });
    return failure('it cannot be told now', parts);
  }
}

interface Fields {
  readonly nopassword: 'y';
  readonly proxy: 'y';
  readonly host: string;
  readonly port: number;
  readonly ssl?: 'yes' | 'any-cert';
}

interface Asked {
  readonly user: string;
  readonly protocol: SignInProtocol;
  /** Its address; '' where it is not told. */
  readonly client: string;
}

async function led({ user, protocol, client }: Asked, parts: Parts): Promise<Fields | null> {
  const { book, backends, room, answers, tail } = parts;
  const name = whoseMailbox(book, user);
  const found = book.find(name);
  // `nopassword` is what makes the proxy try the person's own at the other end. No `master` and no `pass` ever stand beside it: with
  // them anybody would get in.
  const common = { nopassword: 'y', proxy: 'y' } as const;
  if (isWaitedFor(found)) {
    const port = await room.portFor(name, protocol, found);
    answers.count(port === null ? 'later' : 'waits');
    return port === null ? null : { ...common, host: '127.0.0.1', port };
  }
  const side = found.kind === 'home' ? found.route.side : 'source';
  const backend: SignInBackend | undefined = backends[side][protocol];
  if (backend === undefined) return null;
  answers.count(side);
  if (found.kind === 'home') {
    if (name === user) tail?.seen(sightingAt({ protocol, side, name, ip: client }));
    gotIn(found, parts.attempts);
  }
  const { host, port, security, verify } = backend;
  return {
    ...common,
    host,
    port,
    ...(security === 'tls' ? { ssl: verify ? ('yes' as const) : ('any-cert' as const) } : {}),
  };
}

function failure(why: string, { answers }: Parts): string {
  answers.count('failed');
  return `F${why}`;
}

/** Dovecot writes what would break a line or a field behind \001 (dict-client.c: str_append_tabescaped). */
function unescaped(text: string): string {
  // oxlint-disable-next-line no-control-regex -- it is the protocol's own
  return text.replaceAll(
    /\x01([0-9a-z])/g,
    (_, code: string) => ({ '0': '\0', '1': '\x01', t: '\t', r: '\r', n: '\n' })[code] ?? code,
  );
}

function escaped(text: string): string {
  const codes: Readonly<Record<string, string>> = { '\0': '0', '\x01': '1', '\t': 't', '\r': 'r', '\n': 'n' };
  // oxlint-disable-next-line no-control-regex -- it is the protocol's own
  return text.replaceAll(/[\0\x01\t\r\n]/g, (character) => `\x01${codes[character]}`);
}
