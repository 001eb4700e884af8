import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type EndpointRules,
  judgeAddress,
  judgePlace,
  plainHost,
  readHostPattern,
  readNetworkPattern,
} from './endpoint-rules.ts';

const rules = (some: Partial<EndpointRules>): EndpointRules => ({ hosts: null, ports: null, networks: [], ...some });
const place = (host: string, port = 993) => ({ host, port });

describe('where nothing is written of endpoints', () => {
  test('what the operator named may be private or this machine, and that is told', () => {
    expect(judgeAddress(null, '203.0.114.7', 'named')).toEqual({ kind: 'allowed' });
    expect(judgeAddress(null, '10.1.2.3', 'named')).toEqual({ kind: 'told', network: 'private' });
    expect(judgePlace(null, place('[::ffff:127.0.0.1]', 8080), 'named')).toEqual({ kind: 'told', network: 'loopback' });
  });

  test('nobody is led to where clouds hand out secrets, to groups or to nobody', () => {
    for (const address of ['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', '224.0.0.1', '0.0.0.0'])
      expect(judgeAddress(null, address, 'named').kind).toBe('refused');
  });

  test.each(['fd00:ec2::254', '100.100.100.200', '168.63.129.16', '192.0.0.192', '::ffff:168.63.129.16'])(
    'nobody is led to %s either, though it lies in a network that others use',
    (address) => {
      for (const trust of ['named', 'learnt'] as const)
        expect(judgeAddress(null, address, trust)).toMatchObject({
          kind: 'refused',
          because: expect.stringContaining('hands out secrets'),
        });
      const wide = rules({ networks: ['private', 'shared', '0.0.0.0/0', '::/0', '100.64.0.0/10', 'fc00::/7'] });
      expect(judgeAddress(wide, address, 'named').kind).toBe('refused');
      expect(judgeAddress(rules({ networks: [address] }), address, 'named').kind).toBe('allowed');
      expect(judgeAddress(rules({ networks: ['metadata'] }), address, 'named').kind).toBe('allowed');
    },
  );

  test('what was learnt from others is public, and on the port of HTTPS', () => {
    expect(judgePlace(null, place('login.example', 443), 'learnt').kind).toBe('allowed');
    expect(judgePlace(null, place('login.example', 8443), 'learnt').kind).toBe('refused');
    for (const address of ['10.1.2.3', '127.0.0.1', '::1', '100.64.0.1'])
      expect(judgeAddress(null, address, 'learnt').kind).toBe('refused');
  });
});

describe('where endpoints are written', () => {
  test('hosts are those of the list, and those below a name with a star', () => {
    const ours = rules({ hosts: ['mail.old.example', '*.corp.example'] });
    const judged = (host: string) => judgePlace(ours, place(host), 'named').kind;
    expect(['mail.old.example', 'MAIL.old.example.', 'a.b.corp.example'].map(judged)).toEqual(Array(3).fill('allowed'));
    expect(['corp.example', 'evilcorp.example', 'mail.old.example.evil.example', 'old.example'].map(judged)).toEqual(
      Array(4).fill('refused'),
    );
  });

  test('ports are those of the list', () => {
    const ours = rules({ ports: [993] });
    expect(judgePlace(ours, place('mail.example', 993), 'named').kind).toBe('allowed');
    expect(judgePlace(ours, place('mail.example', 22), 'named')).toMatchObject({
      because: expect.stringContaining('22'),
    });
  });

  test('this machine is not reached by any way of writing it', () => {
    const forms = [
      '127.0.0.1',
      '[::ffff:127.0.0.1]',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '127.1',
      '[::1]',
      '127.0.0.1.',
    ];
    for (const host of forms)
      expect([host, judgePlace(rules({}), place(host), 'named').kind]).toEqual([host, 'refused']);
    // A name is judged by what it stands for.
    expect(judgePlace(rules({}), place('localhost.'), 'named').kind).toBe('allowed');
    expect(judgeAddress(rules({}), '127.0.0.1', 'named').kind).toBe('refused');
  });

  test('an address is allowed exactly where it is public or in a network of the list, whoever named it', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.ipV6()),
        fc.constantFrom('named' as const, 'learnt' as const),
        (address, trust) => {
          const free = judgeAddress(rules({}), address, trust).kind;
          expect(['allowed', 'refused']).toContain(free);
          expect(judgeAddress(rules({ networks: [address] }), address, trust).kind).toBe('allowed');
        },
      ),
    );
    expect(judgeAddress(rules({ networks: ['private'] }), '192.168.7.7', 'learnt').kind).toBe('allowed');
    expect(judgeAddress(rules({ networks: ['private'] }), '127.0.0.1', 'named').kind).toBe('refused');
    expect(judgeAddress(rules({ networks: ['10.0.0.0/8'] }), '::ffff:10.9.8.7', 'named').kind).toBe('allowed');
  });

  test('an address in one of its networks needs no name among the hosts', () => {
    const ours = rules({ hosts: ['mail.example'], networks: ['10.20.0.0/16'] });
    expect(judgePlace(ours, place('10.20.1.1'), 'named').kind).toBe('allowed');
    expect(judgePlace(ours, place('10.21.1.1'), 'named').kind).toBe('refused');
  });

  test('nothing that a resolver may say is taken for an address that it is not', () => {
    fc.assert(fc.property(fc.string(), (text) => judgeAddress(rules({}), text, 'named').kind !== 'told'));
    expect(judgeAddress(rules({ networks: ['0.0.0.0/0'] }), 'mail.example', 'named').kind).toBe('refused');
  });
});

describe('what is written of them', () => {
  test('is a name, a star before one, or an address', () => {
    expect(['Mail.Example.', '*.Corp.Example', 'bücher.example', '10.0.0.1', '[::1]'].map(readHostPattern)).toEqual([
      'mail.example',
      '*.corp.example',
      'xn--bcher-kva.example',
      '10.0.0.1',
      '::1',
    ]);
    for (const text of ['*', 'a.*.example', '**.example', '*.10.0.0.1', 'a b', 'https://x', ''])
      expect(readHostPattern(text)).toBeNull();
  });

  test('is a network or a word for one', () => {
    for (const text of ['10.0.0.0/8', '::1', 'private']) expect(readNetworkPattern(text)).toBe(text);
    for (const text of ['public', '10.0.0.0/99', 'corp']) expect(readNetworkPattern(text)).toBeNull();
  });

  test('is compared in one spelling', () => expect(plainHost('LOCALHOST.')).toBe('localhost'));
});
