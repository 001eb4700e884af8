/**
 * The operator's directory over LDAP (RFC 4511), on a connection of its own for each change. Nothing is said to a server that has not
 * proved itself, and nothing on a second connection: ldapts would open one by itself where the first was cut, without TLS.
 */

import { type Socket, connect as connectPlain, isIP } from 'node:net';
import {
  connect as connectSecure,
  type ConnectionOptions,
  createSecureContext,
  getCACertificates,
  type TLSSocket,
} from 'node:tls';
import { Attribute, Change, Client, type Entry, FilterParser } from 'ldapts';
import { Fault, fault } from '#domain/fault.ts';
import type { DirectoryServer, EntryValues } from '#domain/directory.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Directory } from '#ports/directory.ts';
import type { Reach, Way } from '#ports/reach.ts';

export interface LdapOptions {
  readonly server: DirectoryServer;
  readonly bindDn: string;
  /** Asked for each time. */
  readonly password: () => Promise<string>;
  readonly base: string;
  /** Judges where a connection leads before it is made; without it any will do. */
  readonly reach?: Reach;
}

/** All of a change, from the connection to the answer: people may be waiting meanwhile. */
const changeMaxMs = 4_000;

export function ldapDirectory(options: LdapOptions): Directory {
  const { server, base, bindDn, reach } = options;
  const url = shownUrl(server);
  const tls = tlsOptions(server);
  return {
    async change(filter, attributes, choose, signal) {
      const password = await options.password();
      // RFC 4513 §5.1.2: without one the server would take us for nobody in particular.
      if (password === '') throw fault('directory.refused', { url, text: 'the password is empty' });
      const deadline = AbortSignal.timeout(changeMaxMs);
      const within = AbortSignal.any([signal, deadline]);
      within.throwIfAborted();
      const { client, destroy } = connection(server, tls, reach?.to(server) ?? null);
      const talk = async (): Promise<void> => {
        if (server.security === 'starttls') await client.startTLS({ ...tls });
        await client.bind(bindDn, password);
        const found = await theOne(client, base, filter, attributes);
        const wanted = await choose(valuesOf(found, attributes));
        if (wanted) await client.modify(found.dn, changesTo(wanted));
      };
      try {
        // A handshake whose socket is destroyed says nothing at all.
        await Promise.race([talk(), whenAborted(within)]);
      } catch (error) {
        signal.throwIfAborted();
        // Of whoever chose, who has said it already.
        if (error instanceof Fault) throw error;
        const said = deadline.aborted ? `there was no answer within ${changeMaxMs / 1000} seconds` : wordsOf(error);
        throw faultOf(error, { url, text: cleanText(said, 200), filter: cleanText(filter, 200) });
      } finally {
        destroy();
      }
    },
  };
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}

/** What is wrong with a filter, in words; null where it can be read. */
export function filterProblem(filter: string): string | null {
  try {
    FilterParser.parseString(filter);
    return null;
  } catch (error) {
    return cleanText(wordsOf(error), 200);
  }
}

export function shownUrl({ host, port, security }: DirectoryServer): string {
  const scheme = { tls: 'ldaps', starttls: 'ldap', clear: 'ldap+plain' }[security];
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

interface Connection {
  readonly client: Client;
  readonly destroy: () => void;
}

/** One, which may be upgraded; a second is refused. */
function connection(server: DirectoryServer, tls: ConnectionOptions, way: Way | null): Connection {
  const { host, port, security } = server;
  const at = { host, port, ...(way ? { lookup: way.lookup } : {}) };
  const made: Socket[] = [];
  const kept = <S extends Socket>(connect: () => S, after: number): S => {
    if (made.length !== after) throw new Error('the connection was lost');
    const socket = connect();
    made.push(socket);
    return socket;
  };
  const plain = (): Socket => kept(() => connectPlain(at), 0);
  const secure = (...given: readonly unknown[]): TLSSocket => {
    const [upgraded] = given.flatMap((each) => (each as ConnectionOptions | null)?.socket ?? []);
    return kept(() => connectSecure({ ...tls, ...(upgraded ? { socket: upgraded } : at) }), upgraded ? 1 : 0);
  };
  const shown = host.includes(':') ? `[${host}]` : host;
  const client = new Client({
    url: `${security === 'tls' ? 'ldaps' : 'ldap'}://${shown}:${port}`,
    timeout: changeMaxMs,
    connectTimeout: changeMaxMs,
    createConnection: plain,
    createSecureConnection: secure,
  });
  return { client, destroy: () => made.forEach((socket) => void socket.destroy()) };
}

/** With the name that the certificate has to bear, which is not to be seen from a socket that is upgraded. */
function tlsOptions({ host, ca, security }: DirectoryServer): ConnectionOptions {
  if (security === 'clear') return {};
  const name = isIP(host) === 0 ? { servername: host } : {};
  const own = ca === null ? {} : { ca: [...getCACertificates('default'), ca] };
  // Made once: a hundred and fifty authorities read anew for each connection would take their time.
  return { host, ...name, secureContext: createSecureContext({ ...own, minVersion: 'TLSv1.2' }) };
}

class NotOne extends Error {
  readonly howMany: 'none' | 'several';

  constructor(howMany: 'none' | 'several') {
    super(howMany);
    this.howMany = howMany;
  }
}

async function theOne(client: Client, base: string, filter: string, attributes: readonly string[]): Promise<Entry> {
  const options = { scope: 'sub' as const, filter, attributes: [...attributes], sizeLimit: 2 };
  const { searchEntries } = await client.search(base, options).catch((error: unknown) => {
    throw codeOf(error) === sizeLimitExceeded ? new NotOne('several') : error;
  });
  const [first, second] = searchEntries;
  if (!first) throw new NotOne('none');
  if (second) throw new NotOne('several');
  return first;
}

/** In the spelling in which they were asked for: servers answer in that of their schema. */
function valuesOf(entry: Entry, attributes: readonly string[]): EntryValues {
  const found = new Map(Object.entries(entry).map(([name, values]) => [name.toLowerCase(), values]));
  return Object.fromEntries(
    attributes.map((name) => {
      const values = [found.get(name.toLowerCase()) ?? []].flat();
      return [name, values.map((value) => (typeof value === 'string' ? value : value.toString('utf8')))];
    }),
  );
}

/** Each replaced by its values; by none, it is removed, and that it was not there is no fault (RFC 4511 §4.6). */
function changesTo(wanted: EntryValues): Change[] {
  return Object.entries(wanted).map(
    ([type, values]) =>
      new Change({ operation: 'replace', modification: new Attribute({ type, values: [...values] }) }),
  );
}

/** RFC 4511 §4.1.9. */
const sizeLimitExceeded = 4;
/** operationsError, timeLimitExceeded, adminLimitExceeded, busy, unavailable, other: they pass. */
const passing: ReadonlySet<number> = new Set([1, 3, 11, 51, 52, 80]);

function faultOf(
  error: unknown,
  { url, text, filter }: { readonly url: string; readonly text: string; readonly filter: string },
): Error {
  if (error instanceof NotOne)
    return error.howMany === 'none'
      ? fault('directory.no-entry', { url, filter })
      : fault('directory.several', { url, filter });
  const code = codeOf(error);
  const isRefusal = code !== null && !passing.has(code);
  return fault(isRefusal ? 'directory.refused' : 'directory.unusable', { url, text }, { cause: error });
}

/** Of an answer of the server; null for whatever else went wrong. */
function codeOf(error: unknown): number | null {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'number' && code > 0 ? code : null;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
