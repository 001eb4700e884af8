/**
 * How the target's folders stand after what this attempt has done to them, as far as that was seen in passing: what is read
 * back behind the last change tells a folder's numbers too, and asking for all folders again at the end is spared.
 */

import type { FolderId, FolderState } from '#domain/item.ts';

/** How often a folder had been touched at a moment. */
export type Moment = number & { readonly moment: unique symbol };

export class TargetStates {
  readonly #touches = new Map<FolderId, number>();
  readonly #seen = new Map<FolderId, { readonly state: FolderState; readonly at: number }>();

  /** Something is about to change in a folder. */
  touch(folder: FolderId): void {
    this.#touches.set(folder, (this.#touches.get(folder) ?? 0) + 1);
  }

  /** To be asked before a question that tells a folder's state. */
  moment(folder: FolderId): Moment {
    return (this.#touches.get(folder) ?? 0) as Moment;
  }

  /** A question that was asked `at` a moment has told the folder's state. */
  saw(folder: FolderId, state: FolderState, at: Moment): void {
    this.#seen.set(folder, { state, at });
  }

  /** The state of a folder that stood as `before` when this attempt began; null where it has to be asked for. */
  of(folder: FolderId, before: FolderState | null): FolderState | null {
    const touches = this.#touches.get(folder) ?? 0;
    if (touches === 0) return before;
    const seen = this.#seen.get(folder);
    return seen?.at === touches ? seen.state : null;
  }
}
