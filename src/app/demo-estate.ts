/**
 * The second act of `godwit demo`: an estate of two hundred mailboxes. It is imported, a pilot switches, then the rest in a
 * window of their own while mail goes on coming in, and one who thinks better of it goes back with the mail they got meanwhile.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { count } from '#cli/shown.ts';
import { demoArrivals, type DemoFolder } from './demo-mail.ts';
import { type DemoServer, fillMailbox, putMessages, signedIn } from './demo-servers.ts';
import {
  commandsOn,
  databaseFor,
  type DemoAct,
  EndedOtherwise,
  importEstate,
  type Played,
  whileServing,
  windowFrom,
  writeSettings,
} from './demo-serving.ts';
import { mailOf, type Townsman, townFiles, townSize, townsmen } from './demo-town.ts';

/** So many get mail between their first copy and their switch. */
const busyPeople = 12;
/** From its start until the large wave switches: enough for the first copies. */
const untilWindowMs = 20_000;

/** Plays it. */
export async function playEstate(act: DemoAct): Promise<Played> {
  const { stage, servers, folder } = act;
  const town = townsmen();
  const state = join(folder, 'estate');
  const leftOut = `The second act, an estate of ${townSize} mailboxes, is left out`;
  await using database = await databaseFor(act, state, leftOut);
  if (!database) return 'left out';
  stage.say(`\nNow the whole town of Heron Bay: ${count(town.length)} mailboxes, and nobody shall stop working.`);
  const messages = await fillTown(act, town);
  stage.say(`${count(messages)} messages are at the old server.`);
  for (const [name, text] of Object.entries(townFiles(town))) await writeFile(join(folder, `${name}.csv`), text);
  const files = { state, config: await writeSettings(act, folder, []) };
  const run = commandsOn(act, files);
  try {
    await importEstate(run, folder, ['organisations', 'mailboxes', 'grants']);
    const pilot = ['--pilot', '--select', 'organisation=HALL', '--limit', '20'];
    await run(['wave', 'create', 'pilot', ...pilot, '--window', windowFrom(0)]);
    await run(['wave', 'create', 'town', '--window', windowFrom(untilWindowMs)]);
    stage.say('\n$ godwit serve                                (it works on behind what follows)');
    await whileServing(act, files, async () => {
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

async function fillTown({ servers, password, stage }: DemoAct, town: readonly Townsman[]): Promise<number> {
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
async function mailArrives(act: DemoAct, town: readonly Townsman[]): Promise<Townsman> {
  const busy = town
    .filter(({ organisation, kind }) => organisation !== 'HALL' && kind === 'person')
    .slice(0, busyPeople);
  await Promise.all(busy.map(async (person) => deliver(act.servers.old, act, person, 3)));
  return busy[0] as Townsman;
}

async function deliver(server: DemoServer, { password }: DemoAct, person: Townsman, messages: number): Promise<void> {
  await using wire = await signedIn(server, person.user, password);
  await putMessages(wire, Buffer.from('INBOX'), demoArrivals(Date.now(), messages));
}
