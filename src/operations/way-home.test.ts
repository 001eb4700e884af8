/** Until release there is always a way back: what people do on the target after the switch is at home when they return. */

import { describe, expect, test } from 'vitest';
import type { MemoryFolder, MemoryMailbox } from '#connectors/memory/platform.ts';
import type { Uid } from '#domain/item.ts';
import { removedFolder } from '#domain/removed-folder.ts';
import { contents, fill, letter, noon } from './copy-mailbox.test-kit.ts';
import { aJourney, type Journey, type Platforms } from './way-home.test-kit.ts';

/** INBOX of twenty and Work of ten, settled on the target. */
async function settled(platforms: Partial<Platforms> = {}): Promise<Journey> {
  const journey = await aJourney(platforms);
  fill(journey.source.create(['INBOX']), 1, 20);
  fill(journey.source.create(['Work']), 21, 30);
  await journey.until('following');
  await journey.until('settled', 'switch');
  return journey;
}

const at = (mailbox: MemoryMailbox, path: string): MemoryFolder => {
  const folder = mailbox.folder(path);
  if (!folder) throw new Error(`no folder ${path}`);
  return folder;
};

const remove = (mailbox: MemoryMailbox, path: string, ...uids: readonly number[]): void =>
  void at(mailbox, path).expunge(uids.map((uid) => [uid as Uid, uid as Uid]));

/** As a client moves a message: a copy there, and it is gone here. */
function move(mailbox: MemoryMailbox, from: string, uid: number, to: string): void {
  const message = at(mailbox, from).message(uid);
  if (!message) throw new Error('no message');
  at(mailbox, to).add(message);
  remove(mailbox, from, uid);
}

/** A day of a person. */
function live(mailbox: MemoryMailbox, n: number): void {
  const inbox = at(mailbox, 'INBOX');
  fill(inbox, n, n + 4);
  const [first, second, third, fourth] = inbox.messages;
  if (!first || !second || !third || !fourth) throw new Error('no mail');
  inbox.setFlags(first, ['\\Seen', '\\Answered', `$Day${n}`]);
  inbox.setFlags(second, []);
  mailbox.create(['Projects', `Day ${n}`]);
  move(mailbox, 'INBOX', third.uid, `Projects/Day ${n}`);
  remove(mailbox, 'INBOX', fourth.uid);
  at(mailbox, `Projects/Day ${n}`).add({ bytes: letter(n + 5), flags: ['\\Draft'], internalDate: noon });
}

const ofPeople = (mailbox: MemoryMailbox): string[] =>
  contents(mailbox).filter((line) => !line.startsWith(removedFolder));
const ofOurs = (mailbox: MemoryMailbox): string[] => contents(mailbox).filter((line) => line.startsWith(removedFolder));

describe('what people do on the target after the switch', () => {
  test('is at home when they go back: new mail, flags, moves, new folders; and what they removed is in our folder', async () => {
    await using journey = await settled();
    const before = contents(journey.source, false);
    live(journey.target, 100);
    await journey.until('following', 'go-back');
    expect(ofPeople(journey.source)).toEqual(contents(journey.target));
    // One was removed, and one moved elsewhere.
    expect(ofOurs(journey.source)).toHaveLength(2);
    const sums = (lines: readonly string[]): string[] => lines.map((line) => line.split(' ').at(-2) ?? '');
    for (const sum of sums(before)) expect(contents(journey.source, false).join()).toContain(sum);
    expect(journey.source.subscriptions).toEqual(new Set());
  });
});
