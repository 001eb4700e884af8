/**
 * The way back that stays open until release: what a pass in either direction may do, and whether all that people have on the
 * target is at home, so that they can follow it.
 */

import { homeward } from '#domain/homeward.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import { removedFolder, withoutRemoved } from '#domain/removed-folder.ts';
import type { Selection } from '#domain/selection.ts';
import type { FaultReport } from '#domain/report.ts';
import type { OneSided, VerifyNote, VerifyReport } from '#domain/verify-report.ts';
import type { CopyChoices } from './copy-mailbox.ts';

type PassChoices = Pick<CopyChoices, 'selection' | 'delete' | 'aside'>;

/** What a pass of `direction` carries, and what becomes of mail that left where it comes from. */
export function choicesOf(direction: Direction, choices: Pick<CopyChoices, 'selection' | 'delete'>): PassChoices {
  if (direction === 'there') return { selection: withoutRemoved(choices.selection), delete: choices.delete };
  // What people remove on the target is not removed at home, but kept in a folder of ours until release.
  return { selection: homeward(choices.selection), delete: true, aside: removedFolder };
}

/** Compares both ends, the one that `direction` comes from first, within `selection`. */
export type Compare = (direction: Direction, selection: Selection) => Promise<VerifyReport>;

/** What one side has and the other would not serve. */
export interface Lacking {
  readonly missing: number;
  /** One of them, for people. */
  readonly first: string;
}

/** What of the side that is left the other does not serve; null where that is nothing, or the fault that kept it from being known. */
export async function lackingAcross(
  direction: Direction,
  compare: Compare,
  selection: Selection,
): Promise<{ readonly fault: FaultReport } | Lacking | null> {
  const named = direction === 'there' ? await notThere(compare, selection) : await notAtHome(compare, selection);
  if ('fault' in named) return named;
  const [first] = named;
  return first === undefined ? null : { missing: named.length, first };
}

type Named = { readonly fault: FaultReport } | readonly string[];

async function notThere(compare: Compare, selection: Selection): Promise<Named> {
  const report = await compare('there', withoutRemoved(selection));
  return report.fault ? { fault: report.fault } : [...messagesOf(report.missing), ...foldersMissing(report)];
}

/**
 * Folders that have a counterpart at home are compared as they were on the way there, by which they got their names; those
 * that people have made since as they were carried back.
 */
async function notAtHome(compare: Compare, selection: Selection): Promise<Named> {
  const { include, exclude, map } = withoutRemoved(selection);
  const paired = await compare('there', { ...homeward(selection), include, exclude, map });
  if (paired.fault) return { fault: paired.fault };
  const named = messagesOf(paired.extra);
  const strays = new Set(paired.folderNotes.filter(isStray).map(({ target }) => target));
  if (strays.size === 0) return named;
  const made = await compare('back', homeward(selection));
  if (made.fault) return { fault: made.fault };
  const ofStrays = made.missing.filter(({ folder }) => strays.has(folder));
  return [...named, ...messagesOf(ofStrays), ...foldersMissing(made).filter((folder) => strays.has(folder))];
}

function messagesOf(messages: readonly OneSided[]): readonly string[] {
  return messages.map(({ folder, uid }) => `${folder} ${uid}`);
}

function isStray({ kind, messages }: VerifyNote): boolean {
  return kind === 'only-on-target' && messages !== 0;
}

/** Folders with mail of which the other side has nothing at all. */
function foldersMissing({ folderNotes }: VerifyReport): readonly string[] {
  return folderNotes.flatMap(({ kind, source, messages }) =>
    (kind === 'missing' || kind === 'unreadable' || kind === 'not-selectable') && messages !== 0 && source
      ? [source]
      : [],
  );
}
