/**
 * The door for deliveries (LMTP, RFC 2033): to it Postfix brings the mail of whoever is about to change sides, or changes sides now.
 * Mail of a mailbox that is held waits here for its opening, and goes on to its side the moment that is known; where that takes too
 * long, Postfix is told to come again. Nothing is kept: a message streams through, or stays where it was.
 */

import type { Socket } from 'node:net';
import { domainToASCII } from 'node:url';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { DeliveryBackend } from '#domain/door-backends.ts';
import type { DoorPlace } from '#domain/door-place.ts';
import type { SideName } from '#domain/platform.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import type { RouteBook } from '#ports/routes.ts';
import { Carrying, type Envelope, type Reply } from './carrying.ts';
import { Answers, type Door } from './door.ts';
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
  const answers = new Answers();
  const passage = new InPassage();
  const ended = new AbortController();
  book.onHold((mailbox) => passage.cleared(mailbox));
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
    onRcptTo({ address }, session, done) {
      // It would be answered but once: LMTP wants an answer for each.
      const isTwice = session.envelope.rcptTo.some((other) => other.address.toLowerCase() === address.toLowerCase());
      done(isTwice ? refusal({ code: 452, text: '4.5.3 This recipient is among them already' }) : null);
    },
    async onData(stream, session, done) {
      let replies: readonly Reply[];
      try {
        replies = await carry(stream, session, { ...options, passage, answers, signal: ended.signal });
      } catch (error) {
        log.error('a delivery failed by a fault of ours', { text: error instanceof Error ? error.message : '' });
        stream.resume();
        return done(refusal({ code: 451, text: '4.3.0 It cannot be delivered now; to be tried again' }));
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

interface Parts extends DeliveriesOptions {
  readonly passage: InPassage;
  readonly answers: Answers;
  readonly signal: AbortSignal;
}

/** Brings one message to everybody it is for, and answers in the order in which they were named. */
async function carry(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  parts: Parts,
): Promise<readonly Reply[]> {
  const { backends, passage, answers } = parts;
  // A sender who leaves is met where the message is read; until then it only has to harm nobody.
  stream.on('error', () => {});
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  const recipients = session.envelope.rcptTo.map(({ address }) => asSent(address, session));
  const waitSignal = AbortSignal.any([parts.signal, gone.signal]);
  await untilCertain(recipients, parts, waitSignal);
  // From here to their entry in the passage nothing is awaited: a hold that comes later finds them there.
  const sides = new Map<SideName, { recipients: string[]; mailboxes: number[] }>();
  const replies = new Map<string, Reply>();
  for (const recipient of recipients) {
    const found = parts.book.find(recipient);
    if (isWaitedFor(found) || gone.signal.aborted) {
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
    answers.count(reply === held ? 'held' : reply.code < 300 ? 'delivered' : reply.code < 500 ? 'deferred' : 'refused');
    return reply;
  });
}

/** Waits until all of them can go at the same moment, or the time is over. */
async function untilCertain(
  recipients: readonly string[],
  { book, waitMs }: Parts,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + waitMs;
  const unsure = (): readonly string[] => recipients.filter((recipient) => isWaitedFor(book.find(recipient)));
  for (let waiting = unsure(); waiting.length > 0; waiting = unsure()) {
    const leftMs = end - performance.now();
    if (leftMs <= 0 || signal.aborted) return;
    await Promise.all(waiting.map((recipient) => settled(book, recipient, leftMs, signal)));
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
