/**
 * The mail of an evening, made up: what stands in each mailbox, what people change in some of them before the window opens,
 * and what is therefore to be found afterwards. Everything follows from the number of the mailbox, so that 22,000 of them
 * need no memory, and so that a comparison knows the truth without asking anybody.
 *
 * Messages are smaller than people have them (2.5 kB in the middle, 6 kB on average, up to 60 kB), so that the disk of one machine holds both sides.
 */

import { generator, type MadeFolder, makeMessage, type MadeMessage } from './workload.ts';

export interface EveningShape {
  readonly mailboxes: number;
  readonly messagesMin: number;
  readonly messagesMax: number;
  readonly seed: number;
}

/** `Entwürfe` as RFC 3501 §5.1.3 spells it; and one that is empty. */
const paths = ['INBOX', 'Sent', 'Archive', 'Archive/2019', 'Entw&APw-rfe', 'Trash'] as const;
/** What share of a mailbox lies in each. */
const shares = [0.5, 0.75, 0.9, 0.95, 1] as const;

/** One mailbox in twenty changes. */
const changesEvery = 20;

/** The folders of mailbox `number` as they are seeded. */
export function foldersOf(number: number, shape: EveningShape): readonly MadeFolder[] {
  const random = randomOf(number, 1, shape);
  const count = shape.messagesMin + Math.floor(random() * (shape.messagesMax - shape.messagesMin + 1));
  const folders = paths.map((path, i) => ({ path, subscribed: i % 2 === 0, messages: [] as MadeMessage[] }));
  for (let i = 0; i < count; i++) {
    const draw = random();
    folders[shares.findIndex((share) => draw < share)]?.messages.push(message(number, i, random));
  }
  return folders;
}

export function isChanged(number: number): boolean {
  return number % changesEvery === 7 % changesEvery;
}

/** What people did to one folder. Messages are named by their place, which is their UID less one. */
export interface FolderChange {
  readonly path: string;
  readonly added: readonly MadeMessage[];
  readonly flagged: readonly number[];
  readonly removed: readonly number[];
}

/** New mail in two folders, a flag here and there, and something thrown away. */
export function changesOf(number: number, shape: EveningShape): readonly FolderChange[] {
  if (!isChanged(number)) return [];
  const random = randomOf(number, 2, shape);
  return foldersOf(number, shape)
    .slice(0, 2)
    .map(({ path, messages }, folder) => {
      const places = messages.map((_, place) => place);
      const draw = (most: number): number[] =>
        Array.from({ length: Math.min(most, places.length) }, () =>
          places.splice(Math.floor(random() * places.length), 1),
        ).flat();
      const added = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, i) =>
        message(number, 1_000 + folder * 100 + i, random),
      );
      return { path, removed: draw(2), flagged: draw(2), added };
    });
}

/** Who is flagged has this, besides what was there. */
export const flagOfPeople = '\\Flagged';

/** The folders of mailbox `number` as they have to be found in the end. */
export function foldersInTheEnd(number: number, shape: EveningShape): readonly MadeFolder[] {
  const changes = changesOf(number, shape);
  return foldersOf(number, shape).map((folder) => {
    const change = changes.find(({ path }) => path === folder.path);
    if (!change) return folder;
    const kept = folder.messages
      .map((each, place) =>
        change.flagged.includes(place) ? { ...each, flags: [...new Set([...each.flags, flagOfPeople])] } : each,
      )
      .filter((_, place) => !change.removed.includes(place));
    return { ...folder, messages: [...kept, ...change.added] };
  });
}

/** Above what anybody has in one mailbox, so that no two messages of an evening are the same. */
const messagesBelow = 2_048;

function message(number: number, i: number, random: () => number): MadeMessage {
  // Two draws added up and raised: many short ones, a few long.
  const size = Math.round(700 + 60_000 * ((random() + random()) / 2) ** 5);
  return makeMessage(size, random, number * messagesBelow + i);
}

function randomOf(number: number, salt: number, { seed }: EveningShape): () => number {
  return generator(
    (Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b) ^ Math.imul(seed, 0xc2b2ae35)) >>> 0,
  );
}
