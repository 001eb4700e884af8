/**
 * The second act of `godwit demo`: an estate of two hundred mailboxes. It is imported, a pilot switches, then the rest in a
 * window of their own while mail goes on coming in, and one who thinks better of it goes back with the mail they got meanwhile.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoStage } from '#cli/world.ts';
import { count } from '#cli/shown.ts';
import { isFault } from '#domain/fault.ts';
import { silent } from '#lib/log.ts';
import { demoArrivals, type DemoFolder } from './demo-mail.ts';
import { type DemoServer, type DemoServers, fillMailbox, putMessages, signedIn } from './demo-servers.ts';
import { mailOf, type Townsman, townFiles, townSize, townsmen } from './demo-town.ts';
import { type EstateDatabase, openEstateDatabase } from './estate-database.ts';
import { readEstate } from './read-estate.ts';
import { serve } from './serve.ts';

export interface EstateAct {
  readonly stage: DemoStage;
  readonly servers: DemoServers;
  /** Everything is written below it, and whoever calls removes it. */
  readonly folder: string;
  readonly password: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** So many get mail between their first copy and their switch. */
const busyPeople = 12;
/** From its start until the large wave switches: enough for the first copies. */
const untilWindowMs = 20_000;

/** Plays it; answers with the exit code of the first command that did not go well, or 0. */
export async function playEstate(act: EstateAct): Promise<number> {
  const { stage, servers, environment, folder } = act;
  const town = townsmen();
  const state = join(folder, 'estate');
  await using database = await databaseIn(act, state);
  if (!database) return 0;
  stage.say(`\nNow the whole town of Heron Bay: ${count(town.length)} mailboxes, and nobody shall stop working.`);
  const messages = await fillTown(act, town);
  stage.say(`${count(messages)} messages are at the old server.`);
  const config = await writeFiles(act, town);
  const run = async (argv: readonly string[], told = argv): Promise<void> => {
    stage.interruption.throwIfAborted();
    stage.say(`\n$ godwit ${told.map(quoted).join(' ')}\n`);
    const code = await stage.run([...argv, '--state', state, '--config', config], environment);
    if (code !== 0) throw new EndedOtherwise(code);
  };
  const files = (path: (name: string) => string): readonly string[] =>
    ['organisations', 'mailboxes', 'grants'].flatMap((kind) => [`--${kind}`, path(`${kind}.csv`)]);
  const importing = (path: (name: string) => string) => ['estate', 'import', ...files(path), '--yes'];
  try {
    await run(
      importing((name) => join(folder, name)),
      importing((name) => name),
    );
    await run([
      'wave',
      'create',
      'pilot',
      '--pilot',
      '--select',
      'organisation=HALL',
      '--limit',
      '20',
      '--window',
      window(0),
    ]);
    await run(['wave', 'create', 'town', '--window', window(untilWindowMs)]);
    stage.say('\n$ godwit serve                                (it works on behind what follows)');
    await whileServing(act, config, state, async () => {
      await run(['wave', 'start', 'pilot']);
      await run(['wave', 'start', 'town']);
      await run(['wave', 'watch', 'pilot']);
      stage.say(
        `\nThe window of the others has not opened yet. Meanwhile ${busyPeople} people get mail at the old server.`,
      );
      const person = await mailArrives(act, town);
      await run(['wave', 'watch', 'town']);
      stage.say(`\n${person.name} gets mail at the new server, thinks better of it, and goes back.`);
      await deliver(servers.new, act, person, 2);
      await run(['mailbox', 'go-back', person.user, '--why', 'a change of mind']);
      await run(['wave', 'watch', 'town']);
      await run(['status']);
    });
    return 0;
  } catch (error) {
    if (error instanceof EndedOtherwise) return error.code;
    throw error;
  }
}

/** Up from the first command to the last; null where there can be none, which is told. */
async function databaseIn({ stage, environment }: EstateAct, stateDir: string): Promise<EstateDatabase | null> {
  try {
    return await openEstateDatabase(
      'embedded',
      {
        stateDir,
        environment: (name) => environment[name],
        connectionsMax: 1,
        applicationName: 'godwit demo',
        log: silent,
      },
      stage.interruption,
    );
  } catch (error) {
    if (!isFault(error, 'database.embedded.unusable')) throw error;
    stage.say(`\nThe second act, an estate of ${townSize} mailboxes, is left out: ${error.message}`);
    return null;
  }
}

/** A command that the play rests on ended with another exit code than 0. */
class EndedOtherwise extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`a command ended with exit code ${code}`);
    this.code = code;
  }
}

/** The control plane works in this process while `play` goes on; both end when one of them fails. */
async function whileServing(act: EstateAct, config: string, state: string, play: () => Promise<void>): Promise<void> {
  const { stage, environment } = act;
  const stop = new AbortController();
  const ended = AbortSignal.any([stop.signal, stage.interruption]);
  const serving = serve(
    {
      settings: await readEstate(config),
      stateDir: state,
      version: stage.version,
      keys: [],
      environment: (name) => environment[name] ?? process.env[name],
      log: silent,
      started: () => undefined,
    },
    ended,
  );
  try {
    await Promise.race([play(), serving.then(() => Promise.reject(new Error('the control plane ended')))]);
  } finally {
    stop.abort();
    await serving;
  }
}

async function fillTown({ servers, password, stage }: EstateAct, town: readonly Townsman[]): Promise<number> {
  let messages = 0;
  const now = Date.now();
  const left = [...town.entries()];
  const fillOn = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) {
      stage.interruption.throwIfAborted();
      const [index, person] = next;
      const folders: readonly DemoFolder[] = mailOf(person, index, now);
      await fillMailbox(servers.old, person.user, password, folders);
      for (const folder of folders) messages += folder.messages.length;
    }
  };
  await Promise.all(Array.from({ length: 6 }, fillOn));
  return messages;
}

/** Mail for some of the town before they switch. Answers with one of them. */
async function mailArrives(act: EstateAct, town: readonly Townsman[]): Promise<Townsman> {
  const busy = town
    .filter(({ organisation, kind }) => organisation !== 'HALL' && kind === 'person')
    .slice(0, busyPeople);
  await Promise.all(busy.map(async (person) => deliver(act.servers.old, act, person, 3)));
  return busy[0] as Townsman;
}

async function deliver(server: DemoServer, { password }: EstateAct, person: Townsman, messages: number): Promise<void> {
  await using wire = await signedIn(server, person.user, password);
  await putMessages(wire, Buffer.from('INBOX'), demoArrivals(Date.now(), messages));
}

/** The lists and the settings; answers with the path of the settings. */
async function writeFiles({ folder, servers }: EstateAct, town: readonly Townsman[]): Promise<string> {
  for (const [name, text] of Object.entries(townFiles(town))) await writeFile(join(folder, `${name}.csv`), text);
  const platform = async (name: 'old' | 'new'): Promise<readonly string[]> => {
    const { endpoint, caFile } = servers[name];
    if (caFile) await writeFile(join(folder, `${name}.pem`), await readFile(caFile));
    return [`  url: ${endpoint}`, `  secret: env:${name.toUpperCase()}`, ...(caFile ? [`  ca: ${name}.pem`] : [])];
  };
  const lines = ['source:', ...(await platform('old')), 'target:', ...(await platform('new'))];
  const config = join(folder, 'godwit.yaml');
  await writeFile(config, [...lines, 'follow-every: 5s', 'listen: off', ''].join('\n'));
  return config;
}

/** From `inMs` on for eight hours, as `--window` takes it in UTC. */
function window(inMs: number): string {
  const at = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
  const opensAt = Date.now() + inMs;
  return `${at(opensAt)}/${at(opensAt + 8 * 3_600_000)}`;
}

function quoted(word: string): string {
  return /[ =]/.test(word) ? `'${word}'` : word;
}
