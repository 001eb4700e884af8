/** The Dovecot of the labs that is only a proxy: it asks us where somebody's mailbox is, and lets go of them when told to. */

import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { doveadmCall } from './doveadm-http.ts';
import { startDovecot } from './dovecot.ts';
import { startDovecotProxy } from './dovecot-proxy.ts';
import { labAvailable } from './namespace.ts';
import { makeScratch, removeScratch, type TlsWish } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { Authority, type Pem } from './tls.ts';
import { Wire } from './wire.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('Dovecot as a proxy before Dovecot', dovecot);

const anna = { name: 'anna@corp.example', password: 'secret of anna' };

interface Directory extends AsyncDisposable {
  readonly path: string;
  readonly asked: string[];
  /** What is answered from now on; null for an unknown user. */
  answer: Readonly<Record<string, string>> | null;
}

/** Answers look-ups on a Unix socket: lines of Dovecot's dict protocol. */
async function directory(answer: Directory['answer']): Promise<Directory> {
  const folder = await makeScratch('socket');
  await chmod(folder, 0o755);
  const path = join(folder, 'dict');
  const sockets = new Set<Socket>();
  const self: Directory = {
    path,
    asked: [],
    answer,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await removeScratch(folder);
    },
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    let pending = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (pending + chunk).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines.filter((each) => each.startsWith('L'))) {
        self.asked.push(line);
        socket.write(self.answer === null ? 'N\n' : `O${JSON.stringify(self.answer)}\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await chmod(path, 0o666);
  return self;
}

const at = (port: number, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  nopassword: 'y',
  proxy: 'y',
  host: '127.0.0.1',
  port: String(port),
  ...more,
});

const patience = { timeout: 20_000, interval: 20 };

const served = (wire: Wire): Promise<boolean> =>
  wire.ok('NOOP').then(
    () => true,
    () => false,
  );

describe.runIf(dovecot.ok)('Dovecot as a proxy before Dovecot', () => {
  test('whoever was sent away at the proxy is on the other side when they sign in again', async () => {
    await using old = await startDovecot({ users: [anna] });
    await using fresh = await startDovecot({ users: [anna] });
    await using where = await directory(at(old.port));
    await using proxy = await startDovecotProxy({ dictSocket: where.path });
    const port = proxy.ports.imap ?? 0;
    await using before = await Wire.signedIn(port, anna);
    await before.ok('CREATE Old');
    const carried = (): Promise<unknown> => doveadmCall(proxy.doveadmHttp, 'proxyList');
    await expect.poll(carried, patience).toMatchObject([{ username: anna.name, service: 'imap' }]);

    where.answer = at(fresh.port);
    await doveadmCall(proxy.doveadmHttp, 'proxyKick', { user: anna.name });
    // The answer does not wait until they are gone: a command that is on its way may still be served.
    await expect.poll(() => served(before), patience).toBe(false);
    await using after = await Wire.signedIn(port, anna);
    await after.ok('CREATE New');
    expect(await fresh.doveadm(['mailbox', 'list', '-u', anna.name])).toContain('New');
    expect(await old.doveadm(['mailbox', 'list', '-u', anna.name])).not.toContain('New');
    expect(where.asked).toEqual(Array.from({ length: 2 }, () => `Lshared/passdb/${anna.name}\t${anna.name}`));
  });

  test('a wrong password gets in nowhere, nor does anybody who is unknown', async () => {
    await using store = await startDovecot({ users: [anna] });
    await using where = await directory(at(store.port));
    await using proxy = await startDovecotProxy({ dictSocket: where.path });
    const port = proxy.ports.imap ?? 0;
    await expect(Wire.signedIn(port, { ...anna, password: 'a guess' })).rejects.toThrow('AUTHENTICATIONFAILED');
    where.answer = null;
    await expect(Wire.signedIn(port, anna)).rejects.toThrow('AUTHENTICATIONFAILED');
  });

  test('a backend is reached by TLS when its certificate is good, and else not', async () => {
    const authority = new Authority();
    const wish = (pem: Pem): TlsWish => ({ ...pem, ca: authority.certificate });
    await using store = await startDovecot({ users: [anna], tls: wish(authority.good()) });
    await using misnamed = await startDovecot({ users: [anna], tls: wish(authority.wrongHost()) });
    await using stranger = await startDovecot({ users: [anna], tls: true });
    await using where = await directory(at(store.tlsPort ?? 0, { ssl: 'yes' }));
    await using proxy = await startDovecotProxy({ dictSocket: where.path, backendCaFile: store.caFile ?? '' });
    const port = proxy.ports.imap ?? 0;
    await using wire = await Wire.signedIn(port, anna);
    await wire.ok('NOOP');
    for (const other of [misnamed, stranger]) {
      // Without a pause Dovecot would try for some seconds whether a backend comes to its senses.
      where.answer = at(other.tlsPort ?? 0, { ssl: 'yes', proxy_timeout: '1' });
      await expect(Wire.signedIn(port, anna)).rejects.toThrow('UNAVAILABLE');
    }
    expect(await proxy.log()).toContain("SSL certificate doesn't match expected host name 127.0.0.1");
    expect(await proxy.log()).toContain('unable to get local issuer certificate');
  });
});
