/**
 * How long mailboxes wait when the worker that has them is killed: until another has each of them in hand. Prints, and judges
 * nothing. By hand:
 *
 *     node labs/takeover.ts --rounds 5
 */

import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import type { Database } from '../src/store/db.ts';
import { plainMessages } from './awkward-mail.ts';
import { environment, planWave, startDatabase, usersOf, writeSettings } from './chaos-estate.ts';
import { KeptProcess } from './chaos-processes.ts';
import { startDovecot } from './dovecot.ts';
import { freshState } from './godwit.ts';
import { seedAccount } from './seed.ts';
import { startProxy } from './tcp-proxy.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const users = usersOf(16);
const atOnce = 4;

await using source = await startDovecot({ users });
await using target = await startDovecot({ users });
for (const [i, user] of users.entries())
  await seedAccount(source, user, [{ path: ['INBOX'], messages: plainMessages(i, 400) }]);
// Far away, so that there is always something in hand.
await using between = await startProxy(target, { delayMs: 400 });
await using folder = await freshState();
await using state = await freshState();
await using database = await startDatabase(folder.path);
await planWave(database.db, users);
const config = await writeSettings(state.path, { source: source.port, target: between.port }, atOnce);
const variables = { ...environment, DATABASE_URL: database.url };
const args = ['serve', '-q', '--config', config, '--state', state.path];
await using leader = new KeptProcess('serve', args, variables);
await using worker = new KeptProcess('worker', ['worker', 'run', '-q', '--state', state.path], variables);
const all: number[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  // Control plane and worker by turns: then somebody else has to lead, too.
  const victim = round % 2 === 1 ? worker : leader;
  const held = await whenBusy(database.db, () => victim.pid);
  const since = performance.now();
  victim.kill(0);
  const seconds = await Promise.all(
    held.map(async ({ mailbox, token }) => {
      await until(async () => (await tokenOf(database.db, mailbox)) > token);
      return (performance.now() - since) / 1000;
    }),
  );
  all.push(...seconds);
  console.log(`${victim.name} killed with ${held.length} mailboxes in hand; in other hands after ${shown(seconds)} s`);
}
console.log(`longest ${Math.max(...all).toFixed(1)} s of ${all.length} mailboxes`);

interface Held {
  readonly mailbox: number;
  readonly token: number;
}

/** What the process `pid` has in hand, once that is something that will last. */
async function whenBusy(db: Database, pid: () => number | null): Promise<readonly Held[]> {
  let held: readonly Held[] = [];
  await until(async () => {
    const { rows } = await sql<Held>`
      select l.mailbox, l.token from mailbox_lease l join worker w on w.id = l.worker where w.pid = ${pid()}`.execute(
      db.sql,
    );
    held = rows;
    return held.length >= 2;
  });
  return held;
}

/** Grows with each taking; 0 while nobody has it. */
async function tokenOf(db: Database, mailbox: number): Promise<number> {
  const { rows } = await sql<{ token: number }>`
    select token from mailbox_lease where mailbox = ${mailbox}`.execute(db.sql);
  return rows[0]?.token ?? 0;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

function shown(seconds: readonly number[]): string {
  return seconds
    .toSorted((a, b) => a - b)
    .map((each) => each.toFixed(1))
    .join(', ');
}
