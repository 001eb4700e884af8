/**
 * What the operator's directory says of a mailbox that changes sides: written before its route is turned, and put back where that is
 * not turned. One change of an entry happens or does not, so an entry that says what the other side would have said is one that we
 * wrote, in this attempt or in one that was killed; any other is not ours to touch.
 */

import {
  attributesOf,
  type DirectorySettings,
  entryFilter,
  type EntryValues,
  isSameEntry,
  valuesOn,
} from '#domain/directory.ts';
import { Fault, fault, isFault, told } from '#domain/fault.ts';
import type { Named, SideName } from '#domain/platform.ts';
import type { FaultReport } from '#domain/report.ts';
import type { Directory } from '#ports/directory.ts';

/** The directory of an estate, and what is to stand in it. */
export interface Directing {
  readonly directory: Directory;
  readonly settings: Pick<DirectorySettings, SideName | 'filter'>;
  /** Milliseconds for which this worker may still write: whoever takes the mailbox over would write, too. */
  readonly msLeft: () => number;
}

export interface Pointing {
  /** Whether the entry can be found and read, before anybody waits. Throws `directory.*`. */
  look(signal: AbortSignal): Promise<void>;
  /** Writes what is true on the other side. Throws `directory.*`. */
  point(signal: AbortSignal): Promise<void>;
  /** Turns the route. Where `turn` breaks off, nobody knows on which side the mailbox is, and nothing is put back before that is known. */
  through(turn: () => Promise<boolean>): Promise<boolean>;
  /**
   * Lets the directory say again what it said before this attempt, or, where one that was killed had written, what is true on the
   * side that the mailbox is on. Null, or why that could not be done; then somebody has to come back for it.
   */
  putBack(): Promise<FaultReport | null>;
}

/** With less left of a lease nothing is put back: whoever takes the mailbox over may be at it before we have done. */
const writeMarginMs = 4_500;

/** `mayBeWritten`: an attempt before this one may have written and been killed. */
export function pointing(
  directing: Directing | null,
  mailbox: Named,
  { from, to, mayBeWritten }: { readonly from: SideName; readonly to: SideName; readonly mayBeWritten: boolean },
): Pointing {
  if (!directing) return nothingToPoint;
  const { directory, settings, msLeft } = directing;
  const filter = entryFilter(settings.filter, mailbox);
  const attributes = attributesOf(settings);
  const [leaving, entering] = [valuesOn(from, settings, mailbox), valuesOn(to, settings, mailbox)];
  let before: EntryValues | null = null;
  let isOpen = mayBeWritten;
  let isInDoubt = false;
  const change = (choose: (now: EntryValues) => EntryValues | null, signal: AbortSignal): Promise<void> =>
    directory.change(filter, attributes, choose, signal);
  return {
    look: (signal) => change(() => null, signal),
    point: (signal) =>
      change((now) => {
        isOpen = true;
        // Where one that was killed had written, what was there before it is not known any more, but what is true is.
        before ??= isSameEntry(now, entering) ? leaving : now;
        return isSameEntry(now, entering) ? null : entering;
      }, signal),
    async through(turn) {
      isInDoubt = true;
      const isTurned = await turn();
      isInDoubt = false;
      if (isTurned) isOpen = false;
      return isTurned;
    },
    async putBack() {
      if (!isOpen) return null;
      if (isInDoubt || msLeft() < writeMarginMs)
        return told(fault('switch.unsettled', { text: 'the directory is seen to by the next attempt.' }));
      try {
        await change((now) => (isSameEntry(now, entering) ? (before ?? leaving) : null), new AbortController().signal);
        isOpen = false;
        return null;
      } catch (error) {
        // Nothing of ours stands in an entry that nobody can find, and we never write where there are several.
        if (isFault(error, 'directory.no-entry') || isFault(error, 'directory.several')) return null;
        if (error instanceof Fault) return told(error);
        throw error;
      }
    },
  };
}

const nothingToPoint: Pointing = {
  look: async () => undefined,
  point: async () => undefined,
  through: (turn) => turn(),
  putBack: async () => null,
};
