/**
 * Cyrus 3.6 as a process of ours. It is the strict one of the two: it refuses NUL, bare newlines and bad headers, turns
 * 8-bit headers into X, and gives no word but the protocol's. Passwords are in a sasldb of its own.
 */

import { execFile } from 'node:child_process';
import { chmod, chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inside, nobody, runInside } from './namespace.ts';
import { unpacked } from './packages.ts';
import {
  freePort,
  makeOwned,
  makeScratch,
  removeScratch,
  startProcess,
  writeTls,
  type LabServer,
  type LabUser,
  type TlsWish,
} from './server.ts';
import { Wire } from './wire.ts';

export interface CyrusOptions {
  readonly users: readonly LabUser[];
  /** INBOX's folders beside it (`altnamespace: yes`, the default) or beneath it. */
  readonly altNamespace?: boolean;
  /** `/` between names (the default), or `.` as in Cyrus' older days. */
  readonly separator?: '/' | '.';
  readonly tls?: TlsWish;
  /** May sign in as anybody, by PLAIN with an authzid. */
  readonly master?: LabUser;
  /** A folder of the caller's, kept afterwards; without it one is made and removed. */
  readonly scratch?: string;
  /** Lines put at the end of imapd.conf. */
  readonly extra?: string;
}

export interface CyrusServer extends LabServer {
  readonly kind: 'cyrus';
  /** Runs one of Cyrus' own programs (`reconstruct`, `quota` …) as its user and gives what it printed. */
  command(name: string, args: readonly string[]): Promise<string>;
}

const realm = 'lab';

/** Starts Cyrus and resolves when it greets. `await using` stops it. Throws `NotToBeHad` where it cannot be had. */
export async function startCyrus(options: CyrusOptions): Promise<CyrusServer> {
  const tree = await unpacked('cyrus');
  const scratch = options.scratch ?? (await makeScratch('cyrus'));
  await chmod(scratch, 0o755);
  const folders = ['conf', 'conf/db', 'conf/socket', 'conf/proc', 'conf/lock', 'conf/log', 'spool', 'sieve'];
  await makeOwned(...folders.map((name) => join(scratch, name)));
  const tls = await writeTls(options.tls, scratch);
  const users = options.master === undefined ? options.users : [...options.users, options.master];
  for (const user of users) await addPassword(tree, scratch, user);
  if (process.getuid?.() === 0 && users.length > 0) await chown(join(scratch, 'sasldb2'), nobody.uid, nobody.gid);
  const configFile = join(scratch, 'imapd.conf');
  await writeFile(configFile, imapdConf(options, scratch, tls));

  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const tlsPort = tls === null ? null : await freePort();
    await writeFile(join(scratch, 'cyrus.conf'), cyrusConf(configFile, port, tlsPort));
    try {
      const argv = [
        '/usr/lib/cyrus/bin/master',
        '-C',
        configFile,
        '-M',
        join(scratch, 'cyrus.conf'),
        '-p',
        join(scratch, 'conf', 'master.pid'),
      ];
      const running = await startProcess(inside(tree, argv, 'nobody'), port, async () => '');
      // The first sign-in of a user makes the INBOX; an administrator who signs in on behalf does not.
      for (const user of options.users) await (await Wire.signedIn(port, user))[Symbol.asyncDispose]();
      return {
        kind: 'cyrus',
        host: '127.0.0.1',
        port,
        tlsPort,
        pid: running.pid,
        scratch,
        caFile: tls?.ca ?? null,
        command: (name, args) => runInside(tree, [`/usr/lib/cyrus/bin/${name}`, '-C', configFile, ...args], 'nobody'),
        mailOf: (user) => join(scratch, 'spool', 'user', user),
        async [Symbol.asyncDispose]() {
          await running.stop();
          if (options.scratch === undefined) await removeScratch(scratch);
        },
      };
    } catch (cause) {
      if (attempt === 3) throw cause;
    }
  }
}

/** By standard input: a password is never an argument of a process. */
async function addPassword(tree: string, scratch: string, user: LabUser): Promise<void> {
  const [file, ...args] = inside(tree, [
    '/usr/sbin/saslpasswd2',
    '-p',
    '-c',
    '-f',
    join(scratch, 'sasldb2'),
    '-u',
    realm,
    user.name,
  ]);
  await new Promise<void>((resolve, reject) => {
    const child = execFile(file as string, args, (cause, _stdout, stderr) => {
      if (cause === null) resolve();
      else reject(new Error(`saslpasswd2 refused ${user.name}: ${stderr}`, { cause }));
    });
    child.stdin?.end(user.password);
  });
}

function imapdConf(
  options: CyrusOptions,
  scratch: string,
  tls: { readonly certificate: string; readonly key: string } | null,
): string {
  const administrators = ['cyrusadmin', ...(options.master === undefined ? [] : [options.master.name])].join(' ');
  return `
configdirectory: ${scratch}/conf
defaultpartition: default
partition-default: ${scratch}/spool
sievedir: ${scratch}/sieve
cyrus_user: ${nobody.name}
cyrus_group: ${nobody.group}
servername: ${realm}
defaultdomain: ${realm}
virtdomains: off
admins: ${administrators}
proxyservers: ${administrators}
allowplaintext: yes
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: ${scratch}/sasldb2
sasl_maximum_layer: 0
loginrealms: ${realm}
unixhierarchysep: ${options.separator === '.' ? 'no' : 'yes'}
altnamespace: ${options.altNamespace === false ? 'no' : 'yes'}
autocreate_users: anyone
autocreate_quota: 0
skiplist_unsafe: yes
maxlogins_per_user: 0
failedloginpause: 0
specialuse_extra: \\Important
${tls === null ? '' : `tls_server_cert: ${tls.certificate}\ntls_server_key: ${tls.key}`}
${options.extra ?? ''}
`;
}

function cyrusConf(configFile: string, port: number, tlsPort: number | null): string {
  const service = (name: string, more: string, at: number): string =>
    `  ${name} cmd="imapd -C ${configFile} -U 1000 ${more}" listen="127.0.0.1:${at}" prefork=1 maxchild=200`;
  return `
START {
  recover cmd="ctl_cyrusdb -C ${configFile} -r"
}
SERVICES {
${service('imap', '', port)}
${tlsPort === null ? '' : service('imaps', '-s', tlsPort)}
}
DAEMON {
  idled cmd="idled -C ${configFile}"
}
EVENTS {
}
`;
}
