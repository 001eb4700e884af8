/**
 * The door that Postfix asks (socketmap_table(5)): requests `<map> <key>` and answers, each in a netstring. It is asked for every
 * recipient, for every sender, and for `*`; strangers are the rule. While anything is unsure it says TEMP, and never NOTFOUND: in a
 * recipient map that is a 550, which is lost mail.
 */

import { createServer, type Server, type Socket } from 'node:net';
import type { DoorPlace } from '#domain/door-place.ts';
import type { SideName } from '#domain/platform.ts';
import type { Log } from '#lib/log.ts';
import type { RouteBook } from '#ports/routes.ts';
import { type Addressed, findAddressed } from './addressed.ts';
import { Answers, type Door } from './door.ts';
import { type Allowed, endListening, listenAt, mayCome } from './listening.ts';
import { netstring, NetstringReader } from './netstring.ts';

/** What one Postfix is told about where mail goes, as transport(5) writes it. Null: as it would go without us. */
export interface TransportView extends Readonly<Record<SideName, string | null>> {
  /** For whoever is about to change sides, or changes sides now: the door for deliveries. */
  readonly moving: string;
}

export interface SocketmapOptions {
  readonly at: DoorPlace;
  readonly allowed: Allowed;
  readonly book: Pick<RouteBook, 'find'>;
  /** By name; the one named '' answers `transport` without a view. */
  readonly views: ReadonlyMap<string, TransportView>;
  readonly log: Log;
}

/** A large Postfix has some hundred processes that ask. */
const connectionsMax = 1_000;
/** A question that has begun comes whole within this time, and an answer is taken. Between questions a connection may rest. */
const questionMaxMs = 10_000;
/** Postfix closes what it does not use much sooner. */
const restMaxMs = 600_000;

/** Throws `listen.unusable`. */
export async function openSocketmap(options: SocketmapOptions): Promise<Door> {
  const sockets = new Set<Socket>();
  const answers = new Answers();
  const server: Server = createServer((socket) => {
    if (sockets.size >= connectionsMax || !mayCome(socket, options.at, options.allowed)) {
      answers.count('turned away');
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    converse(socket, options, answers);
  });
  const at = await listenAt(server, options.at);
  return { serves: 'Postfix', at, answers, [Symbol.asyncDispose]: () => endListening(server, sockets) };
}

function converse(socket: Socket, options: SocketmapOptions, answers: Answers): void {
  const reader = new NetstringReader();
  socket.setNoDelay(true);
  socket.setTimeout(restMaxMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  // A question that comes octet by octet has as long as any other.
  let within: NodeJS.Timeout | undefined;
  socket.on('close', () => clearTimeout(within));
  socket.on('drain', () => {
    socket.resume();
    socket.setTimeout(restMaxMs);
  });
  socket.on('data', (chunk: Buffer) => {
    // Everything that came at once is answered at once: one write for many questions.
    let said = '';
    const understood = reader.feed(chunk, (octets) => {
      const answer = answerTo(octets.toString(), options);
      answers.count(answer.slice(0, answer.indexOf(' ')));
      said += netstring(answer);
    });
    if (!understood) {
      answers.count('malformed');
      socket.end(said + netstring('PERM this is no netstring of a question'));
      return;
    }
    // Who asks and does not listen is not read any more; `drain` is when they have.
    const taken = said === '' || socket.write(said);
    if (!taken) {
      socket.pause();
      socket.setTimeout(questionMaxMs);
    }
    if (said !== '' || !reader.isWithin) {
      clearTimeout(within);
      within = undefined;
    }
    if (reader.isWithin) within ??= setTimeout(() => socket.destroy(), questionMaxMs);
  });
}

function answerTo(question: string, { book, views, log }: SocketmapOptions): string {
  const blank = question.indexOf(' ');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (blank < 1 || /[\x00-\x1f\x7f]/.test(question)) return 'PERM this is no question';
  const key = question.slice(blank + 1);
  const at = question.indexOf('@');
  const viewed = at > 0 && at < blank;
  const map = question.slice(0, viewed ? at : blank);
  const view = views.get(viewed ? question.slice(at + 1, blank) : '');
  try {
    switch (map) {
      case 'transport':
        return view === undefined ? 'PERM there is no such view' : transportOf(key, book, view);
      case 'relay-recipients':
        return known(key, book, () => 'yes');
      case 'virtual':
        return known(key, book, (address, extension) => extended(address, extension));
      default:
        return 'PERM there is no such map';
    }
  } catch (error) {
    log.error('a question of Postfix could not be answered', { text: error instanceof Error ? error.message : '' });
    return 'TEMP it cannot be answered now';
  }
}

function transportOf(key: string, book: SocketmapOptions['book'], view: TransportView): string {
  if (!isAddress(key)) return 'NOTFOUND ';
  const { found } = findAddressed(book, key);
  switch (found.kind) {
    case 'unknown':
      return 'NOTFOUND ';
    case 'later':
      return 'TEMP it is not certain at the moment where this address is';
    case 'home': {
      const transport = found.route.standing === 'open' ? view[found.route.side] : view.moving;
      return transport === null ? 'NOTFOUND ' : `OK ${transport}`;
    }
    default:
      return found satisfies never;
  }
}

/** Whoever has an address here has it on either side and while they move. */
function known(
  key: string,
  book: SocketmapOptions['book'],
  value: (address: string, extension: string) => string,
): string {
  if (!isAddress(key)) return 'NOTFOUND ';
  const { found, extension }: Addressed = findAddressed(book, key);
  if (found.kind === 'later') return 'TEMP who is known here is not certain at the moment';
  return found.kind === 'unknown' ? 'NOTFOUND ' : `OK ${value(found.named.address, extension)}`;
}

/**
 * With what stood behind a plus, which the sender has written. An answer is a list of addresses to Postfix: whatever is not a letter, a
 * mark, a number or a sign of an atom (RFC 5322 §3.2.3, RFC 6532 §3.2) goes in quotes, or a comma would let strangers relay by us.
 */
function extended(address: string, extension: string): string {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at) + extension;
  const isPlain = /^[\p{L}\p{M}\p{N}_!#$%&'*/=?^`{|}~.+-]+$/u.test(local);
  return `${isPlain ? local : `"${local.replaceAll(/["\\]/g, String.raw`\$&`)}"`}${address.slice(at)}`;
}

/** Postfix asks for `*`, for domains and for `@domain` too. None of them is an address of somebody, whatever we know. */
function isAddress(key: string): boolean {
  const at = key.lastIndexOf('@');
  return at > 0 && at < key.length - 1;
}
