/**
 * What was compared a moment ago and stands as it stood then, on both sides, is not compared again: for a switch, which compares while
 * people work and once more while they wait. Lives as long as that switch, and while it waits for those it goes with; between two of them everything is
 * looked at anew.
 */

import type { Folder } from '#domain/item.ts';
import type { FolderPair } from './compare-folder.ts';
import type { FolderFindings } from './findings.ts';

export class ComparedBefore {
  readonly #found = new Map<string, { readonly stood: string; readonly findings: FolderFindings }>();

  /** What was found of these folders, provided that nothing has come to them or left them since. */
  of(pair: FolderPair): FolderFindings | null {
    const stands = standOf(pair);
    const before = this.#found.get(keyOf(pair));
    return stands !== null && before?.stood === stands ? before.findings : null;
  }

  /** `pair`: with the states that were told before it was compared. */
  note(pair: FolderPair, findings: FolderFindings): void {
    const stood = standOf(pair);
    if (stood !== null) this.#found.set(keyOf(pair), { stood, findings });
  }
}

function keyOf({ sources, target }: FolderPair): string {
  return JSON.stringify([target.id, ...sources.map(({ id }) => id)]);
}

/** Null where a side did not tell how a folder stands. */
function standOf({ sources, target }: FolderPair): string | null {
  const states = [...sources, target].map(stateOf);
  return states.includes(null) ? null : states.join(' ');
}

/** Nothing arrives without a larger UIDNEXT, and nothing leaves without a smaller number of messages or a larger UIDNEXT. */
function stateOf({ state }: Folder): string | null {
  return state && `${state.uidValidity}/${state.uidNext}/${state.messages}/${state.highestModSeq ?? '-'}`;
}
