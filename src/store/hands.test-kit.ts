/**
 * Another process that works on a database of a test, to be stopped and killed: `node hands.test-kit.ts ROLE URL [PORT]`. What
 * it has done it says in lines on its standard output.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '#lib/chance.ts';
import { silent } from '#lib/log.ts';
import { heartbeatMs } from '#ports/workforce.ts';
import { openGovernor } from './budget.ts';
import { type Database, openDatabase } from './db.ts';
import { openElection } from './election.ts';
import { openQueue } from './queue.ts';
import { openWorkforce } from './workforce.ts';

type Role = keyof typeof roles;

/** A process of a test; killed with it. */
export interface Hands extends Disposable {
  readonly process: ChildProcess;
  /** Its next line that begins so, without that beginning. */
  heard(beginning: string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

export function hands(role: Role, url: string, ...more: readonly string[]): Hands {
  const child = spawn(process.execPath, [import.meta.filename, role, url, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let wake = Promise.withResolvers<void>();
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    wake.resolve();
    wake = Promise.withResolvers();
  });
  return {
    process: child,
    async heard(beginning) {
      for (;;) {
        const at = lines.findIndex((line) => line.startsWith(beginning));
        const line = lines[at];
        if (line !== undefined) {
          lines.splice(0, at + 1);
          return line.slice(beginning.length).trim();
        }
        await wake.promise;
      }
    },
    kill: (signal) => void child.kill(signal),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}

const identity = { host: 'there', pid: process.pid, version: '0', role: 'worker', lacks: [] } as const;
const say = (line: string): void => console.log(line);

const roles = {
  /** Takes ten jobs and keeps them alive without ever ending them. */
  async work(db: Database) {
    const queue = await openQueue(db, silent);
    const jobs = await queue.fetch(10);
    say(`took ${jobs.length}`);
    for (;;) {
      await queue.touch(jobs);
      say('touched');
      await sleep(heartbeatMs / 2);
    }
  },

  /** Takes whatever there is by turns with others and ends it. */
  async race(db: Database) {
    const queue = await openQueue(db, silent);
    for (let jobs = await queue.fetch(7); jobs.length > 0; jobs = await queue.fetch(7)) {
      say(`took ${jobs.map(({ mailbox }) => mailbox).join(',')}`);
      for (const job of jobs) await queue.complete(job);
    }
    say('none left');
    process.exit();
  },

  /** Leads as soon as it can. */
  async lead(db: Database) {
    const lead = await openElection(db).lead(new AbortController().signal, () => say('waits'));
    say('leads');
    lead.lost.addEventListener('abort', () => say('lost'));
    await new Promise(() => setInterval(() => undefined, 60_000));
  },

  /** Takes connections, opens as many to a port as it was given, closes them, gives them back, and again. */
  async hammer(db: Database, port: string, seed: string) {
    const membership = await openWorkforce(db).register(identity);
    setInterval(() => void membership.heartbeat(), heartbeatMs / 5);
    const governor = openGovernor(db, membership);
    say('begins');
    await Promise.all(Array.from({ length: 6 }, (_, i) => hammerOn(Number(seed) * 100 + i)));

    async function hammerOn(own: number): Promise<never> {
      const chance = new Chance(own);
      for (;;) {
        const wanted = chance.between(1, 4);
        const taken = await governor.take({ side: 'target', mailbox: own, connections: wanted, atLeast: 1 });
        if (taken.kind === 'gone') throw new Error('gone');
        if (taken.kind === 'wait') {
          await sleep(chance.between(1, 20));
          continue;
        }
        const sockets = await Promise.all(
          Array.from({ length: taken.lease.connections }, () => opened(Number(port), own)),
        );
        await sleep(chance.below(20));
        await Promise.all(sockets.map(closed));
        await governor.release([taken.lease]);
      }
    }
  },
} as const;

/** Says who it is for, so that connections to one mailbox can be counted. */
async function opened(port: number, mailbox: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`${mailbox}\n`);
  return socket;
}

/** Until the other side has seen it end. */
async function closed(socket: net.Socket): Promise<void> {
  socket.resume();
  const end = once(socket, 'close');
  socket.end();
  await end;
}

if (import.meta.main) {
  const [role, url = '', ...more] = process.argv.slice(2);
  const db = await openDatabase({ url, connectionsMax: 8, applicationName: 'godwit tests' });
  const play: (db: Database, ...more: string[]) => Promise<unknown> = roles[role as Role];
  await play(db, ...more);
}
