/**
 * Dovecot 2.3 as a process of ours, set up to cost little: processes are reused, nothing is logged that is no warning,
 * no limit of connections per user, and by default no fsync. Mail belongs to `nobody`, since Dovecot refuses uid 0.
 */

import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DoveadmHttp, doveadmHttpOn } from './doveadm-http.ts';
import { dovecotConfig } from './dovecot-config.ts';
import { inside, runInside } from './namespace.ts';
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
  readonly pop3?: boolean;
  /** Checks passwords for a Postfix (`smtpd_sasl_type = dovecot`). */
  readonly sasl?: boolean;
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
  /** Where POP3 is spoken, and where a Postfix asks for passwords, if that was asked for. */
  readonly pop3Port: number | null;
  readonly saslPort: number | null;
  /** Ends it, and starts it again on the same ports with what it had. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Runs `doveadm` beside the server and gives what it printed; throws what it complained of. */
  doveadm(args: readonly string[]): Promise<string>;
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

  return onFreePorts(6, async ([port = 0, ...more]) => {
    const tlsPort = tls === null ? null : (more[0] ?? null);
    const lmtpPort = options.lmtp === true ? (more[1] ?? null) : null;
    const httpPort = more[2] ?? 0;
    const doveadmHttp = options.doveadmHttp === true ? doveadmHttpOn(httpPort) : null;
    const pop3Port = options.pop3 === true ? (more[3] ?? null) : null;
    const saslPort = options.sasl === true ? (more[4] ?? null) : null;
    const storage = options.storage ?? 'mdbox';
    const listening = { port, tlsPort, lmtpPort, doveadmHttp, pop3Port, saslPort };
    await writeFile(configFile, dovecotConfig({ options, storage, scratch, mailRoot, ...listening, httpPort, tls }), {
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

/** Base64, so that a password may hold a colon. */
function passwdLine(user: LabUser): string {
  return `${user.name}:{PLAIN.b64}${Buffer.from(user.password).toString('base64')}\n`;
}
