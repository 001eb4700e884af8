/** The lines of what `godwit get` lists: mailboxes, organisations and waves, each as far as it fits a line. */

import type { MailboxKind } from './estate.ts';
import type { Mark, Stage } from './journey.ts';
import type { SideName } from './platform.ts';
import type { Selector } from './selector.ts';
import type { WaveOutlined } from './wave.ts';

export interface MailboxLine {
  readonly address: string;
  readonly kind: MailboxKind;
  /** Its code. */
  readonly organisation: string;
  readonly stage: Stage;
  readonly stageSince: Date;
  readonly mark: Mark | null;
  /** Why it bears the mark: what a person said, or the code of a fault. */
  readonly markedFor: string | null;
  readonly wave: string | null;
  /** Where its mail belongs. */
  readonly side: SideName;
  readonly sizeBytes: number | null;
  readonly items: number | null;
  /** How far the other side was behind at the end of the last pass, in milliseconds, and when that was. */
  readonly lagMs: number | null;
  readonly caughtUpAt: Date | null;
  /** Messages that are listed by name. */
  readonly exceptions: number;
  readonly displayName: string | null;
}

export interface OrganisationLine {
  readonly code: string;
  readonly name: string;
  /** The code of the one above it. */
  readonly parent: string | null;
  /** Its own, without those of organisations below it. */
  readonly mailboxes: number;
  /** No longer in the list that was imported last. */
  readonly hasLeft: boolean;
}

export interface WaveLine extends WaveOutlined {
  readonly mailboxes: number;
  readonly bytes: number;
  /** How many stand where without a mark, and how many bear which. */
  readonly stages: Readonly<Partial<Record<Stage, number>>>;
  readonly marks: Readonly<Partial<Record<Mark, number>>>;
}

/** A part of a list that may be very long, in the order of what its lines are called by. */
export interface ListOrder {
  /** Only what comes after this one; null from the beginning. */
  readonly after: string | null;
  readonly max: number;
}

export interface MailboxListOrder extends ListOrder {
  readonly selector: Selector;
}

export interface Page<Line> {
  readonly kind: 'page';
  readonly lines: readonly Line[];
  /** Whether others follow. */
  readonly hasMore: boolean;
}
