/**
 * `godwit demo`: two servers, some invented people, and the commands that an engineer would type, played one after the
 * other in this process. Everything is on loopback and in throw-away folders, and is gone at the end, also after Ctrl-C.
 */

import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoStage } from '#cli/world.ts';
import { exitCodes } from '#cli/exit-code.ts';
import { bytes, count } from '#cli/shown.ts';
import { demoArrivals, demoPeople, type DemoPerson } from './demo-mail.ts';
import { playEstate } from './demo-estate.ts';
import { type DemoServer, type DemoServers, fillMailbox, liveALittle, startDemoServers } from './demo-servers.ts';
import type { DemoAct, Played } from './demo-serving.ts';
import { playSwitch, switchUsers } from './demo-switch.ts';
import { townsmen } from './demo-town.ts';

const password = 'a-demo-password';
const environment = { OLD: password, NEW: password };

/** Plays the demo; the exit code is 0 when everything went as told, 5 when it was stopped, else that of what failed. */
export async function demo(stage: DemoStage): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-demo-'));
  const emergency = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', emergency);
  try {
    return await play(stage, folder);
  } catch (error) {
    if (stage.interruption.aborted) return 5;
    throw error;
  } finally {
    process.off('exit', emergency);
    await rm(folder, { recursive: true, force: true });
    stage.say(
      stage.interruption.aborted
        ? '\nStopped; both servers and all their mail are gone.'
        : '\nBoth servers are stopped, and all their mail is gone.',
    );
  }
}

/** In the order in which they are played. */
const acts = { copy: playCopy, town: playEstate, switch: playSwitch } as const satisfies Record<
  NonNullable<DemoStage['only']>,
  (act: DemoAct) => Promise<Played>
>;

async function play(stage: DemoStage, folder: string): Promise<number> {
  const { say, only, interruption } = stage;
  const begun = Date.now();
  say('Starting an old and a new mail server on this machine …');
  const users = [...demoPeople(begun), ...townsmen()].map(({ user }) => user);
  await using servers = await startDemoServers([...users, ...switchUsers], password);
  if (servers.standIn !== null) {
    say(`Dovecot is not to be had here (${servers.standIn}).`);
    say(
      'Two stand-ins of ours take its place: they speak IMAP over arrays in memory. The moves are real, the servers are not.',
    );
  } else say('Both are Dovecot, with TLS and a certificate made for today.');
  const codes: number[] = [];
  for (const [name, playAct] of Object.entries(acts)) {
    interruption.throwIfAborted();
    if (only !== null && name !== only) continue;
    const played = await playAct({ stage, servers, folder, password, environment });
    // Whoever asked for nothing else has not got it; the whole demo goes on with what can be shown.
    if (played === 'left out') codes.push(only === null ? 0 : exitCodes.unreachable);
    else codes.push(played);
    if (name === 'copy' && played !== 0) break;
  }
  const failed = codes.find((code) => code !== 0);
  if (failed === undefined)
    say(
      `\nAll of it in ${Math.round((Date.now() - begun) / 1000)} seconds. Your turn: ./godwit copy --help, ./godwit init --help`,
    );
  return failed ?? 0;
}

/** The first act: four people, one after the other. */
async function playCopy({ stage, servers, folder }: DemoAct): Promise<Played> {
  const { say, interruption, isWatched } = stage;
  const people = demoPeople(Date.now());
  const users = people.map(({ user }) => user);
  await fill(servers, people, say);
  interruption.throwIfAborted();

  const list = join(folder, 'accounts.csv');
  await writeFile(list, accountsCsv(servers, users));
  const more = [
    '--state',
    join(folder, 'state'),
    ...(servers.old.caFile ? ['--ca', await authorities(servers, folder)] : []),
  ];
  const run = async (title: string, shownFlags: string, argv: readonly string[]): Promise<number> => {
    interruption.throwIfAborted();
    say(`\n${title}\n$ godwit ${argv[0]} --accounts accounts.csv${shownFlags}\n`);
    return await stage.run([...argv, '--accounts', list, ...more], environment);
  };

  // Without the limit it would be over before it can be watched.
  const title = `The first move: everything${isWatched ? ', slowed down so that there is something to watch' : ''}.`;
  const pace = isWatched ? ['--bandwidth', '12M'] : [];
  const codes = [await run(title, pace.map((word) => ` ${word}`).join(''), ['copy', ...pace])];
  if (codes[0] !== 0) return codes[0] as number;

  say(`\nMeanwhile, life goes on at the old server: Ann gets three new messages, answers two, and stars one.`);
  await liveALittle(servers.old, users[0] as string, password, demoArrivals(Date.now(), 3));
  codes.push(await run('The same command again carries what changed, and nothing else.', '', ['copy']));
  codes.push(await run('And once more: nothing has changed, so nothing is sent.', '', ['copy']));
  codes.push(
    await run('Is it all there? A comparison with connections and code of its own reads both sides.', '', ['verify']),
  );
  return codes.find((code) => code !== 0) ?? 0;
}

async function fill(servers: DemoServers, people: readonly DemoPerson[], say: (line: string) => void): Promise<void> {
  await Promise.all(people.map(async ({ user, folders }) => fillMailbox(servers.old, user, password, folders)));
  const folders = people.flatMap((person) => person.folders);
  const messages = folders.flatMap((each) => each.messages);
  const size = messages.reduce((sum, each) => sum + each.bytes.length, 0);
  say(
    `${people.map(({ name }) => name).join(', ')} have been at work for years: ${count(folders.length)} folders, ${count(messages.length)} messages, ${bytes(size)}.`,
  );
  // Dovecot writes its indexes a moment later; a demo that begins with a hiccup convinces nobody.
  await sleep(50);
}

function accountsCsv(servers: DemoServers, users: readonly string[]): string {
  const at = ({ endpoint }: DemoServer, user: string): string => endpoint.replace('://', `://${user}@`);
  const lines = users.map((user) => `${at(servers.old, user)},${at(servers.new, user)},env:OLD,env:NEW`);
  return ['source,target,source_secret,target_secret', ...lines, ''].join('\n');
}

/** Each server has an authority of its own; `--ca` takes both in one file. */
async function authorities(servers: DemoServers, folder: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const files = [servers.old.caFile, servers.new.caFile].filter((file) => file !== null);
  const path = join(folder, 'authorities.pem');
  await writeFile(path, (await Promise.all(files.map(async (file) => readFile(file, 'utf8')))).join('\n'));
  return path;
}
