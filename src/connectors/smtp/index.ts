/** Letters by SMTP (RFC 5321), one after the other over one connection, with what became of each. */

import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { Fault } from '#domain/fault.ts';
import type { SmtpServer } from '#domain/notice-settings.ts';
import type { Letter, Post, Posted } from '#ports/notices.ts';
import type { Reach } from '#ports/reach.ts';
import { connected } from './connected.ts';
import { letterOctets } from './letter.ts';
import { connectFault, type SmtpError, wordsOf } from './post-fault.ts';

export { letterOctets } from './letter.ts';

export interface SmtpOptions {
  readonly server: SmtpServer;
  /** Asked for at each sign-in. Throws `secret.*`. */
  readonly password: () => Promise<string>;
  /** Judges where a connection leads before it is made; without it any will do. */
  readonly reach?: Reach;
}

const connectMs = 30_000;
/** RFC 5321 §4.5.3.2.6 asks for ten minutes after the last octet; nobody else is written to meanwhile. */
const silentMs = 120_000;

export class SmtpPost implements Post {
  readonly #options: SmtpOptions;
  #connection: SMTPConnection | null = null;

  constructor(options: SmtpOptions) {
    this.#options = options;
  }

  async ready(signal: AbortSignal): Promise<void> {
    if (this.#connection) return;
    const { server, password, reach } = this.#options;
    const way = reach?.to(server) ?? server;
    const secret = server.signIn && (await password());
    signal.throwIfAborted();
    const socket = await connected(way, connectMs, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error instanceof Fault ? error : connectFault(error as SmtpError, server);
    });
    const connection = new SMTPConnection({
      connection: socket,
      host: server.host,
      port: server.port,
      secure: server.security === 'tls',
      requireTLS: server.security === 'starttls',
      ignoreTLS: server.security === 'clear',
      connectionTimeout: connectMs,
      greetingTimeout: connectMs,
      socketTimeout: silentMs,
      tls: { rejectUnauthorized: server.verify, ...(await authorities(server.ca)) },
    });
    // One that ends between two letters is opened again for the next.
    connection.on('error', () => this.#forget(connection));
    connection.on('end', () => this.#forget(connection));
    try {
      await within(signal, connection, (done) => {
        connection.once('error', done);
        connection.connect(done);
      });
      const { signIn } = server;
      if (signIn && secret !== null)
        await within(signal, connection, (done) => connection.login({ user: signIn.user, pass: secret }, done));
    } catch (error) {
      connection.close();
      signal.throwIfAborted();
      throw connectFault(error as SmtpError, server);
    }
    this.#connection = connection;
  }

  async send(letter: Letter, signal: AbortSignal): Promise<Posted> {
    const octets = await letterOctets(letter);
    const connection = this.#connection;
    if (!connection) return { kind: 'later', why: 'the connection has ended', isServer: true };
    const message = new Handed(octets);
    const envelope = { from: letter.from.address, to: [letter.to.address], size: octets.length };
    try {
      await sent(connection, envelope, message, signal);
      return { kind: 'sent' };
    } catch (error) {
      // Whatever state it is in, the next letter begins on a fresh one.
      this.#forget(connection);
      connection.close();
      return outcomeOf(error as SmtpError, message.isHandedOver, this.#options.server.host);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection?.quit();
    this.#connection = null;
  }

  #forget(connection: SMTPConnection): void {
    if (this.#connection === connection) this.#connection = null;
  }
}

/** The octets of a message, and whether anybody has begun to read them: that is when the server has agreed to DATA. */
class Handed extends Readable {
  readonly #octets: Buffer;
  isHandedOver = false;

  constructor(octets: Buffer) {
    super();
    this.#octets = octets;
    this.on('error', () => undefined); // told by whoever reads it
  }

  override _read(): void {
    if (this.isHandedOver) return;
    this.isHandedOver = true;
    this.push(this.#octets);
    this.push(null);
  }
}

/** Who is to stop stops before DATA; after that the answer is waited for, since it is the only one there will be. */
function sent(
  connection: SMTPConnection,
  envelope: { readonly from: string; readonly to: string[]; readonly size: number },
  message: Handed,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      if (message.isHandedOver) return;
      reject(new Error('it was stopped before it was handed over'));
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    // The library tells of a connection that broke by the event first and by the callback a moment later, with what was said.
    const ended = (): void => void setImmediate(end, new Error('the connection ended'));
    const end = (error?: Error | null): void => {
      signal.removeEventListener('abort', stop);
      connection.removeListener('end', ended);
      if (error) reject(error);
      else resolve();
    };
    connection.once('end', ended);
    connection.send(envelope, message, (error) => end(error));
  });
}

function outcomeOf(error: SmtpError, isHandedOver: boolean, host: string): Posted {
  const { responseCode, command } = error;
  const why = wordsOf(error);
  const said = `${host}: ${why}`;
  if (responseCode === undefined)
    return isHandedOver ? { kind: 'unknown', why: said } : { kind: 'later', why: said, isServer: true };
  const isAboutThis = command === 'RCPT TO' || command === 'DATA';
  if (responseCode === 421 || !isAboutThis) return { kind: 'later', why: said, isServer: true };
  if (responseCode >= 500) return { kind: 'refused', why: said };
  return { kind: 'later', why: said, isServer: false };
}

/** Besides those of the machine. */
async function authorities(pem: string | null): Promise<{ readonly ca?: string[] }> {
  if (pem === null) return {};
  const { getCACertificates } = await import('node:tls');
  return { ca: [...getCACertificates('default'), pem] };
}

/** A step of the library that ends with `done`, given up when the signal fires. */
function within(
  signal: AbortSignal,
  connection: SMTPConnection,
  step: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      connection.close();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
    step((error) => {
      signal.removeEventListener('abort', stop);
      if (error) reject(error);
      else resolve();
    });
  });
}
