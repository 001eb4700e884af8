/**
 * The two servers of `godwit demo`: Dovecot where it can be had (Debian's packages, unpacked, not installed), else servers
 * of ours over arrays, which says so. The labs' servers are loaded here only, when a demo is asked for.
 */

import { rmSync } from 'node:fs';
import { appendBatch } from '../../labs/seed.ts';
import { toWire } from '../../labs/folder-names.ts';
import { Wire } from '../../labs/wire.ts';
import type { DemoFolder, DemoMessage } from './demo-mail.ts';

/** The server that people leave, and the one they go to. */
export type Side = 'old' | 'new';

export interface DemoServer extends AsyncDisposable {
  /** Clear text on loopback, for the people who write and read there during the demo. */
  readonly port: number;
  /** What leads there, without a user. */
  readonly endpoint: string;
  /** For `--ca`; null where the server is spoken to in clear text. */
  readonly caFile: string | null;
  /** What it is, for people. */
  readonly kind: string;
  /** How one comes to a server besides by IMAP; null of a stand-in, which has no more. */
  readonly besides: {
    readonly lmtpPort: number;
    readonly doveadm: { readonly url: string; readonly key: string };
  } | null;
}

export interface DemoServers extends AsyncDisposable {
  readonly old: DemoServer;
  readonly new: DemoServer;
  /** Why Dovecot could not be had, or null where it could. */
  readonly standIn: string | null;
}

/** Starts both. What they leave behind when the process is ended at once is removed as well. */
export async function startDemoServers(users: readonly string[], password: string): Promise<DemoServers> {
  const { labAvailable } = await import('../../labs/namespace.ts');
  const available = await labAvailable('dovecot');
  const [old, fresh] = await (available.ok ? startDovecots : startStandIns)(users, password);
  return {
    old,
    new: fresh,
    standIn: available.ok ? null : available.why,
    async [Symbol.asyncDispose]() {
      await Promise.all([old[Symbol.asyncDispose](), fresh[Symbol.asyncDispose]()]);
    },
  };
}

async function startDovecots(users: readonly string[], password: string): Promise<readonly [DemoServer, DemoServer]> {
  const { startDovecot } = await import('../../labs/dovecot.ts');
  const start = async (side: Side): Promise<DemoServer> => {
    const server = await startDovecot({
      users: users.map((name) => ({ name, password })),
      tls: true,
      lmtp: true,
      doveadmHttp: true,
      // By this a program that is led here learns where it is (RFC 2971).
      extra: `imap_id_send = name * environment ${side}`,
    });
    const { lmtpPort, doveadmHttp: doveadm } = server;
    const end = endedWithUs(server);
    return {
      port: server.port,
      endpoint: `imaps://localhost:${server.tlsPort}`,
      caFile: server.caFile,
      kind: 'Dovecot',
      besides: lmtpPort === null || doveadm === null ? null : { lmtpPort, doveadm },
      [Symbol.asyncDispose]: end,
    };
  };
  return await both(start);
}

async function startStandIns(users: readonly string[], password: string): Promise<readonly [DemoServer, DemoServer]> {
  const { startServer } = await import('../../labs/sim/server.ts');
  const start = async (): Promise<DemoServer> => {
    const server = await startServer({
      greeting: 'Godwit stand-in for a mail server, ready.',
      signIn: ({ user, secret }) =>
        secret === password && users.includes(user) ? { mailbox: user } : { refused: '[AUTHENTICATIONFAILED] No.' },
    });
    for (const user of users) server.platform.add(user);
    return {
      port: server.port,
      endpoint: `imap+plain://localhost:${server.port}`,
      caFile: null,
      kind: 'stand-in',
      besides: null,
      [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
    };
  };
  return await both(start);
}

/** Ends a server of the labs; also, as well as can be done in a moment, where this process is ended at once. */
export function endedWithUs(
  server: AsyncDisposable & { readonly pid: number; readonly scratch: string },
): () => Promise<void> {
  const emergency = (): void => {
    process.kill(server.pid, 'SIGTERM');
    rmSync(server.scratch, { recursive: true, force: true });
  };
  process.once('exit', emergency);
  return async () => {
    process.off('exit', emergency);
    await server[Symbol.asyncDispose]();
  };
}

/** Both or none: when one does not come up, the other is stopped. */
async function both(start: (side: Side) => Promise<DemoServer>): Promise<readonly [DemoServer, DemoServer]> {
  const [old, fresh] = await Promise.allSettled([start('old'), start('new')]);
  if (old.status === 'fulfilled' && fresh.status === 'fulfilled') return [old.value, fresh.value];
  for (const end of [old, fresh]) if (end.status === 'fulfilled') await end.value[Symbol.asyncDispose]();
  throw old.status === 'rejected' ? old.reason : (fresh as PromiseRejectedResult).reason;
}

/** A connection of somebody's own, beside all that Godwit does. */
export async function signedIn(server: DemoServer, user: string, password: string): Promise<Wire> {
  return await Wire.signedIn(server.port, { name: user, password });
}

/** Fills one person's mailbox as their mail programs would have. */
export async function fillMailbox(
  server: DemoServer,
  user: string,
  password: string,
  folders: readonly DemoFolder[],
): Promise<void> {
  await using wire = await signedIn(server, user, password);
  for (const folder of folders) {
    const name = Buffer.from(folder.path.map(toWire).join('/'), 'latin1');
    // Those with a use of their own are there already, or are made by this; either is fine.
    if (folder.path[0] !== 'INBOX') await wire.command('CREATE ', name);
    await wire.command('SUBSCRIBE ', name);
    await putMessages(wire, name, folder.messages);
  }
}

/** Delivers into the inbox, and plays somebody reading: the newest unread become read, one gets a star. */
export async function liveALittle(
  server: DemoServer,
  user: string,
  password: string,
  arrivals: readonly DemoMessage[],
): Promise<void> {
  await using wire = await signedIn(server, user, password);
  await wire.ok('SELECT INBOX');
  await wire.ok('STORE 1 +FLAGS.SILENT (\\Flagged)');
  await wire.ok('STORE 2:3 +FLAGS.SILENT (\\Answered \\Seen)');
  await putMessages(wire, Buffer.from('INBOX'), arrivals);
}

/** Puts messages into a folder (its name as the wire has it), as deliveries would have. */
export async function putMessages(wire: Wire, folder: Buffer, messages: readonly DemoMessage[]): Promise<void> {
  for (let at = 0; at < messages.length; at += 50) {
    const batch = messages.slice(at, at + 50).map(({ bytes, flags, receivedMs }, i) => ({
      name: String(at + i),
      bytes,
      flags,
      internalDate: internalDate(receivedMs),
    }));
    const { refused } = await appendBatch(wire, folder, batch);
    if (refused[0]) throw new Error(`the demo's own mail was refused: ${refused[0].text}`);
  }
}

/** `date-time` (RFC 9051 §9). */
function internalDate(ms: number): string {
  const [, day, month, year, time] = new Date(ms).toUTCString().split(/,? /) as [
    string,
    string,
    string,
    string,
    string,
  ];
  return `${day}-${month}-${year} ${time} +0000`;
}
