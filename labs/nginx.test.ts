/** The nginx of the labs, as a mail proxy before Dovecot: it asks us where somebody's mailbox is, and takes them there. */

import { chmod, readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { describe, expect, test } from 'vitest';
import { startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { startNginxMail } from './nginx.ts';
import { startPostfix } from './postfix.ts';
import { makeScratch, removeScratch } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const nginx = await labAvailable('nginx');
const postfix = await labAvailable('postfix');
const dovecot = await labAvailable('dovecot');
skipAloud('nginx before Dovecot and Postfix', nginx, dovecot, postfix);

const anna = { name: 'anna@corp.example', password: 'secret of anna' };

interface Directory extends AsyncDisposable {
  readonly url: string;
  readonly asked: IncomingHttpHeaders[];
}

/** Answers each look-up with `answer`, on loopback or at the path of a Unix socket. */
async function directory(answer: Record<string, string>, path?: string): Promise<Directory> {
  const asked: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers);
    response.writeHead(200, answer).end();
  });
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(path, resolve);
  });
  if (path !== undefined) await chmod(path, 0o666);
  return {
    url:
      path === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}/where` : `unix:${path}:/where`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const at = (port: number): Record<string, string> => ({
  'Auth-Status': 'OK',
  'Auth-Server': '127.0.0.1',
  'Auth-Port': String(port),
});

describe.runIf(nginx.ok && dovecot.ok)('nginx before Dovecot', () => {
  test('who signs in by IMAP reaches the mailbox that the look-up names, and the look-up is told who asks', async () => {
    await using store = await startDovecot({ users: [anna] });
    await using where = await directory(at(store.port));
    await using proxy = await startNginxMail({
      authHttp: where.url,
      header: { name: 'X-Auth-Key', value: 'shared secret' },
      protocols: ['imap'],
    });
    await using wire = await Wire.signedIn(proxy.ports.imap as number, anna);
    await wire.ok('CREATE Here');
    expect(await store.doveadm(['mailbox', 'list', '-u', anna.name])).toContain('Here');
    expect(where.asked).toMatchObject([
      { 'auth-user': anna.name, 'auth-protocol': 'imap', 'x-auth-key': 'shared secret', 'client-ip': '127.0.0.1' },
    ]);
  });

  test('a backend that wants TLS is reached by a hop, and one whose certificate is not good is not', async () => {
    await using store = await startDovecot({ users: [anna], tls: true });
    await using other = await startDovecot({ users: [anna], tls: true });
    await using proxy = await startNginxMail({
      authHttp: 'http://127.0.0.1:9/',
      protocols: ['imap'],
      hops: [
        { port: store.tlsPort as number, name: 'localhost', caFile: store.caFile as string },
        { port: other.tlsPort as number, name: 'localhost', caFile: store.caFile as string },
      ],
    });
    const [good = 0, bad = 0] = proxy.hopPorts;
    await using wire = await Wire.signedIn(good, anna);
    await wire.ok('NOOP');
    await expect(Wire.signedIn(bad, anna)).rejects.toThrow(/closed the connection|ECONNRESET/);
    expect(await proxy.log()).toContain('upstream SSL certificate verify error');
  });

  test('whoever is refused with a wait keeps the connection; POP3 and submission ask the same Unix socket', async () => {
    const folder = await makeScratch('socket');
    await using ends = new AsyncDisposableStack();
    ends.defer(() => removeScratch(folder));
    await chmod(folder, 0o755);
    const later = { 'Auth-Status': '[UNAVAILABLE] later', 'Auth-Wait': '1' };
    await using where = await directory(later, join(folder, 'where'));
    await using proxy = await startNginxMail({ authHttp: where.url, tls: true });
    await using wire = await Wire.connect(proxy.ports.imap as number);
    const refused = await wire.command(`LOGIN ${anna.name} "${anna.password}"`);
    expect(refused).toMatchObject({ status: 'NO', text: '[UNAVAILABLE] later' });
    await wire.ok('NOOP');

    const socket = connect(proxy.ports.pop3 as number, '127.0.0.1').setEncoding('latin1');
    socket.write(`USER ${anna.name}\r\nPASS ${anna.password}\r\nQUIT\r\n`);
    expect((await socket.toArray()).join('')).toContain('-ERR [UNAVAILABLE] later');

    const transport = createTransport({
      host: '127.0.0.1',
      port: proxy.tlsPorts.smtp as number,
      secure: true,
      tls: { ca: await readFile(proxy.caFile as string) },
      auth: { user: anna.name, pass: anna.password },
    });
    await expect(transport.verify()).rejects.toThrow('later');
    expect(where.asked.map((each) => each['auth-protocol'])).toEqual(['imap', 'pop3', 'smtp']);
  });

  test.runIf(postfix.ok)(
    'who signs in for submission is known by name to the Postfix that the look-up names',
    async () => {
      await using mx = await startPostfix({
        mainCf: { smtpd_authorized_xclient_hosts: '127.0.0.1', default_transport: 'discard' },
      });
      await using where = await directory(at(mx.port));
      await using proxy = await startNginxMail({ authHttp: where.url, protocols: ['smtp'], toSubmission: 'xclient' });
      const transport = createTransport({
        host: '127.0.0.1',
        port: proxy.ports.smtp as number,
        ignoreTLS: true,
        auth: { user: anna.name, pass: anna.password },
      });
      await transport.sendMail({ from: anna.name, to: 'friend@elsewhere.example', subject: 'out', text: 'a letter' });
      expect(await mx.logTail(50)).toContain(`sasl_username=${anna.name}`);
    },
  );
});
