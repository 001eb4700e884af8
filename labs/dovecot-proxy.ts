/**
 * A Dovecot that has no mail and only takes people to where theirs is: for each sign-in it asks a Unix socket of the
 * caller's in the words of its dict protocol, or a database, remembers nothing, and signs in there with what the person gave. Whom it
 * carries can be listed and sent away by the doveadm HTTP API (`proxyList`, `proxyKick`).
 */

import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DoveadmHttp, doveadmHttpOn, doveadmHttpService } from './doveadm-http.ts';
import { inside, nobody, runInside } from './namespace.ts';
import { unpacked } from './packages.ts';
import { makeOwned, makeScratch, onFreePorts, removeScratch, startProcess, type TlsWish, writeTls } from './server.ts';

export type ProxiedProtocol = 'imap' | 'pop3' | 'submission';

export interface DovecotProxyOptions {
  /** The Unix socket that is asked, where no database is; `nobody` must be able to write to it. */
  readonly dictSocket?: string;
  /** A PostgreSQL that is asked in its place, by `connect` and `password_query` of Dovecot's. */
  readonly sql?: { readonly connect: string; readonly passwordQuery: string };
  /** What the dictionary is called in the questions. */
  readonly dictName?: string;
  /** By which it asks; by the name alone without a word. */
  readonly passwordKey?: string;
  /** What it listens for; IMAP without a word. */
  readonly protocols?: readonly ProxiedProtocol[];
  /** What it offers to clients. */
  readonly tls?: TlsWish;
  /**
   * PEM of those who may have signed a backend's certificate. Where the answer to a look-up says `ssl`, a certificate that
   * they did not sign, or that is not good for the answer's `host`, is refused.
   */
  readonly backendCaFile?: string;
  /** Lines put at the end of the configuration. */
  readonly extra?: string;
}

export interface DovecotProxy extends AsyncDisposable {
  readonly host: '127.0.0.1';
  /** In clear text, for each protocol that was asked for. */
  readonly ports: Readonly<Partial<Record<ProxiedProtocol, number>>>;
  /** Implicit TLS; empty where it was not asked for. */
  readonly tlsPorts: Readonly<Partial<Record<ProxiedProtocol, number>>>;
  readonly doveadmHttp: DoveadmHttp;
  readonly pid: number;
  readonly scratch: string;
  /** PEM of the authority that signed its own certificate. */
  readonly caFile: string | null;
  /** Runs `doveadm` beside it and gives what it printed; throws what it complained of. */
  doveadm(args: readonly string[]): Promise<string>;
  log(): Promise<string>;
  /** Ends it, and starts it again on the same ports with what it had. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts the proxy and resolves when it greets. `await using` stops it. Throws `NotToBeHad` where it cannot be had. */
export async function startDovecotProxy(options: DovecotProxyOptions): Promise<DovecotProxy> {
  const tree = await unpacked(options.sql ? 'dovecot-pgsql' : 'dovecot');
  const scratch = await makeScratch('dovecot-proxy');
  await chmod(scratch, 0o755);
  await makeOwned(join(scratch, 'run'), join(scratch, 'state'));
  const protocols = options.protocols ?? ['imap'];
  const [first] = protocols;
  if (first === undefined) throw new Error('a proxy with no protocol to speak');
  const tls = await writeTls(options.tls, scratch);
  const configFile = join(scratch, 'dovecot.conf');
  const log = (): Promise<string> => readFile(join(scratch, 'dovecot.log'), 'utf8');
  await writeFile(join(scratch, 'passdb.conf'), options.sql ? sqlConfig(options.sql) : dictConfig(options), {
    mode: 0o644,
  });

  return onFreePorts(2 * protocols.length + 1, async ([httpPort = 0, ...free]) => {
    const ports = byProtocol(protocols, free);
    const tlsPorts = tls === null ? {} : byProtocol(protocols, free.slice(protocols.length));
    const doveadmHttp = doveadmHttpOn(httpPort);
    const logins = protocols.map((protocol) => loginService(protocol, ports[protocol] ?? 0, tlsPorts[protocol] ?? 0));
    const services = [...logins, doveadmHttpService(httpPort, doveadmHttp.key)];
    await writeFile(configFile, config(options, scratch, protocols, tls, services), { mode: 0o600 });
    const argv = ['/usr/sbin/dovecot', '-F', '-c', configFile];
    const tail = async (): Promise<string> => (await log().catch(() => '')).slice(-2000);
    const running = await startProcess(inside(tree, argv), ports[first] ?? 0, tail, greetings[first]);
    return {
      host: '127.0.0.1',
      ports,
      tlsPorts,
      doveadmHttp,
      get pid() {
        return running.pid;
      },
      scratch,
      caFile: tls?.ca ?? null,
      doveadm: (args) => runInside(tree, ['/usr/bin/doveadm', '-c', configFile, ...args]),
      log,
      stop: () => running.stop(patienceMs),
      start: () => running.start(),
      async [Symbol.asyncDispose]() {
        await running.stop(patienceMs);
        await removeScratch(scratch);
      },
    };
  });
}

/** Whoever is carried is cut off then: Dovecot would give them some seconds, and nothing here can be lost. */
const patienceMs = 500;

const greetings = { imap: '* OK', pop3: '+OK', submission: '220 ' } as const satisfies Record<ProxiedProtocol, string>;

function byProtocol(
  protocols: readonly ProxiedProtocol[],
  ports: readonly number[],
): Readonly<Partial<Record<ProxiedProtocol, number>>> {
  return Object.fromEntries(protocols.map((protocol, nth) => [protocol, ports[nth] as number]));
}

function sqlConfig({ connect, passwordQuery }: NonNullable<DovecotProxyOptions['sql']>): string {
  return `
driver = pgsql
connect = ${connect}
password_query = ${passwordQuery}
`;
}

function dictConfig({ dictSocket, dictName = 'godwit', passwordKey = 'passdb/%u' }: DovecotProxyOptions): string {
  if (dictSocket === undefined) throw new Error('a proxy that asks nobody');
  return `
uri = proxy:${dictSocket}:${dictName}
password_key = ${passwordKey}
iterate_disable = yes
default_pass_scheme = PLAIN
`;
}

function config(
  options: DovecotProxyOptions,
  scratch: string,
  protocols: readonly ProxiedProtocol[],
  tls: { readonly certificate: string; readonly key: string } | null,
  services: readonly string[],
): string {
  const { backendCaFile } = options;
  return `
base_dir = ${scratch}/run
state_dir = ${scratch}/state
log_path = ${scratch}/dovecot.log
protocols = ${protocols.join(' ')}
listen = 127.0.0.1
hostname = proxy.lab.example
default_internal_user = ${nobody.name}
default_internal_group = ${nobody.group}
default_login_user = ${nobody.name}
default_client_limit = 4096
default_process_limit = 1024
default_vsz_limit = 0
mail_max_userip_connections = 0
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_chars =
# An answer that lives on would lead people to where they were.
auth_cache_size = 0
ssl = ${tls === null ? 'no' : 'yes'}
${tls === null ? '' : `ssl_cert = <${tls.certificate}\nssl_key = <${tls.key}`}
ssl_client_require_valid_cert = yes
# Dovecot 2.3.19's login processes trust what ssl_ca names; of ssl_client_ca_file, which its manual gives for this, they
# know nothing ("unable to get local issuer certificate"). A list of revoked certificates, which ssl_ca wants, there is none.
${backendCaFile === undefined ? '' : `ssl_ca = <${backendCaFile}\nssl_require_crl = no`}
passdb {
  driver = ${options.sql ? 'sql' : 'dict'}
  args = ${scratch}/passdb.conf
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service ipc {
  chroot =
}
${services.join('\n')}
${options.extra ?? ''}
`;
}

/** The names of a protocol's two listeners: in clear text, and by TLS. */
const listeners = {
  imap: ['imap', 'imaps'],
  pop3: ['pop3', 'pop3s'],
  submission: ['submission', 'submissions'],
} as const satisfies Record<ProxiedProtocol, readonly [string, string]>;

function loginService(protocol: ProxiedProtocol, port: number, tlsPort: number): string {
  const [clear, secure] = listeners[protocol];
  return `
service ${protocol}-login {
  chroot =
  service_count = 0
  client_limit = 4096
  inet_listener ${clear} {
    port = ${port}
  }
  inet_listener ${secure} {
    port = ${tlsPort}
    ssl = yes
  }
}`;
}
