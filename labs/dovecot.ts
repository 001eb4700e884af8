/**
 * Dovecot 2.3 as a process of ours, set up to cost little: processes are reused, nothing is logged that is no warning,
 * no limit of connections per user, and by default no fsync. Mail belongs to `nobody`, since Dovecot refuses uid 0.
 */

import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inside, nobody, runInside } from './namespace.ts';
import { unpacked } from './packages.ts';
import {
  makeOwned,
  makeScratch,
  onFreePorts,
  removeScratch,
  startProcess,
  writeTls,
  type LabServer,
  type LabUser,
  type TlsWish,
} from './server.ts';

export interface DovecotOptions {
  readonly users: readonly LabUser[];
  /** `mdbox` costs the server least and is the default; `maildir` is Maildir++, whose separator is `.`. */
  readonly storage?: 'mdbox' | 'sdbox' | 'maildir';
  readonly fsync?: boolean;
  readonly tls?: TlsWish;
  /** May sign in as anybody: `user*master`, or PLAIN with an authzid. */
  readonly master?: LabUser;
  /** Takes deliveries by LMTP, for anybody: who has no mailbox yet gets one. */
  readonly lmtp?: boolean;
  /** Answers `doveadm` by HTTP: who is signed in, and to send them away. */
  readonly doveadmHttp?: boolean;
  /** A folder of the caller's, kept afterwards; without it one is made and removed. */
  readonly scratch?: string;
  /** Lines put at the end of the configuration; a function is told the scratch folder. */
  readonly extra?: string | ((scratch: string) => string);
  /** Put before the server's command, e.g. to run it where a small disk is mounted. */
  readonly within?: readonly string[];
  /** Where the mail of all users lies, if not in the scratch folder (for instance a seeded store that was copied). */
  readonly mailRoot?: string;
}

export interface DovecotServer extends LabServer {
  readonly kind: 'dovecot';
  readonly storage: NonNullable<DovecotOptions['storage']>;
  /** Where LMTP is spoken, if that was asked for. */
  readonly lmtpPort: number | null;
  readonly doveadmHttp: DoveadmHttp | null;
  /** Ends it, and starts it again on the same ports with what it had. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Runs `doveadm` beside the server and gives what it printed; throws what it complained of. */
  doveadm(args: readonly string[]): Promise<string>;
}

/** The doveadm HTTP API: requests go to `url` with `Authorization: X-Dovecot-API` and the key in base64. */
export interface DoveadmHttp {
  readonly url: string;
  readonly key: string;
}

/** Starts Dovecot and resolves when it greets. `await using` stops it. Throws `NotToBeHad` where it cannot be had. */
export async function startDovecot(options: DovecotOptions): Promise<DovecotServer> {
  const tree = await unpacked('dovecot');
  const scratch = options.scratch ?? (await makeScratch('dovecot'));
  const mailRoot = options.mailRoot ?? join(scratch, 'mail');
  await chmod(scratch, 0o755);
  await makeOwned(join(scratch, 'run'), join(scratch, 'state'), mailRoot);
  const tls = await writeTls(options.tls, scratch);
  await writeFile(join(scratch, 'users'), options.users.map(passwdLine).join(''));
  await writeFile(join(scratch, 'masters'), options.master === undefined ? '' : passwdLine(options.master));
  const configFile = join(scratch, 'dovecot.conf');
  const logFile = join(scratch, 'dovecot.log');
  const logTail = async (): Promise<string> => (await readFile(logFile, 'utf8').catch(() => '')).slice(-2000);

  return onFreePorts(4, async ([port = 0, ...more]) => {
    const tlsPort = tls === null ? null : (more[0] ?? null);
    const lmtpPort = options.lmtp === true ? (more[1] ?? null) : null;
    const httpPort = more[2] ?? 0;
    const doveadmHttp = options.doveadmHttp === true ? doveadmHttpOn(httpPort) : null;
    const storage = options.storage ?? 'mdbox';
    const listening = { port, tlsPort, lmtpPort, doveadmHttp };
    await writeFile(configFile, config({ options, storage, scratch, mailRoot, ...listening, httpPort, tls }), {
      mode: 0o600,
    });
    const running = await startProcess(
      [...(options.within ?? []), ...inside(tree, ['/usr/sbin/dovecot', '-F', '-c', configFile])],
      port,
      logTail,
    );
    return {
      kind: 'dovecot',
      storage,
      host: '127.0.0.1',
      ...listening,
      get pid() {
        return running.pid;
      },
      scratch,
      caFile: tls?.ca ?? null,
      doveadm: (args) => runInside(tree, ['/usr/bin/doveadm', '-c', configFile, ...args]),
      stop: () => running.stop(),
      start: () => running.start(),
      mailOf: (user) => join(mailRoot, user),
      async [Symbol.asyncDispose]() {
        await running.stop();
        if (options.scratch === undefined) await removeScratch(scratch);
      },
    };
  });
}

/** With a fresh key. */
export function doveadmHttpOn(port: number): DoveadmHttp {
  return { url: `http://127.0.0.1:${port}/doveadm/v1`, key: randomBytes(12).toString('hex') };
}

/** Says one command to the doveadm HTTP API and gives what it answers; throws what it refuses. */
export async function doveadmCall(api: DoveadmHttp, command: string, parameters: object = {}): Promise<unknown> {
  const response = await fetch(api.url, {
    method: 'POST',
    headers: { authorization: `X-Dovecot-API ${Buffer.from(api.key).toString('base64')}` },
    body: JSON.stringify([[command, parameters, 'lab']]),
  });
  if (!response.ok) throw new Error(`doveadm ${command}: HTTP ${response.status}`);
  const [answer] = (await response.json()) as readonly (readonly [string, unknown, string])[];
  if (answer?.[0] !== 'doveadmResponse') throw new Error(`doveadm ${command}: ${JSON.stringify(answer)}`);
  return answer[1];
}

/** Base64, so that a password may hold a colon. */
function passwdLine(user: LabUser): string {
  return `${user.name}:{PLAIN.b64}${Buffer.from(user.password).toString('base64')}\n`;
}

interface ConfigFacts {
  readonly options: DovecotOptions;
  readonly storage: string;
  readonly scratch: string;
  readonly mailRoot: string;
  readonly port: number;
  readonly tlsPort: number | null;
  readonly lmtpPort: number | null;
  readonly doveadmHttp: DoveadmHttp | null;
  readonly httpPort: number;
  readonly tls: { readonly certificate: string; readonly key: string } | null;
}

function config(facts: ConfigFacts): string {
  const { options, storage, scratch, mailRoot, port, tlsPort, lmtpPort, doveadmHttp, httpPort, tls } = facts;
  return `
base_dir = ${scratch}/run
state_dir = ${scratch}/state
log_path = ${scratch}/dovecot.log
info_log_path = /dev/null
protocols = imap${lmtpPort === null ? '' : ' lmtp'}
listen = 127.0.0.1
default_internal_user = ${nobody.name}
default_internal_group = ${nobody.group}
default_login_user = ${nobody.name}
default_client_limit = 4096
default_process_limit = 1024
default_vsz_limit = 0
first_valid_uid = 1
first_valid_gid = 1
mail_location = ${storage}:~/${storage}
mail_fsync = ${options.fsync === true ? 'optimized' : 'never'}
mail_max_userip_connections = 0
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_chars =
auth_failure_delay = 0
auth_master_user_separator = *
auth_verbose = no
imap_hibernate_timeout = 0
ssl = ${tls === null ? 'no' : 'yes'}
${tls === null ? '' : `ssl_cert = <${tls.certificate}\nssl_key = <${tls.key}`}
passdb {
  driver = passwd-file
  args = ${scratch}/masters
  master = yes
  result_success = continue
}
passdb {
  driver = passwd-file
  args = username_format=%u ${scratch}/users
}
userdb {
  driver = static
  args = uid=${nobody.uid} gid=${nobody.gid} home=${mailRoot}/%u allow_all_users=yes
}
namespace inbox {
  inbox = yes
  mailbox Drafts {
    special_use = \\Drafts
  }
  mailbox Junk {
    special_use = \\Junk
  }
  mailbox Trash {
    special_use = \\Trash
  }
  mailbox Sent {
    special_use = \\Sent
  }
  mailbox Archive {
    special_use = \\Archive
  }
}
service imap-login {
  chroot =
  service_count = 0
  client_limit = 1024
  process_min_avail = 2
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tlsPort ?? 0}
    ssl = yes
  }
}
service imap {
  service_count = 1000
  client_limit = 1
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
${lmtpPort === null ? '' : lmtpService(lmtpPort)}
${doveadmHttp === null ? '' : doveadmHttpService(httpPort, doveadmHttp.key)}
${typeof options.extra === 'function' ? options.extra(scratch) : (options.extra ?? '')}
`;
}

/** None is started in advance: one that is kept so does not always end with its master, which then waits for six seconds. */
function lmtpService(port: number): string {
  return `
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${port}
  }
}
protocol lmtp {
  postmaster_address = postmaster@lab.example
}`;
}

export function doveadmHttpService(port: number, key: string): string {
  return `
doveadm_api_key = ${key}
service doveadm {
  inet_listener http {
    address = 127.0.0.1
    port = ${port}
  }
}`;
}
