/**
 * The way back that stays open until release: what a pass in either direction may do, and whether all that people have on the
 * target is at home, so that they can follow it.
 */

import { homeward } from '#domain/homeward.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import { removedFolder, withoutRemoved } from '#domain/removed-folder.ts';
import { everything, type Selection } from '#domain/selection.ts';
import type { FaultReport } from '#domain/report.ts';
import type { OneSided, VerifyReport } from '#domain/verify-report.ts';
import type { CopyChoices } from './copy-mailbox.ts';

type PassChoices = Pick<CopyChoices, 'selection' | 'delete' | 'aside' | 'restores'>;

/** What a pass of `direction` carries, and what becomes of mail that left where it comes from. `isLast`: people go there. */
export function choicesOf(
  direction: Direction,
  choices: Pick<CopyChoices, 'selection' | 'delete'>,
  isLast: boolean,
): PassChoices {
  if (direction === 'there') return { selection: withoutRemoved(choices.selection), delete: choices.delete };
  // What people remove on the target is not removed at home, but kept in a folder of ours until release.
  return { selection: homeward(choices.selection), delete: true, aside: removedFolder, restores: isLast };
}

/** Compares both ends, the one that `direction` comes from first, within `selection`. */
export type Compare = (direction: Direction, selection: Selection) => Promise<VerifyReport>;

/** What one side has and the other would not serve, by paths joined with `/`. */
export interface Lacking {
  readonly messages: readonly LackingMessage[];
  /** Folders of which the other side has nothing, or that did not let themselves be read; `messages`: null where not known. */
  readonly folders: readonly { readonly path: string; readonly messages: number | null }[];
}

export type LackingMessage = Pick<OneSided, 'folder' | 'uid' | 'uidValidity'>;

/**
 * What of the side that is left the other does not serve, or the fault that kept it from being known.
 *
 * Folders are compared as they were carried on the way there, by which most got their names. Those of the side that is left that
 * have no counterpart so are compared once more as they are carried back: people have made them since the switch.
 */
export async function lackingAcross(
  direction: Direction,
  compare: Compare,
  selection: Selection,
): Promise<{ readonly fault: FaultReport } | Lacking> {
  const leaving = direction === 'there' ? 'source' : 'target';
  const there = await compare('there', direction === 'there' ? withoutRemoved(selection) : whole(selection));
  if (there.fault) return { fault: there.fault };
  const messages = [...(direction === 'there' ? there.missing : there.extra)];
  const folders = [...unreadable(there, leaving)];
  const strays = new Set(alone(there, leaving).map(({ path }) => path));
  if (strays.size > 0) {
    const back = await compare('back', homeward(selection));
    if (back.fault) return { fault: back.fault };
    const lacking = direction === 'there' ? back.extra : back.missing;
    messages.push(...lacking.filter(({ folder }) => strays.has(folder)));
    const aloneToo = alone(back, direction === 'there' ? 'target' : 'source');
    folders.push(...aloneToo.filter(({ path }) => strays.has(path)));
  }
  return { messages, folders };
}

/** What lies on the target is compared whoever brought it, and whenever. */
function whole({ include, exclude, map }: Selection): Selection {
  return withoutRemoved({ ...everything, include, exclude, map });
}

/** Folders with mail of which the other side has nothing at all. `side`: as the report has it. */
function alone({ folderNotes }: VerifyReport, side: 'source' | 'target'): Lacking['folders'] {
  const kinds = side === 'source' ? ['missing', 'not-selectable'] : ['only-on-target'];
  return folderNotes.flatMap(({ kind, messages, [side]: name }) =>
    kinds.includes(kind) && messages !== 0 && name !== null ? [{ path: name, messages: messages ?? null }] : [],
  );
}

/** Folders of which one side did not let itself be read. */
function unreadable({ folderNotes }: VerifyReport, side: 'source' | 'target'): Lacking['folders'] {
  return folderNotes.flatMap(({ kind, [side]: path }) =>
    kind === 'unreadable' && path !== null ? [{ path, messages: null }] : [],
  );
}
