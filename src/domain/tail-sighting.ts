/**
 * One sign-in as it was seen: by a door of ours, or in the log of somebody else's server. Who came, under which name, by which
 * protocol, with what, and from where. Of a password or a message nothing is in it, and nothing can be.
 */

import { isIPv4, isIPv6 } from 'node:net';
import { cleanText } from '#lib/clean-text.ts';
import type { SideName } from './platform.ts';

/**
 * `submission`: a message was handed in by who had signed in. `smtp`: by who had not, so that the name is only what the message
 * says of its sender. `other`: nobody has said what is spoken on that port.
 */
export const tailProtocols = [
  'imap',
  'pop3',
  'managesieve',
  'submission',
  'smtp',
  'ews',
  'activesync',
  'mapi',
  'owa',
  'oab',
  'autodiscover',
  'dav',
  'other',
] as const;
export type TailProtocol = (typeof tailProtocols)[number];

/** Who wrote it down: a server whose log was read, or `godwit` itself. */
export const tailDoors = ['dovecot', 'postfix', 'nginx', 'iis', 'godwit'] as const;
export type TailDoor = (typeof tailDoors)[number];

export interface TailSighting {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly door: TailDoor;
  readonly side: SideName;
  readonly protocol: TailProtocol;
  /** As it was given. */
  readonly name: string;
  /** What the client calls itself; null where it says nothing. */
  readonly client: string | null;
  /** Its address; only the network is ever kept. */
  readonly ip: string | null;
  /** The name of the server that was asked for; null where it is not told. */
  readonly host: string | null;
  /** Of a message that was handed in: the sender it bears. */
  readonly sender?: string;
}

/** Octets of a name (RFC 5321 §4.5.3.1 gives an address 64 and 255). */
const nameMostOctets = 320;
const hostMostOctets = 255;

/** Names are compared without case, and hold nothing that cannot be seen. Null where there is nothing left of it. */
export function tailName(name: string): string | null {
  const clean = cleanText(name, nameMostOctets).toLowerCase();
  return clean === '' ? null : clean;
}

/** Empty where it is not told, or is no name of a server but a number or a sign for any. */
export function tailHost(host: string | null): string {
  const name = (host ?? '').replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase();
  return name.length <= hostMostOctets && /^[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d-]+)*\.[a-z][a-z\d-]*$/.test(name)
    ? name
    : '';
}

/** The network of an address, which tells a house and not a person: /24 of IPv4, /48 of IPv6. Null where it is no address. */
export function networkOf(ip: string): string | null {
  const plain = ip.replace(/^\[|\]$/g, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(plain)) return `${plain.split('.').slice(0, 3).join('.')}.0/24`;
  if (!isIPv6(plain)) return null;
  const [head = '', tail = ''] = plain.toLowerCase().replace(/%.*$/, '').split('::');
  const words = head.split(':').filter(Boolean);
  // What `::` stands for; an address that ends in the form of IPv4 has two words there.
  const behind = plain.includes('::')
    ? tail
        .split(':')
        .filter(Boolean)
        .flatMap((word) => (word.includes('.') ? ['', ''] : [word]))
    : [];
  const all = [
    ...words,
    ...Array.from({ length: Math.max(0, 8 - words.length - behind.length) }, () => '0'),
    ...behind,
  ];
  const three = all.slice(0, 3).map((word) => Number.parseInt(word || '0', 16).toString(16));
  return `${three.join(':')}::/48`;
}
