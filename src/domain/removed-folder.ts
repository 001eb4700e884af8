/**
 * Where what people remove on the target after the switch is kept on the source until release: in a folder of ours, with the
 * tree of theirs below it. It is nobody's mail: it is never carried, compared or removed.
 */

import type { Selection } from './selection.ts';

/** The root of what was removed, beside the folders of people. */
export const removedFolder = 'Godwit removed';

/** The home of what leaves the folder at `path`: below `root`, or where the tree is flat (`separator` null) in `root` itself. */
export function homeOfRemoved(
  root: string,
  path: readonly string[],
  separator: string | null,
): readonly (readonly string[])[] {
  // A name that is too long or not taken below another folder must not keep its messages from being kept.
  return separator === null ? [[root]] : [[root, ...path], [root]];
}

const globs = [removedFolder, `${removedFolder}/**`];

/** `selection` without what people removed. */
export function withoutRemoved(selection: Selection): Selection {
  return { ...selection, exclude: [...selection.exclude.filter((glob) => !globs.includes(glob)), ...globs] };
}
