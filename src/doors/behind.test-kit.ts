/** A mail system that stands behind the door for deliveries, by LMTP or SMTP, and keeps a record of what it was brought. */

import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { DeliveryBackend } from '#domain/door-backends.ts';

export interface Delivered {
  readonly from: string;
  readonly to: readonly string[];
  readonly octets: number;
  readonly sha256: string;
}

/** A mail system behind: takes all but what its user names say. */
export class Behind implements AsyncDisposable {
  readonly delivered: Delivered[] = [];
  readonly begun: string[] = [];
  /** Set: it reads no message until this resolves. */
  slow: Promise<void> | null = null;
  readonly #server: SMTPServer;
  readonly protocol: 'lmtp' | 'smtp';

  constructor(protocol: 'lmtp' | 'smtp', options: SMTPServerOptions = {}) {
    this.protocol = protocol;
    this.#server = new SMTPServer({
      lmtp: protocol === 'lmtp',
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: true,
      onRcptTo: ({ address }, _, done) =>
        done(
          address.startsWith('nobody') ? Object.assign(new Error('5.1.1 no such user'), { responseCode: 550 }) : null,
        ),
      onData: (stream, { envelope }, done) => {
        const to = envelope.rcptTo.map(({ address }) => address);
        this.begun.push(...to);
        const hash = createHash('sha256');
        let octets = 0;
        const read = async (): Promise<void> => {
          await this.slow;
          for await (const chunk of stream as AsyncIterable<Buffer>) {
            hash.update(chunk);
            octets += chunk.length;
          }
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          const taken = to.filter((address) => !address.startsWith('full'));
          if (taken.length > 0) this.delivered.push({ from, to: taken, octets, sha256: hash.digest('hex') });
          if (protocol === 'smtp') return done(null, '2.0.0 queued');
          const full = Object.assign(new Error('5.2.2 over quota'), { responseCode: 552 });
          done(
            null,
            to.map((address) => (address.startsWith('full') ? full : '2.0.0 saved')),
          );
        };
        read().catch(() => {});
      },
      ...options,
    });
    this.#server.on('error', () => {});
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get backend(): DeliveryBackend {
    const { port } = this.#server.server.address() as AddressInfo;
    const place = { kind: 'tcp', host: '127.0.0.1', port } as const;
    return { protocol: this.protocol, place, security: 'clear', ca: null, verify: true };
  }

  /** Cuts all who are connected. */
  cut(): void {
    for (const connection of (this.#server as unknown as { connections: Set<{ _socket: { destroy(): void } }> })
      .connections)
      connection._socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.#server.server.close(() => resolve()));
  }
}
