/**
 * A chaotic run at log level trace, full of canaries, and then a search for them: a move with processes and PostgreSQL killed, lines
 * cut, wrong passwords, and a change of keys that is killed in the middle; certificates of all who have moved; `godwit copy` killed and resumed. Nothing of any
 * password, key, subject, correspondent, body or attachment may be in what was said, answered or written. By hand:
 *
 *     npm run canaries -- --seed 1 --kills 20 --mailboxes 60
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { Chance } from '../src/lib/chance.ts';
import { verifyAudit } from '../src/store/audit-verify.ts';
import {
  apiToken,
  type Arena,
  type CanaryOrder,
  lookAtAll,
  mover,
  moveThroughChaos,
  run,
  setAllSecrets,
  startProcesses,
} from './canary-chaos.ts';
import { copiesKilledAndResumed } from './canary-copies.ts';
import { drawCanaries, makeKeys, markedMessages, peopleOf, writeCanarySettings } from './canary-estate.ts';
import { certifyAll, evidenceFolders, searchEvidence } from './canary-evidence.ts';
import { answersOf, toldSecrets } from './canary-faces.ts';
import { Lookout } from './canary-lookout.ts';
import { markOf, searchDatabase, searchFolder } from './canary-search.ts';
import { planWave, startDatabase } from './chaos-estate.ts';
import type { KeptProcess } from './chaos-processes.ts';
import { startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import { type LabUser, makeScratch, removeScratch } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { startWeather } from './weather.ts';

const mild = { turnedAway: 40, cut: 12, refused: 200, bye: 800 };

/** Runs it and looks; nothing may be among the findings or the complaints of what it answers with. */
export async function runCanaries(
  order: CanaryOrder,
  tell: (line: string) => void = () => undefined,
): Promise<Lookout> {
  const canaries = drawCanaries();
  const lookout = new Lookout(canaries.all);
  const users = peopleOf(order.mailboxes, canaries);
  await using folders = await makeFolders();
  const { folder, databaseFolder } = folders;
  await using source = await startDovecot({ users, master: { name: mover, password: canaries.administrator.text } });
  await using target = await startDovecot({ users });
  for (const [i, user] of users.entries())
    await seedAccount(source, user, [
      { path: ['INBOX'], messages: markedMessages(canaries, 12, `inbox.${i}`) },
      { path: ['Projekte'], messages: markedMessages(canaries, 5, `more.${i}`) },
    ]);
  await using keys = await makeKeys(folder, canaries);
  await using database = await startDatabase(databaseFolder);
  await planWave(database.db, users);
  await using sourceWeather = await startWeather(source, mild, new Chance(order.seed + 1));
  await using targetWeather = await startWeather(target, mild, new Chance(order.seed + 2));
  const ports = { source: sourceWeather.port, target: targetWeather.port };
  // The server asks nobody for a password; that of the URL is there to be found where it does not belong.
  const databaseUrl = database.url.replace('@localhost', `:${canaries.database.text}@localhost`);
  const config = await writeCanarySettings(folder, ports, databaseUrl);
  const which = `${process.pid}-${Math.trunc(performance.now())}`;
  const environment = { ...keys.environment, GODWIT_LAB_RUN: which, TMPDIR: folder };
  const arena = { order, users, canaries, keys, database, targetWeather, folder, config, environment, lookout, tell };
  {
    await using _watching = lookout.watchProcesses(`GODWIT_LAB_RUN=${which}`);
    await setAllSecrets(arena);
    await moveAll(arena);
    await copiesKilledAndResumed({ ...arena, source, target, user: users[1] as LabUser });
    await searchTables(arena);
    await eraseAndProve(arena, databaseFolder);
  }
  tell('looking through all that was written');
  lookout.add('files of PostgreSQL', await searchFolder(databaseFolder, lookout.marks));
  for (const name of ['state', 'copies-state'])
    lookout.add('files of ours', await searchFolder(join(folder, name), lookout.marks));
  await searchEvidence(arena);
  for (const name of await readdir(folder)) if (!given.has(name)) lookout.complain(`${name} was left behind`);
  // The canaries were there to be found: they are in the mail that has come to the other side.
  const arrived = await searchFolder(target.mailOf(users[1]?.name ?? ''), lookout.marks);
  for (const { kind } of [canaries.subject, canaries.people, canaries.body])
    if (!arrived.findings.some((finding) => finding.kind === kind)) lookout.complain(`${kind} has not arrived`);
  return lookout;
}

/** What lies in the folder of a run: what processes were given to read, and where they keep what is theirs. */
const given: ReadonlySet<string> = new Set([
  ...'api-token credentials database-url godwit.yaml input state copies-state'.split(' '),
  ...evidenceFolders,
]);

async function makeFolders(): Promise<AsyncDisposable & { readonly folder: string; readonly databaseFolder: string }> {
  const folder = await makeScratch('canaries');
  const databaseFolder = await makeScratch('canaries-database');
  return {
    folder,
    databaseFolder,
    async [Symbol.asyncDispose]() {
      await removeScratch(folder);
      await removeScratch(databaseFolder);
    },
  };
}

/** Through the chaos, and then asked by HTTP and by hand. */
async function moveAll(arena: Arena): Promise<void> {
  const { lookout } = arena;
  let processes: readonly KeptProcess[] = [];
  try {
    processes = await startProcesses(arena);
    await moveThroughChaos(arena, processes);
    const token = await apiToken(arena);
    const faces = await answersOf(processes, token);
    faces.push(...(await toldSecrets(processes, token, arena.canaries.spare.text)));
    for (const { where, text } of faces) lookout.see('answers', where, text);
    await lookAtAll(arena);
    await certifyAll(arena);
  } finally {
    for (const each of processes) await each.stop();
  }
  for (const { name, saidInAll, endedByItself } of processes) {
    lookout.said(name, saidInAll);
    for (const says of endedByItself) lookout.complain(says);
  }
  const talk = processes.flatMap(({ saidInAll }) => saidInAll).join('');
  for (const word of ['"level":"trace"', 'FETCH', 'APPEND', 'LOGIN', 'AUTHENTICATIONFAILED'])
    if (!talk.includes(word)) lookout.complain(`nobody has said ${word}: it was no talkative run`);
}

async function searchTables({ database, lookout }: Arena): Promise<void> {
  lookout.add('tables', await searchDatabase(database.db.sql, lookout.marks));
  const log = await verifyAudit(database.db.sql);
  if (!log.intact) lookout.complain(`the audit log: ${log.what}`);
}

/** Nothing is left of what was sealed in any file but the write-ahead log, and the list says so. */
async function eraseAndProve(arena: Arena, databaseFolder: string): Promise<void> {
  const { database, lookout } = arena;
  const { rows } = await sql<{
    sealed: Buffer;
  }>`select sealed from secret where name = lower(name) order by name limit 40`.execute(database.db.sql);
  const erased = await run(arena, [
    'secret',
    'erase',
    '--all',
    '--under-way',
    '--why',
    'the end',
    '--yes',
    '-o',
    'json',
  ]);
  if (erased.code !== 0) lookout.complain(`secret erase ended with ${erased.code}: ${erased.stderr.slice(-500)}`);
  const list = await run(arena, ['secret', 'list', 'target/']);
  if (!/^There are none\.\n[\d,]+ secrets erased on/.test(list.stdout))
    lookout.complain(`after it the list says: ${list.stdout}`);
  await sql`checkpoint`.execute(database.db.sql);
  const sealed = rows.map(({ sealed: octets }, i) => markOf(`sealed secret ${i}`, octets));
  const { findings } = await searchFolder(join(databaseFolder, 'postgres', 'data', 'base'), sealed);
  for (const { where, kind } of findings) lookout.complain(`${kind} is still in ${where}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      kills: { type: 'string', default: '20' },
      mailboxes: { type: 'string', default: '60' },
    },
  });
  if (!skipAloud('canaries', await labAvailable('dovecot'))) process.exit(1);
  const order = { seed: Number(values.seed), kills: Number(values.kills), mailboxes: Number(values.mailboxes) };
  const began = performance.now();
  const { findings, complaints, looked } = await runCanaries(order, (line) => console.log(line));
  for (const [what, { things, octets }] of Object.entries(looked))
    console.log(`${what}: ${things} looked through, ${(octets / 1e6).toFixed(1)} MB`);
  for (const finding of findings.slice(0, 50)) console.log(`FOUND ${JSON.stringify(finding)}`);
  for (const complaint of complaints.slice(0, 50)) console.log(`WRONG ${complaint}`);
  console.log(
    `${findings.length} canaries found, ${complaints.length} wrong besides, ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  process.exit(findings.length + complaints.length === 0 ? 0 : 1);
}
