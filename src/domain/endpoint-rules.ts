/**
 * Which hosts, ports and addresses an estate may connect to (godwit.yaml, `endpoints`). What people type leads to machines that only we
 * can reach: so the place is judged as it is written, and each address that its name stands for before anybody connects to it.
 */

import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { type AddressKind, isOnly, isWithin, kindOf, readAddress, readNetwork } from './network-address.ts';

/** As the operator wrote them, read. Null for a list that is not written, and allows any. */
export interface EndpointRules {
  /** In lower case; `*.corp.example` for all names below that one. */
  readonly hosts: readonly string[] | null;
  readonly ports: readonly number[] | null;
  /** Networks beyond those that are everybody's: `10.20.0.0/16`, or one of `networkWords`. */
  readonly networks: readonly string[];
}

/** `named`: the operator wrote it into the settings. `learnt`: it came by another way, as from the metadata of an issuer. */
export type Trust = 'named' | 'learnt';

export interface PlaceToJudge {
  readonly host: string;
  readonly port: number;
}

/** `told`: it may be connected to, and whoever reads the log should know of it. `because`: why not, in words. */
export type Judgement =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'told'; readonly network: AddressKind }
  | { readonly kind: 'refused'; readonly because: string };

/** Kinds of addresses that a list of networks may name by a word. */
export const networkWords = [
  'loopback',
  'private',
  'shared',
  'link-local',
  'metadata',
] as const satisfies readonly AddressKind[];

/** What nobody wrote down by name is asked over HTTPS on its own port and nowhere else. */
const learntPort = 443;
/** Where mail systems of an organisation live; link-local is where clouds hand out secrets. */
const usual: ReadonlySet<AddressKind> = new Set(['loopback', 'private', 'shared']);

const allowed: Judgement = { kind: 'allowed' };

/** The place as it is written, before any name is looked up. `rules`: null where the settings say nothing. */
export function judgePlace(rules: EndpointRules | null, { host, port }: PlaceToJudge, trust: Trust): Judgement {
  const name = plainHost(host);
  const isHostAllowed = (rules?.hosts ?? null)?.some((each) => isHostIn(each, name)) ?? true;
  // A network that is allowed allows the addresses in it by themselves.
  if (!isHostAllowed && !(rules && isInNetworks(rules, name)))
    return { kind: 'refused', because: 'no host that the settings allow has this name' };
  const ports = rules?.ports ?? (trust === 'learnt' ? [learntPort] : null);
  if (ports !== null && !ports.includes(port))
    return { kind: 'refused', because: `${port} is no port that the settings allow` };
  return isIP(name) === 0 ? allowed : judgeAddress(rules, name, trust);
}

/** One address that a name stands for, as the resolver gives it. */
export function judgeAddress(rules: EndpointRules | null, text: string, trust: Trust): Judgement {
  const address = readAddress(text);
  if (!address) return { kind: 'refused', because: 'its name stands for something that is no address' };
  const kind = kindOf(address);
  if (kind === 'public' || (rules && isInNetworks(rules, text))) return allowed;
  if (rules === null && trust === 'named' && usual.has(kind)) return { kind: 'told', network: kind };
  return {
    kind: 'refused',
    because: `${text.split('%')[0]} is ${words[kind]}, and no network that the settings allow`,
  };
}

/** A host pattern in its plain form: `*.corp.example`, a name or an address; null for anything else. */
export function readHostPattern(text: string): string | null {
  const [, below = '', rest = ''] = /^(\*\.)?(.+)$/.exec(text.trim()) ?? [];
  if (rest.includes('*')) return null;
  const name = plainHost(rest);
  if (isIP(name) !== 0) return below === '' ? name : null;
  return /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(name) ? `${below}${name}` : null;
}

/** A network or one of `networkWords`, as it is written; null for anything else. */
export function readNetworkPattern(text: string): string | null {
  return networkWords.some((word) => word === text) || readNetwork(text) !== null ? text : null;
}

/** In lower case, IDN in ASCII, without brackets and the dot at the end. `0x7f.1` becomes the address that a resolver makes of it. */
export function plainHost(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return bare.toLowerCase();
  const ascii = domainToASCII(bare).replace(/\.$/, '').toLowerCase();
  return ascii === '' ? bare.toLowerCase() : ascii;
}

function isHostIn(pattern: string, name: string): boolean {
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
}

function isInNetworks({ networks }: EndpointRules, text: string): boolean {
  const address = readAddress(text);
  if (!address) return false;
  const kind = kindOf(address);
  // What hands out secrets lies in networks that people allow for other reasons: it is allowed by its own name only.
  const covers = kind === 'metadata' ? isOnly : isWithin;
  return networks.some((each) => {
    const network = readNetwork(each);
    return network ? covers(address, network) : each === kind;
  });
}

const words: Readonly<Record<AddressKind, string>> = {
  public: 'a public address',
  loopback: 'an address of this machine',
  'link-local': 'an address of this line only, where clouds hand out secrets',
  metadata: 'where a cloud hands out secrets to its machines',
  private: 'a private address',
  shared: "an address behind a provider's address translation",
  multicast: 'the address of a group',
  reserved: "nobody's address",
};
