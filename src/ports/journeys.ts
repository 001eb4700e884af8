/** The journeys of mailboxes, as those who work on them see them. Every step is a compare-and-set with its record. */

import type { FolderId } from '#domain/item.ts';
import type { Stage, Step } from '#domain/journey.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import type { Candidate, WaveNow } from '#domain/release.ts';
import type { Job, NewJob } from './queue.ts';
import type { RouteHold } from './routes.ts';

/** What a worker has to know of a mailbox. */
export interface Traveller {
  readonly id: number;
  readonly address: string;
  readonly sourceUser: string | null;
  readonly targetUser: string | null;
  readonly stage: Stage;
  readonly wave: number | null;
  /** Where its mail belongs at this moment. */
  readonly side: 'source' | 'target';
  /** Milliseconds since that changed; null where it never did. */
  readonly turnedForMs: number | null;
  /** Whether its dates (`not_before`, `not_after`) allow the day of its wave. */
  readonly mayMove: boolean;
  /** Whether a person has asked that what was refused is tried again. */
  readonly triesRefused: boolean;
  readonly failures: number;
  /** The code of what is known to keep it from being carried home after the switch; null while that is kept up. */
  readonly homeLate: string | null;
  /** Where what still comes to the target is looked for since it came home: whether it stays there until a person says otherwise. */
  readonly cameHome: 'stays' | 'may-go' | null;
}

/** What a pass did, and what it found. */
export interface PassNumbers {
  /** After the switch passes lead back; what they carry is counted by itself. */
  readonly direction: Direction;
  /** Messages, and their octets, that this pass put on the other side. */
  readonly copied: number;
  readonly bytes: number;
  readonly milliseconds: number;
  /** Null for a pass that did not come to its end. */
  readonly found: FoundNumbers | null;
}

/** How a mailbox stood at the end of a pass. */
export interface FoundNumbers {
  /** Messages of the side that is read; of those, what others had put on the other, and what that does not have. */
  readonly messages: number;
  readonly alreadyThere: number;
  readonly refused: number;
  /** Refused, or served otherwise. */
  readonly exceptions: number;
  /** How far the target was behind when the pass had ended, in milliseconds. */
  readonly lagMs: number;
}

/** A fault of the catalogue, in words that may be shown. */
export interface FaultMet {
  readonly code: string;
  readonly message: string;
}

/** A message that one side has and the other does not, and why is known: it was refused there, or people removed it there. */
export interface ListedMessage {
  readonly folder: FolderId;
  readonly uid: number;
  readonly uidValidity: number;
  /** By a person, in that manner. */
  readonly isAccepted: boolean;
}

export interface StepOf {
  readonly mailbox: number;
  readonly expected: Stage;
  readonly step: Step;
  readonly who: string;
  readonly why?: string;
  readonly about?: Readonly<Record<string, unknown>>;
}

/** `again`: after a wait. */
export type Stumbled = 'again' | 'blocked' | 'not-ours';

/** What becomes of a job that a fault of ours has broken off. */
export interface OwnFaults {
  /**
   * The job has ended with a failure of its mailbox, which is tried again after a wait; after some in a row it is blocked, as by
   * `block`. `detail`: what was thrown, in words that may be shown. Of a job that is not ours any more nothing is written.
   */
  stumbled(job: Job, detail: string, who: string): Promise<Stumbled>;
}

export interface Journeys {
  /**
   * What is due and has neither a mark nor a job, and the waves there are, by the database's clock. Of what people wait for,
   * the `max` that `choose` (domain/release.ts) would take first are among them; of all else the `max` longest due.
   */
  due(max: number): Promise<{
    readonly now: number;
    readonly candidates: readonly Candidate[];
    readonly waves: ReadonlyMap<number, WaveNow>;
  }>;
  /** Puts jobs for these into the queue, and notes that they stand there, all or nothing. Answers with their number. */
  release(choices: readonly NewJob[]): Promise<number>;
  /** A mailbox and the wave that it is in; null where there is no such mailbox. */
  find(mailbox: number): Promise<{ readonly traveller: Traveller; readonly wave: WaveNow | null } | null>;
  /**
   * Milliseconds since 1970 by the clock of the database, as it was when the last mailbox was found and has gone on since:
   * that of this machine may have been set.
   */
  now(): number;
  /**
   * The job has ended, and what became of the mailbox says nothing: the releaser may choose it again, once it is due. Of a job
   * that is not ours any more nothing is said.
   */
  putBack(job: Job): Promise<void>;
  /**
   * Begins the switch of one that is following, provided that at this moment it has no mark, its wave runs, the window is open,
   * and its dates allow that day. False where any of this is not so: it may have changed while the job waited.
   */
  beginSwitch(mailbox: number, who: string): Promise<boolean>;
  /** Takes a step; false when the mailbox stands elsewhere. `dueInMs`: null for never by itself. */
  take(step: StepOf, dueInMs: number | null): Promise<boolean>;
  /** A pass has ended well: its numbers, the step that it leads to if any, and when the mailbox is looked at next. */
  passed(mailbox: number, numbers: PassNumbers, dueInMs: number | null, step?: StepOf): Promise<void>;
  /** What the passes of this direction have listed as not on the other side, in their own numbers. */
  listed(mailbox: number, direction: Direction): Promise<readonly ListedMessage[]>;
  /** What a pass carried in the middle of something greater, or before a fault ended it. */
  carried(mailbox: number, numbers: PassNumbers): Promise<void>;
  /** What keeps one that has settled from being carried home, or with null that nothing does any more. False where that was known. */
  wayHome(mailbox: number, late: FaultMet | null): Promise<boolean>;
  /** Nothing comes to the target any more of one that came home: it is not looked for from now on. */
  homeIsQuiet(mailbox: number): Promise<void>;
  /** The platform asked for patience with this mailbox: it is looked at again after that, and has not failed. */
  rest(mailbox: number, dueInMs: number): Promise<void>;
  /** A pass has met a fault and is tried again after a wait. Who got further before that (`carried`) has failed once, not again. */
  failed(mailbox: number, dueInMs: number, met: FaultMet): Promise<void>;
  /**
   * A fault needs someone: nothing happens to this mailbox until a person retries it. With its record. One that is switching
   * is withdrawn, so that it waits where people can work; of one whose journey is over nothing is said.
   */
  block(mailbox: number, code: string, about: Readonly<Record<string, unknown>>, who: string): Promise<void>;
  /**
   * Turns the route, takes the step that goes with it, notes the interruption (as `interruptedMs` tells it, or longer where the turn had to
   * wait), and forgets the ledger of one direction, which is
   * known in the other: one transaction. False as `take`, where `hold` is not what the doors go by any more, and under the brake. Throws
   * `database.busy` where others keep it waiting for longer than `withinMs`; then nothing is done.
   */
  turn(
    step: StepOf,
    side: 'source' | 'target',
    interruptedMs: number,
    dueInMs: number | null,
    also?: {
      readonly forgets?: Direction | null;
      readonly hold?: RouteHold | null;
      /** Since sessions were ended; null where none were. */
      readonly sessionMs?: number | null;
      readonly withinMs?: number | null;
    },
  ): Promise<boolean>;
}
