/**
 * Postfix as a process of ours, as many side by side as a lab wants: each with its own configuration, queue, data and
 * log, listening on loopback. Debian's defaults are not read: what is not set here or by the caller is Postfix's own.
 * Mail arrives by SMTP; where it goes is the caller's to say, and nothing is delivered on this machine by itself.
 */

import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inside } from './namespace.ts';
import { unpacked } from './packages.ts';
import { makeScratch, onFreePorts, removeScratch, startProcess } from './server.ts';

const run = promisify(execFile);

export interface PostfixOptions {
  /** What it calls itself; two that talk to each other need two names. */
  readonly name?: string;
  /** Lines of main.cf: `transport_maps`, `relay_domains`, `defer_transports` … They win over what is set here. */
  readonly mainCf?: Readonly<Record<string, string>>;
  /** Lines put at the end of master.cf: transports of the caller's own, or another word on one of ours. */
  readonly masterCf?: string;
  /**
   * Look-up tables, written as files beside main.cf, where `texthash:$config_directory/NAME` finds them. Values are read
   * when a daemon starts: after a change call `reload`.
   */
  readonly tables?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** One message in the queue, by what `postqueue -j` says of it. */
export interface QueuedMessage {
  readonly id: string;
  readonly queue: 'active' | 'deferred' | 'hold' | 'incoming' | 'maildrop';
  readonly arrivedAt: Date;
  readonly sizeBytes: number;
  readonly sender: string;
  readonly recipients: readonly { readonly address: string; readonly delayReason: string | null }[];
}

export interface PostfixServer extends AsyncDisposable {
  readonly name: string;
  readonly host: '127.0.0.1';
  /** SMTP, in clear text; mail from loopback may be relayed. */
  readonly port: number;
  readonly pid: number;
  readonly scratch: string;
  readonly configFolder: string;
  readonly logFile: string;
  /** Put before a program of Postfix with its whole path, this runs it where the server runs, until that is stopped. */
  readonly within: readonly string[];
  /** What is in the queue at this moment. */
  queue(): Promise<readonly QueuedMessage[]>;
  /** Has one message tried again at once; without an id, all that are deferred. */
  flush(id?: string): Promise<void>;
  /** What a table answers (`postmap -q`), as its daemons ask it; null where there is nothing of that name. Throws what it complains of. */
  lookUp(table: string, key: string): Promise<string | null>;
  /** The last lines of its log. */
  logTail(lines?: number): Promise<string>;
  /** Replaces a table. It is heeded after `reload`. */
  writeTable(name: string, table: Readonly<Record<string, string>>): Promise<void>;
  /** Has configuration and tables read again, without an interruption; each daemon does so at its own next moment. */
  reload(): Promise<void>;
  /** Ends it, and starts it again on the same ports with what was in its queue. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts Postfix and resolves when it greets. `await using` stops it. Throws `NotToBeHad` where it cannot be had. */
export async function startPostfix(options: PostfixOptions = {}): Promise<PostfixServer> {
  const tree = await unpacked('postfix');
  const scratch = await makeScratch('postfix');
  // Its daemons drop their rights and must still get here.
  await chmod(scratch, 0o755);
  const configFolder = join(scratch, 'config');
  const logFile = join(scratch, 'postfix.log');
  const name = options.name ?? 'mx.lab.example';
  await writeAccounts(scratch);
  await makeQueue(scratch);
  await mkdir(configFolder);
  await writeAged(join(configFolder, 'main.cf'), mainCf(name, scratch, options.mainCf ?? {}));
  await writeAged(join(configFolder, 'dynamicmaps.cf'), 'pgsql /usr/lib/postfix/postfix-pgsql.so dict_pgsql_open\n');
  const writeTable: PostfixServer['writeTable'] = (table, rows) =>
    writeAged(join(configFolder, table), tableLines(table, rows));
  for (const [table, rows] of Object.entries(options.tables ?? {})) await writeTable(table, rows);
  const logTail = async (lines = 20): Promise<string> => {
    const log = await readFile(logFile, 'utf8').catch(() => '');
    return log.trimEnd().split('\n').slice(-lines).join('\n');
  };

  return onFreePorts(1, async ([port = 0]) => {
    await writeAged(join(configFolder, 'master.cf'), masterCf(port, options.masterCf ?? ''));
    const argv = ['/usr/lib/postfix/sbin/master', '-c', configFolder];
    const running = await startProcess(inside(tree, argv, 'starter', scratch), port, logTail, '220 ');
    // A namespace of its own for each `postqueue` would cost more than the command.
    const within = (): readonly string[] => ['nsenter', '-t', String(running.pid), '-m', '--'];
    const postqueue = async (...args: readonly string[]): Promise<string> => {
      const [nsenter, ...rest] = [...within(), '/usr/sbin/postqueue', '-c', configFolder, ...args];
      return (await run(nsenter as string, rest, { maxBuffer: 256 * 1024 * 1024 })).stdout;
    };
    return {
      name,
      host: '127.0.0.1',
      port,
      get pid() {
        return running.pid;
      },
      scratch,
      configFolder,
      logFile,
      get within() {
        return within();
      },
      queue: async () => (await postqueue('-j')).split('\n').filter(Boolean).map(queuedMessage),
      flush: async (id) => void (await postqueue(...(id === undefined ? ['-f'] : ['-i', id]))),
      async lookUp(table, key) {
        const [nsenter, ...rest] = [...within(), '/usr/sbin/postmap', '-c', configFolder, '-q', key, table];
        try {
          return (await run(nsenter, rest)).stdout.trimEnd();
        } catch (cause) {
          // It says nothing where it finds nothing.
          const { code, stderr } = cause as { readonly code?: unknown; readonly stderr?: string };
          if (code === 1 && stderr === '') return null;
          throw cause;
        }
      },
      logTail,
      writeTable,
      reload: async () => void process.kill(running.pid, 'SIGHUP'),
      stop: () => running.stop(),
      start: () => running.start(),
      async [Symbol.asyncDispose]() {
        await running.stop();
        await removeScratch(scratch);
      },
    };
  });
}

/** Postfix wants a user and a group that are nobody else's. These exist in its namespace only. */
const accounts = { user: 64_201, group: 64_201, postdrop: 64_202 } as const;

async function writeAccounts(scratch: string): Promise<void> {
  const others = async (file: string): Promise<string> =>
    (await readFile(file, 'utf8')).replaceAll(/^(postfix|postdrop):.*\n/gm, '').replace(/(?<!\n)$/, '\n');
  const { user, group, postdrop } = accounts;
  await writeFile(
    join(scratch, 'passwd'),
    `${await others('/etc/passwd')}postfix:x:${user}:${group}::/nonexistent:/bin/false\n`,
  );
  await writeFile(
    join(scratch, 'group'),
    `${await others('/etc/group')}postfix:x:${group}:\npostdrop:x:${postdrop}:\n`,
  );
}

/** What `postfix check` would make, in a hundredth of the time. */
async function makeQueue(scratch: string): Promise<void> {
  const queue = join(scratch, 'queue');
  const make = async (path: string, mode: number, uid: number, gid: number): Promise<void> => {
    await mkdir(path);
    await chown(path, uid, gid);
    // A mode given to mkdir would lose what the umask takes.
    await chmod(path, mode);
  };
  await make(queue, 0o755, 0, 0);
  await make(join(queue, 'pid'), 0o755, 0, 0);
  const queues = ['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming', 'private', 'saved'];
  for (const name of [...queues, 'trace']) await make(join(queue, name), 0o700, accounts.user, 0);
  await make(join(queue, 'maildrop'), 0o1730, accounts.user, accounts.postdrop);
  await make(join(queue, 'public'), 0o2710, accounts.user, accounts.postdrop);
  await make(join(scratch, 'data'), 0o700, accounts.user, 0);
}

function mainCf(name: string, scratch: string, wishes: Readonly<Record<string, string>>): string {
  const settings = {
    compatibility_level: '3.6',
    myhostname: name,
    queue_directory: join(scratch, 'queue'),
    data_directory: join(scratch, 'data'),
    daemon_directory: '/usr/lib/postfix/sbin',
    shlib_directory: '/usr/lib/postfix',
    command_directory: '/usr/sbin',
    meta_directory: '$config_directory',
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    maillog_file: join(scratch, 'postfix.log'),
    maillog_file_prefixes: scratch,
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    mydestination: '',
    alias_maps: '',
    alias_database: '',
    local_recipient_maps: '',
    // A lab asks no name server.
    smtp_dns_support_level: 'disabled',
    lmtp_dns_support_level: 'disabled',
    smtpd_peername_lookup: 'no',
    biff: 'no',
    ...wishes,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key} = ${oneLine(key, value)}\n`)
    .join('');
}

/** Postfix's own list (its master.cf of 3.7) without what only a host of its own needs; no service is chrooted. */
function masterCf(port: number, more: string): string {
  return `
127.0.0.1:${port} inet n - n - - smtpd
pickup    unix       n - n 60    1   pickup
cleanup   unix       n - n -     0   cleanup
qmgr      unix       n - n 300   1   qmgr
tlsmgr    unix       - - n 1000? 1   tlsmgr
rewrite   unix       - - n -     -   trivial-rewrite
bounce    unix       - - n -     0   bounce
defer     unix       - - n -     0   bounce
trace     unix       - - n -     0   bounce
verify    unix       - - n -     1   verify
flush     unix       n - n 1000? 0   flush
proxymap  unix       - - n -     -   proxymap
proxywrite unix      - - n -     1   proxymap
smtp      unix       - - n -     -   smtp
relay     unix       - - n -     -   smtp
showq     unix       n - n -     -   showq
error     unix       - - n -     -   error
retry     unix       - - n -     -   error
discard   unix       - - n -     -   discard
lmtp      unix       - - n -     -   lmtp
anvil     unix       - - n -     1   anvil
scache    unix       - - n -     1   scache
postlog   unix-dgram n - n -     1   postlogd
${more}
`;
}

function tableLines(name: string, rows: Readonly<Record<string, string>>): string {
  return Object.entries(rows)
    .map(([key, value]) => `${key} ${oneLine(`${name}: ${key}`, value)}\n`)
    .join('');
}

/**
 * Every daemon that finds a configuration file younger than two seconds waits until it is that old, lest somebody still
 * writes it. Ours are written when they are started, so they are given an older date.
 */
async function writeAged(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  const aMinuteAgo = Date.now() / 1000 - 60;
  await utimes(file, aMinuteAgo, aMinuteAgo);
}

/** A line break would begin a setting of its own. */
function oneLine(what: string, value: string): string {
  if (/[\r\n]/.test(value)) throw new Error(`${what}: a value of Postfix's configuration is one line`);
  return value;
}

/** A line of `postqueue -j`, as far as labs ask for it. */
interface QueueLine {
  readonly queue_name: QueuedMessage['queue'];
  readonly queue_id: string;
  readonly arrival_time: number;
  readonly message_size: number;
  readonly sender: string;
  readonly recipients: readonly { readonly address: string; readonly delay_reason?: string }[];
}

function queuedMessage(line: string): QueuedMessage {
  const said = JSON.parse(line) as QueueLine;
  return {
    id: said.queue_id,
    queue: said.queue_name,
    arrivedAt: new Date(said.arrival_time * 1000),
    sizeBytes: said.message_size,
    sender: said.sender,
    recipients: said.recipients.map(({ address, delay_reason }) => ({ address, delayReason: delay_reason ?? null })),
  };
}
