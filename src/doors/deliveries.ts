/**
 * The door for deliveries (LMTP, RFC 2033): to it Postfix brings the mail of whoever is about to change sides, or changes sides now.
 * Mail of a mailbox that is held waits here for its opening, and goes on to its side the moment that is known; where that takes too
 * long, Postfix is told to come again. Nothing is kept: a message streams through, or stays where it was.
 *
 * Answers come in the order of the recipients, so whoever waited among several would keep back the answers of those whose mail has
 * arrived; and a sender who goes before they are given brings it a second time. So a message waits only as long as none of those it is for
 * can have it. As soon as one can it goes to all who can, and of the others Postfix is told at once to come again for them alone. A
 * Postfix that brings each recipient by itself (`_destination_recipient_limit = 1`) has none of them come again.
 */

import type { Socket } from 'node:net';
import { domainToASCII } from 'node:url';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { DeliveryBackend } from '#domain/door-backends.ts';
import type { DoorPlace } from '#domain/door-place.ts';
import type { SideName } from '#domain/platform.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import type { AttemptSink } from '#ports/interruptions.ts';
import type { RouteBook } from '#ports/routes.ts';
import { byAddress } from './addressed.ts';
import { Carrying, type Envelope, type Reply } from './carrying.ts';
import { Answers, type Door } from './door.ts';
import { FirstOffered } from './first-offered.ts';
import { InPassage } from './in-passage.ts';
import { type Allowed, endListening, listenAt, mayCome } from './listening.ts';
import { isWaitedFor, settled } from './patience.ts';

export interface DeliveriesOptions {
  readonly at: DoorPlace;
  readonly allowed: Allowed;
  readonly book: Pick<RouteBook, 'find' | 'whenOpen' | 'onHold'>;
  readonly backends: Readonly<Record<SideName, DeliveryBackend>>;
  /** So long mail waits here for a mailbox to open. Postfix itself waits two minutes (`lmtp_data_init_timeout`). */
  readonly waitMs: number;
  /** Told how long each message took; without it nobody is. */
  readonly attempts?: AttemptSink;
  readonly log: Log;
}

/** Each holds one message, of which a few buffers are in memory. */
const connectionsMax = 200;
const recipientsMax = 1_000;
const silenceMaxMs = 300_000;

const held: Reply = { code: 451, text: '4.3.2 This mailbox is being moved; to be tried again' };
const brokenOff: Reply = { code: 451, text: '4.3.0 The message was not heard to its end; to be tried again' };

/** Throws `listen.unusable`. */
export async function openDeliveries(options: DeliveriesOptions): Promise<Door> {
  const { log, book } = options;
  const parts = { ...options, book: byAddress(book) };
  const answers = new Answers();
  const passage = new InPassage();
  const offered = new FirstOffered();
  const ended = new AbortController();
  /** By session: who leaves while their message waits will bring it again, and it is not to have gone on by then. */
  const waiting = new Map<string, AbortController>();
  book.onHold((mailbox, hasTime) => passage.cleared(mailbox, hasTime));
  const lmtp = new SMTPServer({
    lmtp: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    // The backend's own words come with codes of their own.
    hideENHANCEDSTATUSCODES: true,
    lenientAddressParsing: true,
    maxClients: connectionsMax,
    maxRecipients: recipientsMax,
    socketTimeout: silenceMaxMs,
    logger: false,
    // A message that was heard to its end is not taken from us when its sender leaves: nothing else tells of that.
    onClose: ({ id }) => waiting.get(id)?.abort(),
    onRcptTo({ address }, session, done) {
      // It would be answered but once: LMTP wants an answer for each.
      const isTwice = session.envelope.rcptTo.some((other) => other.address.toLowerCase() === address.toLowerCase());
      done(isTwice ? refusal({ code: 452, text: '4.5.3 This recipient is among them already' }) : null);
    },
    async onData(stream, session, done) {
      let replies: readonly Reply[];
      const left = new AbortController();
      waiting.set(session.id, left);
      const signal = AbortSignal.any([ended.signal, left.signal]);
      try {
        replies = await carry(stream, session, { ...parts, passage, offered, answers, signal, left: left.signal });
      } catch (error) {
        log.error('a delivery failed by a fault of ours', { text: error instanceof Error ? error.message : '' });
        stream.resume();
        return done(refusal({ code: 451, text: '4.3.0 It cannot be delivered now; to be tried again' }));
      } finally {
        waiting.delete(session.id);
      }
      done(
        null,
        replies.map((reply) => (reply.code < 300 ? reply.text : refusal(reply))),
      );
    },
  });
  lmtp.on('error', (error: Error) =>
    log.debug('a connection to the door for deliveries broke', { text: cleanText(error.message, 200) }),
  );
  const { server } = lmtp;
  const sockets = new Set<Socket>();
  server.prependListener('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    if (!mayCome(socket, options.at, options.allowed)) socket.destroy();
  });
  const at = await listenAt(server, options.at);
  return {
    serves: 'deliveries',
    at,
    answers,
    async [Symbol.asyncDispose]() {
      ended.abort();
      await endListening(server, sockets);
    },
  };
}

interface Parts extends Omit<DeliveriesOptions, 'book'> {
  /** In which everybody is found however their address is written. */
  readonly book: Pick<RouteBook, 'find' | 'whenOpen'>;
  readonly passage: InPassage;
  readonly offered: FirstOffered;
  readonly answers: Answers;
  readonly signal: AbortSignal;
  /** Fires when the sender is gone. */
  readonly left: AbortSignal;
}

/** Brings one message to everybody it is for, and answers in the order in which they were named. */
async function carry(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  parts: Parts,
): Promise<readonly Reply[]> {
  const { backends, passage, answers } = parts;
  const cameMs = performance.now();
  // A sender who leaves is met where the message is read; until then it only has to harm nobody.
  stream.on('error', () => {});
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  const recipients = session.envelope.rcptTo.map(({ address }) => asSent(address, session));
  const waitSignal = AbortSignal.any([parts.signal, gone.signal]);
  const waited = new Set(recipients.filter((recipient) => isWaitedFor(parts.book.find(recipient))));
  await untilOneCanGo(recipients, parts, waitSignal);
  // From here to their entry in the passage nothing is awaited: a hold that comes later finds them there.
  const sides = new Map<SideName, { recipients: string[]; mailboxes: number[] }>();
  const replies = new Map<string, Reply>();
  for (const recipient of recipients) {
    const found = parts.book.find(recipient);
    if (isWaitedFor(found) || gone.signal.aborted || parts.left.aborted) {
      replies.set(recipient, held);
      continue;
    }
    // Who is not known is for the source to tell, as if we were not there.
    const side = found.kind === 'home' ? found.route.side : 'source';
    const going = sides.get(side) ?? { recipients: [], mailboxes: [] };
    sides.set(side, going);
    going.recipients.push(recipient);
    if (found.kind === 'home') going.mailboxes.push(found.route.mailbox);
  }
  const envelope = envelopeOf(session);
  const carryings = [...sides].map(([side, going]) => {
    const carrying = new Carrying(backends[side], envelope, going.recipients);
    passage.enter(carrying, going.mailboxes);
    return carrying;
  });
  await pour(stream, carryings);
  for (const carrying of carryings)
    for (const [recipient, reply] of await carrying.replies) replies.set(recipient, reply);
  return recipients.map((recipient) => {
    const reply = replies.get(recipient) ?? brokenOff;
    tell(recipient, reply, { cameMs, envelope, wasHeld: waited.has(recipient) }, parts);
    answers.count(reply === held ? 'held' : reply.code < 300 ? 'delivered' : reply.code < 500 ? 'deferred' : 'refused');
    return reply;
  });
}

/** Of those who are of the estate: how long it took, from when it was first offered. */
function tell(
  recipient: string,
  { code }: Reply,
  { cameMs, envelope, wasHeld }: { readonly cameMs: number; readonly envelope: Envelope; readonly wasHeld: boolean },
  { book, offered, attempts }: Parts,
): void {
  const found = attempts === undefined ? null : book.find(recipient);
  if (found?.kind !== 'home') return;
  // Without a size any two of one sender would be the same.
  const key = envelope.sizeBytes > 0 ? `${envelope.sizeBytes} ${envelope.from} ${recipient}` : null;
  const fromMs = key === null ? cameMs : offered.at(key, cameMs);
  const isThrough = code < 300;
  const isPutOff = code >= 400 && code < 500;
  if (key !== null && isPutOff) offered.putOff(key, fromMs);
  else if (key !== null) offered.settled(key);
  const { mailbox } = found.route;
  const untilMs = performance.now();
  attempts?.attempted({ mailbox, kind: 'delivery', fromMs, untilMs, isThrough, wasHeld: wasHeld || fromMs < cameMs });
}

/** Waits until the first of them can go, or the time is over. */
async function untilOneCanGo(
  recipients: readonly string[],
  { book, waitMs }: Parts,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + waitMs;
  while (recipients.every((recipient) => isWaitedFor(book.find(recipient)))) {
    const leftMs = end - performance.now();
    if (leftMs <= 0 || signal.aborted) return;
    const first = new AbortController();
    const either = AbortSignal.any([signal, first.signal]);
    const waits = recipients.map((recipient) => settled(book, recipient, leftMs, either));
    await Promise.race(waits);
    first.abort();
    await Promise.all(waits);
  }
}

/** Writes the message to all at once, as fast as the slowest of them takes it; only a whole one is ended. */
async function pour(stream: SMTPServerDataStream, carryings: readonly Carrying[]): Promise<void> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const full = carryings.map((carrying) => carrying.write(chunk)).filter((wait) => wait !== null);
      if (full.length > 0) await Promise.all(full);
    }
  } catch {
    for (const carrying of carryings) carrying.abandon(brokenOff);
    return;
  }
  for (const carrying of carryings) carrying.end();
}

function envelopeOf({ envelope }: SMTPServerSession): Envelope {
  const { mailFrom, bodyType } = envelope;
  const size = mailFrom === false ? undefined : mailFrom.args === false ? undefined : mailFrom.args['SIZE'];
  return {
    from: mailFrom === false ? '' : mailFrom.address,
    sizeBytes: typeof size === 'string' && /^\d{1,15}$/.test(size) ? Number(size) : 0,
    isEightBit: bodyType === '8bitmime',
  };
}

/** smtp-server shows a domain in its own letters, whoever sent it in ASCII (RFC 5891) wants it back so. */
function asSent(address: string, { envelope }: SMTPServerSession): string {
  const at = address.lastIndexOf('@');
  if (envelope.smtpUtf8 || at < 0) return address;
  return address.slice(0, at + 1) + (domainToASCII(address.slice(at + 1)) || address.slice(at + 1));
}

function refusal({ code, text }: Reply): Error {
  return Object.assign(new Error(text), { responseCode: code });
}
