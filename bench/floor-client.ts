/**
 * What the servers can do at most: every message fetched and thrown away, or every message appended from memory. Run as a
 * process of its own by `floor.ts`: says `ready`, waits for a line, does it, says what it took of its own time.
 *
 * `node floor-client.ts ORDER.json`. Four connections at once for many mailboxes, one for one.
 */

import { readFileSync } from 'node:fs';
import { fill, readyMailbox } from './append.ts';
import { type Door, quoted, RawImap } from './raw-imap.ts';
import { type Workload, workload } from './workload.ts';

export interface FloorOrder {
  readonly role: 'fetch' | 'append';
  readonly workload: Workload['id'];
  readonly door: Door;
  readonly runName: string;
  readonly password: string;
}

const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as FloorOrder;
const made = workload(order.workload);
// Made before the clock starts: the floor is what the server can take, not what a generator can make.
const jobs = made.mailboxes.map((mailbox) => ({
  user: `${order.runName}.${mailbox.name}`,
  paths: mailbox.folders.map((folder) => folder.path),
  folders: order.role === 'append' ? readyMailbox(mailbox) : [],
}));
console.log('ready');
process.stdin.once('data', () => void go());

async function go(): Promise<void> {
  const started = performance.now();
  const before = process.cpuUsage();
  const queue = [...jobs];
  let bytes = 0;
  const worker = async (): Promise<void> => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const imap = await RawImap.open(order.door);
      imap.dropLiterals = true;
      await imap.signIn(job.user, order.password);
      if (order.role === 'append') await fill(imap, job.folders);
      else await fetchAll(imap, job.paths);
      bytes += imap.literalBytes;
      await imap[Symbol.asyncDispose]();
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  const used = process.cpuUsage(before);
  console.log(
    JSON.stringify({
      wallSeconds: (performance.now() - started) / 1_000,
      clientCpu: (used.user + used.system) / 1e6,
      bytes,
    }),
  );
  process.exit(0);
}

async function fetchAll(imap: RawImap, paths: readonly string[]): Promise<void> {
  const under: Promise<unknown>[] = [];
  for (const path of paths) {
    under.push(imap.ask(`EXAMINE ${quoted(path)}`));
    // An empty folder has no message 1, which is a BAD or an empty answer, and either is fast.
    under.push(
      imap.ask('UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])', [], () => undefined).catch(() => undefined),
    );
  }
  await Promise.all(under);
}
