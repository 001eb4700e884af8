/**
 * What an address of the network is for: everybody's, or only of this machine, this line, this organisation. Made of IANA's
 * registries of special-purpose addresses (RFC 6890), and read the way a socket would: an IPv4 address that is wrapped in one of IPv6
 * is judged as what it leads to.
 */

import { isIPv4, isIPv6 } from 'node:net';

/**
 * `public`: anybody's. `loopback`: this machine. `link-local`: this line, where clouds tell their machines secrets. `metadata`: where they do
 * so besides, at addresses that would else be an organisation's, a provider's or anybody's. `private`: an
 * organisation's own (RFC 1918, RFC 4193). `shared`: behind a provider's address translation (RFC 6598). `multicast`: a group's.
 * `reserved`: nobody's, or kept for examples and tests.
 */
export type AddressKind =
  | 'public'
  | 'loopback'
  | 'link-local'
  | 'metadata'
  | 'private'
  | 'shared'
  | 'multicast'
  | 'reserved';

export interface NetworkAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A network, as in `10.0.0.0/8`; `bits` of it are fixed. */
export interface Network extends NetworkAddress {
  readonly bits: number;
}

/** Reads an address as a resolver or a socket writes it, with its zone left aside (`fe80::1%eth0`); null for anything else. */
export function readAddress(text: string): NetworkAddress | null {
  const [plain = ''] = text.split('%');
  if (isIPv4(plain)) return { family: 4, value: valueOf(plain.split('.').map(Number), 8n) };
  return isIPv6(plain) ? { family: 6, value: valueOf(groupsOf(plain), 16n) } : null;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32`, or one address; null for anything else. What lies behind the bits is let fall. */
export function readNetwork(text: string): Network | null {
  const [, at = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = at.includes('%') ? null : readAddress(at);
  if (!address) return null;
  const most = widthOf(address);
  const bits = length === undefined ? most : Number(length);
  return bits > most ? null : { ...address, bits };
}

/** Whether the address is in the network, wrapped or not. */
export function isWithin(address: NetworkAddress, network: Network): boolean {
  const inner = unwrapped(address);
  return covers(network, address) || covers(network, inner);
}

/** Whether that network is this one address and nothing else, wrapped or not. */
export function isOnly(address: NetworkAddress, network: Network): boolean {
  return network.bits === widthOf(network) && isWithin(address, network);
}

/** What an address is for; of a wrapped one, what the inner one is for. */
export function kindOf(address: NetworkAddress): AddressKind {
  if (covers(ownTranslation, address)) return kindBehindOwn(address);
  return kindOfInner(unwrapped(address));
}

/** By the /96 of RFC 6052 §2.2, which is how it is usually made: what is nobody's business behind it either is judged as that. */
function kindBehindOwn({ value }: NetworkAddress): AddressKind {
  const inner = kindOfInner({ family: 4, value: value & 0xffff_ffffn });
  return inner === 'link-local' || inner === 'metadata' ? inner : 'private';
}

function kindOfInner(inner: NetworkAddress): AddressKind {
  return ranges.find(({ network }) => covers(network, inner))?.kind ?? (inner.family === 4 ? 'public' : 'reserved');
}

function widthOf({ family }: NetworkAddress): 32 | 128 {
  return family === 4 ? 32 : 128;
}

function covers(network: Network, address: NetworkAddress): boolean {
  const rest = BigInt(widthOf(network) - network.bits);
  return network.family === address.family && network.value >> rest === address.value >> rest;
}

/**
 * The IPv4 address to which one of IPv6 leads: mapped (RFC 4291 §2.5.5.2), compatible (§2.5.5.1), translated (RFC 2765 §2.1), NAT64
 * (RFC 6052 §2.1) and 6to4 (RFC 3056 §2). An address that leads to none is given back as it is.
 */
function unwrapped(address: NetworkAddress): NetworkAddress {
  if (address.family === 4) return address;
  const wrapping = wrappings.find(({ network }) => covers(network, address));
  // `::` and `::1` are in the range of the compatible ones and are none.
  if (!wrapping || address.value < 2n) return address;
  return { family: 4, value: (address.value >> wrapping.shift) & 0xffff_ffffn };
}

function valueOf(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((value, part) => (value << width) | BigInt(part), 0n);
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2), which may end in the form of IPv4. */
function groupsOf(text: string): readonly number[] {
  const [head = '', tail] = text.split('::');
  const before = groupsIn(head);
  if (tail === undefined) return before;
  const after = groupsIn(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function groupsIn(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

const network = (text: string): Network => readNetwork(text) as Network;

const wrappings: readonly { readonly network: Network; readonly shift: bigint }[] = [
  { network: network('::ffff:0:0/96'), shift: 0n },
  { network: network('::ffff:0:0:0/96'), shift: 0n },
  { network: network('::/96'), shift: 0n },
  { network: network('64:ff9b::/96'), shift: 0n },
  { network: network('2002::/16'), shift: 80n },
];

/** NAT64 of somebody's own network (RFC 8215), behind which anything may be. */
const ownTranslation = network('64:ff9b:1::/48');

/** The first that holds an address says what it is for. */
const ranges: readonly { readonly network: Network; readonly kind: AddressKind }[] = (
  [
    // Services for virtual machines that are not on their line, as the clouds' manuals tell them (2026-11): Azure, Alibaba, Oracle (before
    // 2015), Amazon EC2, Google, Scaleway. They hand out credentials, or answer for the machine, to whoever connects from it.
    ['168.63.129.16/32', 'metadata'],
    ['100.100.100.200/32', 'metadata'],
    ['192.0.0.192/32', 'metadata'],
    ['fd00:ec2::/32', 'metadata'],
    ['fd20:ce::254/128', 'metadata'],
    ['fd00:42::42/128', 'metadata'],
    ['127.0.0.0/8', 'loopback'],
    ['10.0.0.0/8', 'private'],
    ['172.16.0.0/12', 'private'],
    ['192.168.0.0/16', 'private'],
    ['100.64.0.0/10', 'shared'],
    ['169.254.0.0/16', 'link-local'],
    ['224.0.0.0/4', 'multicast'],
    ['0.0.0.0/8', 'reserved'],
    ['192.0.0.0/24', 'reserved'],
    ['192.0.2.0/24', 'reserved'],
    ['192.88.99.0/24', 'reserved'],
    ['198.18.0.0/15', 'reserved'],
    ['198.51.100.0/24', 'reserved'],
    ['203.0.113.0/24', 'reserved'],
    ['240.0.0.0/4', 'reserved'],
    ['::1/128', 'loopback'],
    ['fc00::/7', 'private'],
    ['fec0::/10', 'private'],
    ['fe80::/10', 'link-local'],
    ['ff00::/8', 'multicast'],
    // Teredo, ORCHID and others of IETF's own (RFC 2928), and what is for documentation.
    ['2001::/23', 'reserved'],
    ['2001:db8::/32', 'reserved'],
    ['3fff::/20', 'reserved'],
    ['2000::/3', 'public'],
  ] as const
).map(([text, kind]) => ({ network: network(text), kind }));
