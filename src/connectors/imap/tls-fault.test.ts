import { connect as connectTcp, createServer, type AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import { socketFault, type SocketMoment } from './tls-fault.ts';

const moment: SocketMoment = { host: 'mail.example', port: 993, phase: 'connecting', seconds: 30 };
const error = (code: string, message = code): Error => Object.assign(new Error(message), { code });

describe('a connection that cannot be had says why', () => {
  test.each([
    ['ENOTFOUND', 'connecting', 'imap.host.unknown'],
    ['EAI_AGAIN', 'connecting', 'imap.host.unresolved'],
    ['ECONNREFUSED', 'connecting', 'imap.connect.refused'],
    ['ETIMEDOUT', 'connecting', 'imap.connect.timeout'],
    ['EHOSTUNREACH', 'connecting', 'imap.connect.unreachable'],
    ['EMFILE', 'connecting', 'imap.connect.unreachable'],
    ['ECONNRESET', 'handshake', 'imap.tls.failed'],
    ['ECONNRESET', 'open', 'imap.connection.lost'],
    ['ETIMEDOUT', 'open', 'imap.connection.lost'],
    ['EPIPE', 'open', 'imap.connection.lost'],
    ['CERT_HAS_EXPIRED', 'handshake', 'imap.tls.expired'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'handshake', 'imap.tls.untrusted'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'handshake', 'imap.tls.untrusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'handshake', 'imap.tls.untrusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'handshake', 'imap.tls.wrong-host'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'handshake', 'imap.tls.failed'],
    ['ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC', 'open', 'imap.tls.failed'],
  ] as const)('%s while %s: %s', (code, phase, expected) => {
    const cause = error(code);
    const found = socketFault(cause, { ...moment, phase });
    expect(found.code).toBe(expected);
    expect(found.message).toContain('mail.example');
    expect(found.cause).toBe(cause);
  });

  test('where several addresses were tried, the first that said something is told', () => {
    const all = new AggregateError([new Error('no code'), error('ECONNREFUSED')]);
    expect(socketFault(all, moment).code).toBe('imap.connect.refused');
  });

  test('a fault stays the fault it is', () => {
    const known = fault('imap.starttls.missing', { host: 'mail.example' });
    expect(socketFault(known, moment)).toBe(known);
  });

  test('words of the other side are cleaned before anybody reads them', () => {
    const found = socketFault(error('ERR_SSL_SOMETHING', `\x1b[2J${'x'.repeat(5_000)}`), {
      ...moment,
      phase: 'handshake',
    });
    expect(found.message).not.toContain('\x1b');
    expect(found.message.length).toBeLessThan(500);
  });
});

describe('real sockets of this machine', () => {
  test('a closed port refuses', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const found = await new Promise<unknown>((resolve) => connectTcp(port, '127.0.0.1').once('error', resolve));
    expect(socketFault(found, { ...moment, port }).code).toBe('imap.connect.refused');
  });

  test('a port that speaks in the clear is named as such', async () => {
    const server = createServer((socket) => socket.on('error', () => socket.destroy()).write('* OK ready\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const found = await new Promise<unknown>((resolve) => connectTls(port, '127.0.0.1').once('error', resolve));
    server.close();
    const said = socketFault(found, { ...moment, port, phase: 'handshake' });
    expect(said.code).toBe('imap.tls.failed');
    expect(said.message).toContain('does not speak TLS');
  });
});
