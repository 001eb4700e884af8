/** Servers that cannot be reached, cannot be trusted or do not let us in: each says what it is, sends no secret, exits 4. */

import { describe, expect, test } from 'vitest';
import { startDovecot } from './dovecot.ts';
import { type Copied, type End, freshState, godwitCopy } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { scriptedServer } from './scripted-server.ts';
import { freePort } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { startProxy } from './tcp-proxy.ts';
import { Authority, type Pem, selfSigned } from './tls.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const dovecot = await labAvailable('dovecot');
skipAloud('bad input at sign-in', dovecot);

const ada = { name: 'ada', password: 'the-secret-of-ada' };
const ben = { name: 'ben', password: 'the-secret-of-ben' };

async function refusedWith(source: End, target: End, more: readonly string[] = []): Promise<string> {
  await using state = await freshState();
  const ran: Copied = await godwitCopy(source, target, state.path, more);
  expect(ran.code).toBe(4);
  expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/the-secret-of/);
  expect(ran.mailbox.fault?.remedy).toBeTruthy();
  return ran.mailbox.fault?.code ?? 'none';
}

describe.runIf(dovecot.ok)('a server that does not let us in', () => {
  test('a wrong password is named as one, on either side', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    const wrong = { port: server.port, user: { name: 'ada', password: 'the-secret-of-nobody' } };
    const right = { port: server.port, user: ben };
    expect(await refusedWith(wrong, right)).toBe('imap.sign-in.refused');
    expect(await refusedWith(right, wrong)).toBe('imap.sign-in.refused');
  });

  test('a port where nothing listens, and a host that has no address', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    const right = { port: server.port, user: ada };
    expect(await refusedWith(right, { port: await freePort(), user: ben })).toBe('imap.connect.refused');
    expect(await refusedWith(right, { port: 993, scheme: 'imaps', host: 'no-such-host.invalid', user: ben })).toBe(
      'imap.host.unknown',
    );
  });
});

describe.runIf(dovecot.ok)('a certificate', () => {
  const authority = new Authority();
  const cases: readonly (readonly [string, Pem, string])[] = [
    ['that is out of date', authority.expired(), 'imap.tls.expired'],
    ['signed by itself', selfSigned(), 'imap.tls.untrusted'],
    ['of another host', authority.wrongHost(), 'imap.tls.wrong-host'],
  ];
  for (const [what, pem, code] of cases) {
    test(`${what} is refused, with implicit TLS and with STARTTLS`, async () => {
      await using server = await startDovecot({ users: [ada, ben], tls: { ...pem, ca: authority.certificate } });
      await using trust = await caFile(authority.certificate);
      const clear = { port: server.port, user: ben };
      expect(
        await refusedWith({ scheme: 'imaps', port: server.tlsPort as number, user: ada }, clear, ['--ca', trust.path]),
      ).toBe(code);
      expect(await refusedWith({ scheme: 'imap', port: server.port, user: ada }, clear, ['--ca', trust.path])).toBe(
        code,
      );
    });
  }

  test('that is good is accepted with --ca, by implicit TLS and by STARTTLS, and refused without', async () => {
    await using server = await startDovecot({ users: [ada, ben], tls: true });
    await using state = await freshState();
    const source: End = { scheme: 'imaps', port: server.tlsPort as number, user: ada };
    const target: End = { scheme: 'imap', port: server.port, user: ben };
    const ran = await godwitCopy(source, target, state.path, ['--ca', server.caFile as string]);
    expect(ran.mailbox.fault).toBeNull();
    expect(ran.code).toBe(0);
    expect(await refusedWith(source, target)).toBe('imap.tls.untrusted');
  });
});

describe.runIf(dovecot.ok)('someone between here and there', () => {
  test('who strips STARTTLS gets no secret', async () => {
    await using server = await startDovecot({ users: [ada, ben], tls: true });
    await using between = await startProxy(server, {
      log: true,
      toClient: (chunk) => Buffer.from(chunk.toString('latin1').replaceAll(' STARTTLS', ''), 'latin1'),
    });
    const code = await refusedWith(
      { scheme: 'imap', port: between.port, user: ada },
      { port: server.port, user: ben },
      ['--ca', server.caFile as string],
    );
    expect(code).toBe('imap.starttls.missing');
    expect(between.sent()).not.toMatch(/LOGIN|AUTHENTICATE|secret/i);
  });

  test('who puts words behind the answer to STARTTLS is found out', async () => {
    await using server = await startDovecot({ users: [ada, ben], tls: true });
    await using between = await startProxy(server, {
      log: true,
      toClient: (chunk) =>
        /OK Begin TLS/.test(chunk.toString('latin1'))
          ? Buffer.concat([chunk, Buffer.from('* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n')])
          : chunk,
    });
    const code = await refusedWith(
      { scheme: 'imap', port: between.port, user: ada },
      { port: server.port, user: ben },
      ['--ca', server.caFile as string],
    );
    expect(code).toBe('imap.starttls.injected');
    expect(between.sent()).not.toMatch(/AUTHENTICATE|LOGIN|secret/i);
  });

  test('who greets with PREAUTH before TLS gets no secret', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    await using posing = await scriptedServer(async (say, lines) => {
      say('* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n');
      for await (const line of lines) say(`${line.split(' ')[0]} OK\r\n`);
    });
    expect(await refusedWith({ scheme: 'imap', port: posing.port, user: ada }, { port: server.port, user: ben })).toBe(
      'imap.preauth.before-tls',
    );
    expect(posing.heard()).not.toMatch(/LOGIN|AUTHENTICATE|secret/i);
  });
});

async function caFile(pem: string): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-ca-'));
  await writeFile(join(folder, 'ca.pem'), pem);
  return { path: join(folder, 'ca.pem'), [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
