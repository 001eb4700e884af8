/**
 * What the operator's directory says of a mailbox that changes sides: written before its route is turned, and put back where that is
 * not turned. One change of an entry happens or does not, so an entry that says what the other side would have said is one that we
 * wrote, in this attempt or in one that was killed; any other is not ours to touch. What it said is kept in the database before it is
 * written over, so that whoever comes after a kill can put back that very entry.
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
import type { Directory, EntriesBefore } from '#ports/directory.ts';

/** The directory of an estate, and what is to stand in it. */
export interface Directing {
  readonly directory: Directory;
  readonly before: EntriesBefore;
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
   * Lets the directory say again what it said before it was written, by this attempt or by one that was killed; where one that was
   * killed has not kept that, as older versions do not, what is true on the side that the mailbox is on. Null, or why that could not be
   * done; then somebody has to come back for it.
   */
  putBack(): Promise<FaultReport | null>;
}

/** With less left of a lease nothing is put back: whoever takes the mailbox over may be at it before we have done. */
const writeMarginMs = 4_500;

/** `mayBeWritten`: an attempt before this one may have written and been killed. */
export function pointing(
  directing: Directing | null,
  mailbox: Named & { readonly id: number },
  { from, to, mayBeWritten }: { readonly from: SideName; readonly to: SideName; readonly mayBeWritten: boolean },
): Pointing {
  if (!directing) return nothingToPoint;
  const { directory, before, settings, msLeft } = directing;
  const filter = entryFilter(settings.filter, mailbox);
  const attributes = attributesOf(settings);
  const [leaving, entering] = [valuesOn(from, settings, mailbox), valuesOn(to, settings, mailbox)];
  let isOpen = mayBeWritten;
  let isInDoubt = false;
  const change = (choose: (now: EntryValues) => Promise<EntryValues | null>, signal: AbortSignal): Promise<void> =>
    directory.change(filter, attributes, choose, signal);
  return {
    look: (signal) => change(async () => null, signal),
    point: (signal) =>
      change(async (now) => {
        if (isSameEntry(now, entering)) return null;
        // Before the first octet of the change is sent: wherever we are killed, what was kept is what stood there.
        await before.keep(mailbox.id, to, now);
        isOpen = true;
        return entering;
      }, signal),
    async through(turn) {
      isInDoubt = true;
      const isTurned = await turn().catch((error: unknown) => {
        // The database has said itself that it did nothing.
        if (isFault(error, 'database.busy')) isInDoubt = false;
        throw error;
      });
      isInDoubt = false;
      if (isTurned) isOpen = false;
      return isTurned;
    },
    async putBack() {
      if (!isOpen) return null;
      if (isInDoubt || msLeft() < writeMarginMs)
        return told(fault('switch.unsettled', { text: 'the directory is seen to by the next attempt.' }));
      try {
        const kept = await before.of(mailbox.id, to);
        await change(
          async (now) => (isSameEntry(now, entering) ? (kept ?? leaving) : null),
          new AbortController().signal,
        );
        await before.forget(mailbox.id);
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
