/**
 * One message on its way to one side: a transaction of LMTP or SMTP into which the message is written as it comes. It answers for
 * each recipient, and never ends a message that was not heard to its end.
 */

import { connect as dial } from 'node:net';
import { PassThrough } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { DeliveryBackend } from '#domain/door-backends.ts';
import { cleanText } from '#lib/clean-text.ts';

/** What the sender said about the message. */
export interface Envelope {
  readonly from: string;
  /** As announced by the sender; 0 for nothing. */
  readonly sizeBytes: number;
  readonly isEightBit: boolean;
}

export interface Reply {
  readonly code: number;
  readonly text: string;
}

const connectMaxMs = 5_000;
/** The sender's own patience for the end of a delivery is longer (`lmtp_data_done_timeout` of Postfix: 600 s). */
const silenceMaxMs = 300_000;
const replyOctetsMax = 400;

const lost: Reply = { code: 451, text: '4.4.2 The connection to the mail system behind was lost; to be tried again' };

export class Carrying {
  /** What was said to each recipient, in no order, once it is over; it never rejects. */
  readonly replies: Promise<ReadonlyMap<string, Reply>>;
  readonly recipients: readonly string[];
  readonly #message = new PassThrough();
  readonly #connection: SMTPConnection;
  #over!: (replies: ReadonlyMap<string, Reply>) => void;
  #isOver = false;

  constructor(backend: DeliveryBackend, envelope: Envelope, recipients: readonly string[]) {
    this.recipients = recipients;
    this.replies = new Promise((resolve) => {
      this.#over = resolve;
    });
    this.#message.on('error', () => {});
    this.#connection = connectionTo(backend);
    this.#connection.on('error', (error: unknown) => this.#end(repliesOf(recipients, error)));
    this.#connection.on('end', () => this.#end(repliesOf(recipients, null)));
    this.#connection.connect(() => this.#send(envelope));
  }

  /** Whether the last octet has gone to the backend, so that it may have the message whatever it says. */
  get isSent(): boolean {
    return this.#message.writableEnded;
  }

  /** Null when more can be taken at once, else a promise for when. What comes after a refusal is let fall. */
  write(chunk: Buffer): Promise<void> | null {
    if (this.#message.destroyed || this.#isOver) return null;
    if (this.#message.write(chunk)) return null;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#message.off('drain', done);
        this.#message.off('close', done);
        resolve();
      };
      this.#message.once('drain', done);
      this.#message.once('close', done);
    });
  }

  /** The message is whole. */
  end(): void {
    if (!this.#message.destroyed && !this.#isOver) this.#message.end();
  }

  /** Breaks off; a message that was not ended has not arrived. */
  abandon(reply: Reply): void {
    this.#end(new Map(this.recipients.map((recipient) => [recipient, reply])));
  }

  #send(envelope: Envelope): void {
    if (this.#isOver) return;
    const { from, sizeBytes: size, isEightBit: use8BitMime } = envelope;
    const asked = { from, to: [...this.recipients], size, use8BitMime };
    this.#connection.send(asked, this.#message, (error, info) =>
      this.#end(repliesOf(this.recipients, error, info?.rejectedErrors, info?.response)),
    );
  }

  #end(replies: ReadonlyMap<string, Reply>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#message.destroy();
    // Not by QUIT: a connection that is cut before the final dot is how a message is taken back.
    this.#connection.close();
    this.#over(replies);
  }
}

function connectionTo({ protocol, place, security, ca, verify }: DeliveryBackend): SMTPConnection {
  return new SMTPConnection({
    ...(place.kind === 'tcp' ? { host: place.host, port: place.port } : { connection: dial(place.path) }),
    lmtp: protocol === 'lmtp',
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'clear',
    allowInternalNetworkInterfaces: true,
    connectionTimeout: connectMaxMs,
    greetingTimeout: connectMaxMs * 2,
    socketTimeout: silenceMaxMs,
    socketCloseTimeout: 0,
    tls: { rejectUnauthorized: verify, ...(ca === null ? {} : { ca }), minVersion: 'TLSv1.2' },
  });
}

/** As nodemailer tells it: an error that broke off, or those of single recipients, or nothing but the words of success. */
function repliesOf(
  recipients: readonly string[],
  error: unknown,
  refused: readonly Refusal[] = [],
  response?: string,
): ReadonlyMap<string, Reply> {
  const broken = error as Refusal | null;
  const each = new Map([...refused, ...(broken?.rejectedErrors ?? [])].map((one) => [one.recipient, one]));
  // Of LMTP's answers these words are the last recipient's, who may be one that was refused.
  const said = response === undefined ? null : response.startsWith('2') ? wordsOf(response) : '2.1.5 Delivered';
  return new Map(
    recipients.map((recipient) => {
      const refusal = each.get(recipient);
      if (refusal) return [recipient, refusedBy(refusal)];
      if (broken || said === null) return [recipient, broken ? refusedBy(broken) : lost];
      return [recipient, { code: 250, text: said }];
    }),
  );
}

interface Refusal extends Error {
  readonly recipient?: string | undefined;
  readonly response?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly code?: string | undefined;
  readonly command?: string | undefined;
  readonly rejectedErrors?: readonly Refusal[] | undefined;
}

/** Of these a refusal speaks of the message. A server that greets with 554 says nothing of a recipient. */
const commandsOfMessage: ReadonlySet<string | undefined> = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);

const tooLarge: Reply = { code: 552, text: '5.3.4 The mail system behind takes no message of this size' };

function refusedBy({ responseCode: code, response, command, ...error }: Refusal): Reply {
  // Nodemailer has compared the size with what the server announced (RFC 1870), and spared it the question.
  if (code === undefined && error.code === 'EMESSAGE' && command === 'MAIL FROM') return tooLarge;
  if (code === undefined || code < 400 || code > 599 || !commandsOfMessage.has(command)) return lost;
  // 421 and 503 speak of the connection, which is ours.
  if (code === 421 || code === 503) return lost;
  return { code, text: wordsOf(response ?? '') };
}

/** Without the code, on one line. */
function wordsOf(response: string): string {
  return cleanText(response.replace(/^\d{3}[ -]?/gm, ''), replyOctetsMax) || 'as the mail system behind says';
}
