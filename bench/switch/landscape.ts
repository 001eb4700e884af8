/**
 * The landscape in which mailboxes change sides: a Postfix as MX and one on each side, nginx and Dovecot as proxies for people's
 * programs, two Dovecots behind, and Godwit between, all as processes of their own. Every mail system asks Godwit's doors where an
 * address lives: the Postfix on the new side those of a process of its own, all others those of `serve`.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DovecotServer, startDovecot } from '../../labs/dovecot.ts';
import { type DovecotProxy, startDovecotProxy } from '../../labs/dovecot-proxy.ts';
import { type NginxMail, startNginxMail } from '../../labs/nginx.ts';
import { type PostfixServer, startPostfix } from '../../labs/postfix.ts';
import { readyMadeMain, readyMadeMaster, type ReadyMadePorts } from '../../labs/ready-made.ts';
import { freePort } from '../../labs/server.ts';
import { launcher } from '../peers/godwit.ts';
import { type Hearsay, startHearsay } from './hearsay.ts';

/** They guard made-up mail on loopback for as long as the bench runs. */
export const password = 'bench';
export const mover = { name: 'mover', password: 'a switch' } as const;
export const nginxKey = 'an nginx of the bench';
export const domain = 'town.example';

export interface Landscape extends AsyncDisposable {
  readonly folder: string;
  readonly source: DovecotServer;
  readonly target: DovecotServer;
  /** Where mail comes in from outside, and where each side's own people send. */
  readonly mx: PostfixServer;
  readonly oldSide: PostfixServer;
  readonly newSide: PostfixServer;
  readonly nginx: NginxMail;
  readonly proxy: DovecotProxy;
  /** What stands between the Postfix of a side and its door, and by which transport each gives mail to the other side. */
  readonly hearsay: Readonly<Record<'old' | 'new', { readonly of: Hearsay; readonly across: string }>>;
  readonly environment: NodeJS.ProcessEnv;
  /** Starts `serve`, or the doors of the new side by themselves, and resolves when it is at work. */
  start(verb: 'serve' | 'coexist'): Promise<Running>;
}

export interface Running {
  readonly pid: number;
  /** What it has said so far. */
  said(): string;
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Stops it where it stands, and lets it go on. */
  freeze(isFrozen: boolean): void;
}

export interface LandscapeOptions {
  readonly folder: string;
  readonly atOnce: number;
  readonly followEvery: string;
  readonly announceAhead: string;
}

export async function startLandscape(options: LandscapeOptions): Promise<Landscape> {
  const { folder } = options;
  await using ends = new AsyncDisposableStack();
  mkdirSync(join(folder, 'state'), { recursive: true });
  const source = ends.use(await startSide(folder, 'source'));
  const target = ends.use(await startSide(folder, 'target'));
  const [socketmap, deliveries, authHttp] = [await freePort(), await freePort(), await freePort()];
  const newDoors = { socketmap: await freePort(), deliveries: await freePort() };
  const [toOld, toNew] = [await freePort(), await freePort()];
  const heard = {
    old: ends.use(await startHearsay({ port: socketmap })),
    new: ends.use(await startHearsay({ port: newDoors.socketmap })),
  };
  const mx = ends.use(await startPostfix(asking('mx.lab.example', socketmap, 'mx', { deliveries, across: null })));
  const oldSide = ends.use(
    await startPostfix(asking('old.lab.example', heard.old.port, 'old', { deliveries, across: toOld })),
  );
  const newSide = ends.use(
    await startPostfix(
      asking('new.lab.example', heard.new.port, 'new', { deliveries: newDoors.deliveries, across: toNew }),
    ),
  );
  const sockets = join(folder, 'doors');
  mkdirSync(sockets);
  chmodSync(sockets, 0o777);
  const dict = join(sockets, 'dovecot');
  const nginx = ends.use(
    await startNginxMail({
      authHttp: `http://127.0.0.1:${authHttp}/`,
      header: { name: 'X-Auth-Key', value: nginxKey },
      protocols: ['imap'],
      authHttpTimeoutS: 60,
    }),
  );
  const proxy = ends.use(await startDovecotProxy({ dictSocket: dict }));
  const side = (name: 'source' | 'target', { port, doveadmHttp }: DovecotServer): readonly string[] => [
    `${name}:`,
    `  url: imap+plain://127.0.0.1:${port}`,
    `  admin: ${mover.name}`,
    '  secret: env:SWITCH_SECRET',
    '  sessions:',
    `    url: ${doveadmHttp?.url}`,
    `    key: env:SWITCH_${name.toUpperCase()}_KEY`,
    `  budget: { connections: ${options.atOnce * 3}, connections-per-mailbox: 3 }`,
  ];
  const behind = (name: 'source' | 'target', { port, lmtpPort }: DovecotServer): readonly string[] => [
    `  ${name}:`,
    `    deliver: lmtp://127.0.0.1:${lmtpPort}`,
    `    imap: imap+plain://127.0.0.1:${port}`,
    `    nginx-imap: 127.0.0.1:${port}`,
  ];
  const at = (port: number): string => `smtp:[127.0.0.1]:${port}`;
  const home = ({ lmtpPort }: DovecotServer): string => `lmtp:inet:127.0.0.1:${lmtpPort}`;
  const view = (name: string, from: string, to: string, door: number): string =>
    `      - { name: ${name}, source: '${from}', target: '${to}', moving: 'godwit:inet:127.0.0.1:${door}' }`;
  const estate = [
    ...side('source', source),
    ...side('target', target),
    `workers: { at-once: ${options.atOnce} }`,
    `follow-every: ${options.followEvery}`,
    `switching: { announce-ahead: ${options.announceAhead}, hold-most: 20s }`,
    // What people move on the old side is not to lie in both places on the new.
    'delete: true',
    'listen: "off"',
    'doors:',
    ...behind('source', source),
    ...behind('target', target),
  ];
  const write = (name: string, doors: readonly string[]): void =>
    writeFileSync(join(folder, name), [...estate, ...doors, ''].join('\n'));
  write(configs.serve, [
    '  postfix:',
    `    listen: 127.0.0.1:${socketmap}`,
    '    views:',
    view('mx', at(oldSide.port), at(newSide.port), deliveries),
    view('old', home(source), at(toNew), deliveries),
    `  deliveries: { listen: '127.0.0.1:${deliveries}' }`,
    `  nginx: { listen: '127.0.0.1:${authHttp}', key: env:SWITCH_NGINX_KEY }`,
    `  dovecot: { listen: 'unix:${dict}' }`,
  ]);
  write(configs.coexist, [
    '  postfix:',
    `    listen: 127.0.0.1:${newDoors.socketmap}`,
    '    views:',
    view('new', at(toOld), home(target), newDoors.deliveries),
    `  deliveries: { listen: '127.0.0.1:${newDoors.deliveries}' }`,
  ]);
  const inherited = Object.entries(process.env).filter(([name]) => !/^(NODE_|npm_|GODWIT_)/.test(name));
  const environment = {
    ...Object.fromEntries(inherited),
    SWITCH_SECRET: mover.password,
    SWITCH_NGINX_KEY: nginxKey,
    SWITCH_SOURCE_KEY: source.doveadmHttp?.key ?? '',
    SWITCH_TARGET_KEY: target.doveadmHttp?.key ?? '',
  };
  const kept = ends.move();
  const start = async (verb: 'serve' | 'coexist'): Promise<Running> => {
    const running = await startVerb(folder, environment, verb);
    kept.defer(() => running.kill('SIGTERM'));
    return running;
  };
  const hearsay = {
    old: { of: heard.old, across: at(toNew) },
    new: { of: heard.new, across: at(toOld) },
  };
  const servers = { source, target, mx, oldSide, newSide, nginx, proxy, hearsay };
  return { folder, ...servers, environment, start, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const configs = { serve: 'godwit.yaml', coexist: 'new-side.yaml' } as const;

/** Anybody may sign in, and is delivered to, under any name. Whoever has signed in sees by its capabilities which side it is. */
export function startSide(folder: string, side: 'source' | 'target'): Promise<DovecotServer> {
  const mailRoot = join(folder, side);
  mkdirSync(mailRoot, { recursive: true });
  const extra = `
passdb {
  driver = static
  args = password=${password}
}
service imap {
  process_limit = 2048
}
service auth {
  client_limit = 8192
}
protocol imap {
  imap_capability = +${markOf(side)}
}
`;
  return startDovecot({ users: [], master: mover, mailRoot, lmtp: true, doveadmHttp: true, extra });
}

export function markOf(side: 'source' | 'target'): string {
  return `XSIDE=${side.toUpperCase()}`;
}

/**
 * A Postfix that asks for every address where it goes, and keeps what cannot be delivered now for the next moment. `ways`: those of
 * the ready-made configuration.
 */
export function asking(
  name: string,
  socketmap: number,
  view: string,
  ways?: ReadyMadePorts,
): NonNullable<Parameters<typeof startPostfix>[0]> {
  return {
    name,
    mainCf: {
      relay_domains: domain,
      transport_maps: `socketmap:inet:127.0.0.1:${socketmap}:transport@${view}`,
      relay_recipient_maps: `socketmap:inet:127.0.0.1:${socketmap}:relay-recipients`,
      lmtp_destination_concurrency_limit: '200',
      ...(ways === undefined ? {} : readyMadeMain()),
      minimal_backoff_time: '10s',
      queue_run_delay: '5s',
    },
    ...(ways === undefined ? {} : { masterCf: readyMadeMaster(ways) }),
  };
}

async function startVerb(folder: string, environment: NodeJS.ProcessEnv, verb: keyof typeof configs): Promise<Running> {
  const logFile = join(folder, `${verb}.log`);
  const log = openSync(logFile, 'a');
  const before = readFileSync(logFile, 'utf8').length;
  const flags = ['--config', join(folder, configs[verb]), '--state', join(folder, 'state')];
  // It must not outlive a bench that was killed.
  const child: ChildProcess = spawn('setpriv', ['--pdeathsig', 'KILL', launcher, verb, ...flags], {
    env: environment,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const said = (): string => readFileSync(logFile, 'utf8').slice(before);
  for (const since = Date.now(); !said().includes('at work'); await sleep(50)) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() - since > 180_000)
      throw new Error(`godwit ${verb} did not come up: ${said().slice(-2_000)}`);
  }
  return {
    pid: child.pid as number,
    said,
    async kill(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
    },
    freeze: (isFrozen) => void child.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT'),
  };
}
