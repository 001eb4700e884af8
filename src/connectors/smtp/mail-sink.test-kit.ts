/** A mail server for tests: it keeps what it takes, refuses what it is told to refuse, and breaks off where it is told to. */

import type net from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { SmtpServer } from '#domain/notice-settings.ts';

export interface Taken {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

export interface MailSink extends AsyncDisposable {
  readonly taken: readonly Taken[];
  /** How often somebody came. */
  readonly visits: () => number;
  readonly server: SmtpServer;
}

export interface SinkWishes {
  /** What is said to a recipient; nothing for who is taken. */
  readonly refuse?: (recipient: string) => { readonly code: number; readonly text: string } | null;
  /** What is said after the last octet; `cut` breaks off without a word, `cut-taken` after it was kept. */
  readonly atEnd?: (recipient: string) => { readonly code: number; readonly text: string } | 'cut' | 'cut-taken' | null;
  readonly user?: { readonly name: string; readonly password: string };
  readonly tls?: { readonly key: string; readonly cert: string };
  /** With `tls`: from the first octet, not by STARTTLS. */
  readonly secure?: boolean;
}

export async function mailSink(wishes: SinkWishes = {}): Promise<MailSink> {
  const taken: Taken[] = [];
  const sockets = new Set<net.Socket>();
  let visits = 0;
  const { user, tls } = wishes;
  const options: SMTPServerOptions = {
    secure: wishes.secure === true,
    disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(user ? [] : ['AUTH'])],
    authOptional: user === undefined,
    disableReverseLookup: true,
    logger: false,
    ...tls,
    onConnect: (_session, done) => {
      visits++;
      done();
    },
    onAuth: ({ username, password }, _session, done) =>
      username === user?.name && password === user?.password
        ? done(null, { user: username })
        : done(new Error('Invalid username or password')),
    onRcptTo: ({ address }, _session, done) => done(refusal(wishes.refuse?.(address) ?? null)),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const to = rcptTo.map(({ address }) => address);
        const says = wishes.atEnd?.(to[0] ?? '') ?? null;
        if (says === null || says === 'cut-taken')
          taken.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to,
            text: Buffer.concat(chunks).toString('utf8'),
          });
        if (says === 'cut' || says === 'cut-taken') for (const socket of sockets) socket.destroy();
        else done(refusal(says));
      });
    },
  };
  const server = new SMTPServer(options);
  server.on('error', () => undefined); // connections that we broke off
  server.server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as net.AddressInfo;
  return {
    taken,
    visits: () => visits,
    server: {
      host: '127.0.0.1',
      port,
      security: tls ? (wishes.secure === true ? 'tls' : 'starttls') : 'clear',
      ca: null,
      verify: true,
      signIn: null,
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function refusal(says: { readonly code: number; readonly text: string } | null): Error | null {
  return says && Object.assign(new Error(says.text), { responseCode: says.code });
}
