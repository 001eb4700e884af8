/** Which folders this run has found gone for the first time, and when: what it sees again in the next moment proves no more. */

import type { FolderId } from '#domain/item.ts';

/** Lives as long as its run, over all attempts and all passes of `--follow`. */
export class Sightings {
  readonly #now: () => number;
  readonly #apartMs: number;
  readonly #at = new Map<FolderId, number>();

  /** `now` in milliseconds; looks of this run that are `apartMs` apart count as two, with `Infinity` none do. */
  constructor(now: () => number, apartMs: number) {
    this.#now = now;
    this.#apartMs = apartMs;
  }

  /** Notes that a folder is found gone and was not when it was last looked at. */
  note(folder: FolderId): void {
    this.#at.set(folder, this.#now());
  }

  /** Whether that was in this run, and so short a time ago that finding it so once more is the same finding. */
  isRecent(folder: FolderId): boolean {
    const at = this.#at.get(folder);
    return at !== undefined && this.#now() - at < this.#apartMs;
  }
}
