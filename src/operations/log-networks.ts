/** Networks whose sign-ins are not looked at, as people write them. */

import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Of addresses and networks such as `10.0.0.9` or `2001:db8::/32`; null where one of them is none. */
export function networksOf(words: readonly string[]): BlockList | null {
  const networks = new BlockList();
  for (const word of words) {
    const [address = '', length, ...more] = word.split('/');
    const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : null;
    const most = family === 'ipv4' ? 32 : 128;
    const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
    if (family === null || more.length > 0 || !(bits >= 0 && bits <= most)) return null;
    networks.addSubnet(address, bits, family);
  }
  return networks;
}
