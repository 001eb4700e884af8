/**
 * What real servers write of real sign-ins, read by `godwit tail read`'s own readers: Dovecot into a real database, Postfix and nginx
 * as far as what is seen in their lines. (IIS runs nowhere here: its reader goes by what Microsoft documents.)
 */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, BlockList, connect } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { createTransport } from 'nodemailer';
import { describe, expect, test, vi } from 'vitest';
import { type AccessLogFormat, accessLogReader } from '#domain/access-log.ts';
import type { TailProtocol, TailSighting } from '#domain/tail-sighting.ts';
import { readAccessLog } from '#operations/read-access-log.ts';
import { openTailIntake, openTailView } from '#store/tail.ts';
import { testDatabase } from '#store/test-database.ts';
import { startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { type NginxMail, startNginxMail } from './nginx.ts';
import { startPostfix } from './postfix.ts';
import { freePort } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const [dovecot, postfix, nginx] = [
  await labAvailable('dovecot'),
  await labAvailable('postfix'),
  await labAvailable('nginx'),
];
skipAloud('the tail on Dovecot, Postfix and nginx', dovecot, postfix, nginx);

describe.runIf(dovecot.ok)('on Dovecot', () => {
  test('who signed in is in the list, with what, how often, and under which of their names', async () => {
    const password = 'never to be seen again';
    const users = ['ann@x.example', 'old.ann@x.example', 'robot'].map((name) => ({ name, password }));
    await using db = await testDatabase();
    await sql`insert into organisation (code, name) values ('RXY', 'Somewhere')`.execute(db.sql);
    await sql`
      insert into mailbox (address, kind, organisation, aliases)
      values ('ann@x.example', 'person', 1, array['old.ann@x.example'])`.execute(db.sql);
    const extra = (scratch: string) => `info_log_path = ${scratch}/info.log\nimap_id_log = *\n`;
    await using server = await startDovecot({ users, extra });
    for (const [name, client] of [
      ['ann@x.example', 'Thunderbird'],
      ['ann@x.example', 'Thunderbird'],
      ['old.ann@x.example', 'iPhone'],
      ['robot', 'fetchmail'],
    ] as const) {
      await using wire = await Wire.signedIn(server.port, { name, password });
      await wire.ok(`ID ("name" "${client}" "version" "1")`);
      await wire.ok('LOGOUT').catch(() => undefined);
    }
    await using refused = await Wire.connect(server.port);
    await expect(refused.ok('LOGIN ann@x.example wrong')).rejects.toThrow(/AUTHENTICATIONFAILED/);
    await refused.ok('LOGOUT').catch(() => undefined);

    const path = join(server.scratch, 'info.log');
    const intake = openTailIntake(db, { source: null, target: null });
    const order = {
      path,
      format: 'dovecot',
      side: 'source',
      timezone: zoneHere(),
      ports: {},
      notFrom: new BlockList(),
    } as const;
    const read = () => readAccessLog({ ...order, intake, now: Date.now }, new AbortController().signal);
    // The last line that Dovecot writes of all this.
    await vi.waitFor(async () => expect(await readFile(path, 'utf8')).toContain('auth failed'), 10_000);
    expect(await read()).toMatchObject({ malformed: 0, ofMailboxes: 3, ofStrangers: 1 });
    expect(await read()).toMatchObject({ lines: 0 });

    const page = await openTailView(db).list({
      organisation: null,
      protocols: [],
      sinceMs: Date.now() - 600_000,
      side: null,
      oldOnly: false,
      unknownOnly: false,
      movedOnly: false,
      after: null,
      max: 10,
    });
    if (page.kind !== 'page') throw new Error('no page');
    expect(
      page.lines
        .map(({ address, name, client, times, networks }) => [address, name, client, times, networks[0]])
        .toSorted((a, b) => String(a[1]).localeCompare(String(b[1]))),
    ).toEqual([
      ['ann@x.example', 'ann@x.example', 'Thunderbird', 2, '127.0.0.0/24'],
      ['ann@x.example', 'old.ann@x.example', 'iPhone', 1, '127.0.0.0/24'],
      [null, 'robot', 'fetchmail', 1, '127.0.0.0/24'],
    ]);
    const { rows } = await sql<{ row: string }>`select t::text as row from tail_use t`.execute(db.sql);
    expect(rows.map(({ row }) => row).join()).not.toContain(password);
  });
});

/** Names that have been signs of something in one grammar or the other. */
const oddNames = [
  'o"dd, server: x, login: "y@x.example',
  'corp\\x41nn',
  'jürgen@x.example',
  'two words',
  "it's=so, sasl_sender",
];
const password = 'never-to-be-seen-again';
/** Whoever they are, by that password: a file of users could not hold some of these names. */
const whoever = `passdb {\n  driver = static\n  args = password=${password}\n}`;

describe.runIf(dovecot.ok && postfix.ok)('on Postfix', () => {
  test('who handed in a message is seen by the name they signed in with, or by its sender, once for each message', async () => {
    const users = ['ann@x.example', ...oddNames].map((name) => ({ name, password }));
    await using server = await startDovecot({ users: [], sasl: true, extra: whoever });
    const port = await freePort();
    await using mx = await startPostfix({
      mainCf: {
        smtpd_sasl_auth_enable: 'yes',
        smtpd_sasl_type: 'dovecot',
        smtpd_sasl_path: `inet:127.0.0.1:${server.saslPort}`,
        smtpd_relay_restrictions: 'permit_sasl_authenticated, permit_mynetworks, reject',
        // So that somebody comes from another machine.
        smtpd_authorized_xclient_hosts: '127.0.0.1',
        mynetworks: '127.0.0.0/8 192.0.2.9',
        default_transport: 'discard',
      },
      masterCf: `127.0.0.1:${port} inet n - n - - smtpd\n  -o syslog_name=postfix/submission`,
    });
    const submit = async (name: string, given = password): Promise<void> => {
      const transport = createTransport({ host: mx.host, port, ignoreTLS: true, auth: { user: name, pass: given } });
      await transport.sendMail({ from: 'team@x.example', to: 'x@elsewhere.example', subject: 's', text: 't' });
    };
    for (const { name } of users) await submit(name);
    await expect(submit('ann@x.example', 'a guess')).rejects.toThrow('535');
    await handIn(mx.port, null);
    await handIn(mx.port, { name: 'ann@x.example', password });
    const wanted = [
      ...users.map(({ name }) => ['submission', name, '127.0.0.1', 'team@x.example']),
      ['smtp', 'scan@x.example', '192.0.2.9', 'scan@x.example'],
      ['submission', 'ann@x.example', '192.0.2.9', 'scan@x.example'],
    ];
    await expect
      .poll(async () => seenIn('postfix', await mx.logTail(1_000)), { timeout: 20_000 })
      .toEqual({ malformed: [], seen: wanted });
  });

  /** As a machine elsewhere does it (XCLIENT); with a sign-in, it says whose message it hands on. */
  async function handIn(
    port: number,
    user: { readonly name: string; readonly password: string } | null,
  ): Promise<void> {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    const plain = user === null ? '' : Buffer.from(`\0${user.name}\0${user.password}`).toString('base64');
    const lines = [
      'EHLO relay.example',
      'XCLIENT NAME=scanner.x.example ADDR=192.0.2.9',
      'EHLO scanner.x.example',
      ...(user === null ? [] : [`AUTH PLAIN ${plain}`]),
      `MAIL FROM:<scan@x.example>${user === null ? '' : ' AUTH=<other@x.example>'}`,
      'RCPT TO:<x@elsewhere.example>',
      'DATA',
      'Subject: s\r\n\r\nt\r\n.',
      'QUIT',
    ];
    let heard = '';
    for await (const chunk of socket as AsyncIterable<string>) {
      heard += chunk;
      if (!/^\d{3} .*\r\n$/m.test(heard)) continue;
      expect(heard).toMatch(/^[23]/);
      heard = '';
      const line = lines.shift();
      if (line === undefined) break;
      socket.write(`${line}\r\n`);
    }
  }
});

describe.runIf(dovecot.ok && nginx.ok && postfix.ok)('on nginx', () => {
  test('who got in by IMAP, POP3 or submission is seen under the very name they gave, and nobody who did not', async () => {
    const users = ['ann@x.example', ...oddNames].map((name) => ({ name, password }));
    await using server = await startDovecot({ users: [], pop3: true, sasl: true, extra: whoever });
    await using mx = await startPostfix({
      mainCf: {
        smtpd_sasl_auth_enable: 'yes',
        smtpd_sasl_type: 'dovecot',
        smtpd_sasl_path: `inet:127.0.0.1:${server.saslPort}`,
      },
    });
    const behind = { imap: server.port, pop3: server.pop3Port, smtp: mx.port } as const;
    const where = createServer(({ headers }, response) => {
      const port = behind[headers['auth-protocol'] as keyof typeof behind];
      const isLate = headers['auth-user'] === 'late';
      const led = { 'Auth-Status': 'OK', 'Auth-Server': '127.0.0.1', 'Auth-Port': String(port) };
      response.writeHead(200, isLate ? { 'Auth-Status': '[UNAVAILABLE] later', 'Auth-Wait': '1' } : led).end();
    });
    await new Promise<void>((resolve) => where.listen(0, '127.0.0.1', resolve));
    await using _ends = { [Symbol.asyncDispose]: async () => void where.close() };
    const sixth = await freePort();
    await using proxy = await startNginxMail({
      authHttp: `http://127.0.0.1:${(where.address() as AddressInfo).port}/`,
      tls: true,
      extraMail: `starttls on;\n  server {\n    listen [::1]:${sixth};\n    protocol imap;\n  }`,
    });
    const { imap = 0, pop3 = 0, smtp = 0 } = proxy.ports;
    for (const user of users) await (await Wire.signedIn(imap, user))[Symbol.asyncDispose]();
    const [ann] = users;
    await expect(Wire.signedIn(imap, { name: 'ann@x.example', password: 'a guess' })).rejects.toThrow(
      'AUTHENTICATIONFAILED',
    );
    await expect(Wire.signedIn(imap, { name: 'late', password })).rejects.toThrow('UNAVAILABLE');
    const bySix = connect(sixth, '::1').setEncoding('latin1');
    bySix.write(`a LOGIN ann@x.example "${password}"\r\nb LOGOUT\r\n`);
    expect((await bySix.toArray()).join('')).toContain('a OK');
    const byPop = connect(pop3, '127.0.0.1').setEncoding('latin1');
    byPop.write(`USER ann@x.example\r\nPASS ${password}\r\nQUIT\r\n`);
    await byPop.toArray();
    for (const requireTLS of [false, true]) {
      const auth = { user: ann?.name ?? '', pass: password };
      const tls = { ca: await readFile(proxy.caFile as string) };
      await createTransport({ host: 'localhost', port: smtp, ignoreTLS: !requireTLS, requireTLS, tls, auth }).verify();
    }
    const wanted = [
      ...users.map(({ name }) => ['imap', name, '127.0.0.1', null]),
      ['imap', 'ann@x.example', '::1', null],
      ['pop3', 'ann@x.example', '127.0.0.1', null],
      ['submission', 'ann@x.example', '127.0.0.1', null],
      ['submission', 'ann@x.example', '127.0.0.1', null],
    ];
    const ports = { ...portsOf(proxy), [sixth]: 'imap' as const };
    await expect
      .poll(async () => seenIn('nginx', await proxy.log(), ports), { timeout: 20_000 })
      .toEqual({ malformed: [], seen: wanted });
    expect(await proxy.log()).not.toContain(password);
  });

  function portsOf({ ports }: NginxMail): Readonly<Record<number, TailProtocol>> {
    return { [ports.imap as number]: 'imap', [ports.pop3 as number]: 'pop3', [ports.smtp as number]: 'submission' };
  }
});

/** Whom the lines tell of: protocol, name, from where, sender; and the lines that were not understood. */
function seenIn(format: AccessLogFormat, log: string, ports: Readonly<Record<number, TailProtocol>> = {}) {
  const seen: TailSighting[] = [];
  const saw = (sighting: TailSighting) => void seen.push(sighting);
  const reader = accessLogReader(format, { side: 'source', timezone: zoneHere(), writtenAt: Date.now, ports }, null);
  const malformed = log.split('\n').filter((line) => line !== '' && reader.line(line, saw) === 'malformed');
  reader.rest(saw);
  for (const { at } of seen) expect(Math.abs(Date.now() - at)).toBeLessThan(600_000);
  return { malformed, seen: seen.map(({ protocol, name, ip, sender = null }) => [protocol, name, ip, sender]) };
}

function zoneHere(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
