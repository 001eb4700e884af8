import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AddressKind,
  isWithin,
  kindOf,
  type Network,
  type NetworkAddress,
  readAddress,
  readNetwork,
} from './network-address.ts';

const kind = (text: string): AddressKind => kindOf(readAddress(text) as NetworkAddress);
const network = (text: string): Network => readNetwork(text) as Network;
const ipv4 = fc.ipV4();
const groups = (text: string): string => {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
};

describe('an address', () => {
  test.each([
    ['8.8.8.8', 'public'],
    ['2606:4700::1111', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['fd00:ec2::254', 'metadata'],
    ['fd20:ce::254', 'metadata'],
    ['fd20:ce::255', 'private'],
    ['100.100.100.200', 'metadata'],
    ['100.100.100.201', 'shared'],
    ['168.63.129.16', 'metadata'],
    ['168.63.129.17', 'public'],
    ['192.0.0.192', 'metadata'],
    ['::ffff:100.100.100.200', 'metadata'],
    ['64:ff9b::168.63.129.16', 'metadata'],
    ['2002:a83f:8110::1', 'metadata'],
    ['64:ff9b:1::169.254.169.254', 'link-local'],
    ['64:ff9b:1::100.100.100.200', 'metadata'],
    ['100.64.0.1', 'shared'],
    ['100.128.0.1', 'public'],
    ['169.254.169.254', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['0.0.0.0', 'reserved'],
    ['::', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['2001::1', 'reserved'],
    ['64:ff9b:1::7f00:1', 'private'],
    ['4000::1', 'reserved'],
  ] as const)('%s is %s', (text, expected) => expect(kind(text)).toBe(expected));

  test('in which one of IPv4 is wrapped is judged as what it leads to, however it is wrapped and written', () => {
    fc.assert(
      fc.property(ipv4, (plain) => {
        const expected = kind(plain);
        const wrapped = [
          `::ffff:${plain}`,
          `::ffff:${groups(plain)}`,
          `0:0:0:0:0:FFFF:${groups(plain)}`,
          `::ffff:0:${plain}`,
          `64:ff9b::${plain}`,
          `2002:${groups(plain)}::1`,
        ];
        for (const each of wrapped) expect([each, kind(each)]).toEqual([each, expected]);
        // `::` and `::1` are addresses of their own.
        if (!/^0\.0\.0\.[01]$/.test(plain)) expect(kind(`::${plain}`)).toBe(expected);
      }),
      { examples: [['127.0.0.1'], ['169.254.169.254'], ['10.0.0.1'], ['0.0.0.0']] },
    );
    expect(kind('::127.0.0.1')).toBe('loopback');
  });

  test('reads the same in each of its forms', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const { value } = readAddress(text) as NetworkAddress;
        const hex = value.toString(16).padStart(32, '0');
        const whole = (hex.match(/.{4}/g) ?? []).join(':');
        expect(readAddress(whole)).toEqual({ family: 6, value });
        expect(readAddress(new URL(`http://[${text}]/`).hostname.slice(1, -1))).toEqual({ family: 6, value });
      }),
    );
  });

  test.each(['', '1.2.3', '0x7f.1', '2130706433', '017700000001', '127.1', 'localhost', '1.2.3.4.5', '::g', '[::1]'])(
    '%j is none',
    (text) => expect(readAddress(text)).toBeNull(),
  );
});

describe('a network', () => {
  test('holds exactly the addresses that share its bits', () => {
    fc.assert(
      fc.property(ipv4, ipv4, fc.integer({ min: 0, max: 32 }), (one, other, bits) => {
        const binary = (text: string): string =>
          text
            .split('.')
            .map((part) => Number(part).toString(2).padStart(8, '0'))
            .join('');
        const shared = binary(one).slice(0, bits) === binary(other).slice(0, bits);
        expect(isWithin(readAddress(other) as NetworkAddress, network(`${one}/${bits}`))).toBe(shared);
        expect(isWithin(readAddress(`::ffff:${other}`) as NetworkAddress, network(`${one}/${bits}`))).toBe(shared);
      }),
    );
  });

  test('is one address where no bits are named, and nothing where it cannot be read', () => {
    expect(isWithin(readAddress('10.0.0.1') as NetworkAddress, network('10.0.0.1'))).toBe(true);
    expect(isWithin(readAddress('10.0.0.2') as NetworkAddress, network('10.0.0.1'))).toBe(false);
    for (const text of ['10.0.0.0/33', '::/129', '10.0.0.0/', 'fe80::%1/10', 'x/8', '10.0.0.0/8/8'])
      expect(readNetwork(text)).toBeNull();
  });
});
