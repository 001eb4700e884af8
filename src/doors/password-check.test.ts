import fc from 'fast-check';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkByImap, checkByLdap, distinguishedName } from './password-check.ts';

let server: Server;
let respond: (line: string, socket: Socket) => void;
const sockets = new Set<Socket>();

beforeEach(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n');
    socket.setEncoding('utf8').on('data', (text: string) => respond(text, socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const check = () => {
  const { port } = server.address() as AddressInfo;
  return checkByImap({ host: '127.0.0.1', port, security: 'clear', ca: null, verify: true });
};
const never = new AbortController().signal;

describe('a password asked of a mail system', () => {
  test.each([
    ['OK done', 'right'],
    ['NO [AUTHENTICATIONFAILED] no', 'wrong'],
    ['NO no', 'wrong'],
    ['NO [UNAVAILABLE] not now', 'unsure'],
    ['BAD what', 'unsure'],
  ])('%s: it is %s', async (answer, verdict) => {
    respond = (line, socket) => void socket.write(`${line.split(' ')[0]} ${answer}\r\n`);
    expect(await check()('ann', 'hunter2', never)).toBe(verdict);
  });

  test('a server that breaks off says nothing about a password', async () => {
    respond = (_, socket) => void socket.destroy();
    expect(await check()('ann', 'hunter2', never)).toBe('unsure');
  });

  test('no password is no password, and nobody is asked', async () => {
    respond = (line, socket) => void socket.write(`${line.split(' ')[0]} OK anything\r\n`);
    expect(await check()('ann', '', never)).toBe('wrong');
    expect(await check()('', 'x', never)).toBe('wrong');
    expect(await check()('ann\0bob', 'x', never)).toBe('wrong');
  });
});

describe('a password asked of a directory', () => {
  test('no password is none, though a directory lets a bind without one pass', async () => {
    const ldap = checkByLdap({ url: 'ldap://127.0.0.1:1', dn: 'uid={local}', ca: null, verify: true });
    expect(await ldap('ann@corp.example', '', never)).toBe('wrong');
  });

  test('a directory that is away says nothing about a password', async () => {
    const ldap = checkByLdap({ url: 'ldap://127.0.0.1:1', dn: 'uid={local}', ca: null, verify: true });
    expect(await ldap('ann@corp.example', 'hunter2', never)).toBe('unsure');
  });

  test('a name stays one value of the entry it is put in, whatever is in it', () => {
    expect(distinguishedName('uid={local},dc={domain}', 'a,ou=admins@x')).toBe(String.raw`uid=a\,ou\=admins,dc=x`);
    fc.assert(
      fc.property(fc.string(), (user) => {
        const dn = distinguishedName('uid={user},dc=corp', user);
        const unescaped = dn.slice(4, -8).replaceAll(/\\(00|.)/gs, '');
        expect(/[,+"<>;=#\0]/.test(unescaped)).toBe(false);
      }),
    );
  });
});
