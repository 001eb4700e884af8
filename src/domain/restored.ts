/**
 * A database that was restored, held against those who know more than it does: of each mailbox where it lives, and so which steps of
 * its journey are missing here. Pure.
 */

import type { EstateSettings } from './estate-settings.ts';
import type { Stage, Step } from './journey.ts';
import type { Named, SideName } from './platform.ts';
import type { Standing } from './route.ts';
import type { KeyReference } from './secret-reference.ts';

/** A mailbox as the restored database has it. */
export interface StandingThen extends Named {
  readonly id: number;
  readonly stage: Stage;
  readonly side: SideName;
  /** A window of its wave was open at some time between the last record of this database and now. */
  readonly mayHaveSwitched: boolean;
}

/** Where a door that knows more last had it. */
export interface SeenSince {
  readonly side: SideName;
  readonly standing: Standing;
}

export type Judgement =
  | { readonly kind: 'as-it-was' }
  /** It lives on the other side now; `steps`: by which it came there, null where they cannot be told. */
  | { readonly kind: 'elsewhere'; readonly side: SideName; readonly steps: readonly Step[] | null }
  /** Nobody can tell whether it has changed sides. */
  | { readonly kind: 'unclear' };

/** By which it came to the other side; a mailbox that had no copy then has no ledger that could be turned round. */
const stepsTo: Readonly<Record<SideName, Partial<Record<Stage, readonly Step[]>>>> = {
  target: {
    copying: ['catch-up', 'switch', 'settle'],
    following: ['switch', 'settle'],
    switching: ['settle'],
  },
  source: {
    settled: ['go-back', 'come-home'],
    returning: ['come-home'],
  },
};

/** Stages in which a mailbox changes sides by itself while nobody looks. */
const onTheWay: readonly Stage[] = ['copying', 'following', 'switching', 'returning'];

export function judged(then: StandingThen, seen: SeenSince | null): Judgement {
  if (seen && seen.side !== then.side)
    return { kind: 'elsewhere', side: seen.side, steps: stepsTo[seen.side][then.stage] ?? null };
  // A door that last heard of a hold, or of an announcement, does not know how it ended.
  if (seen && seen.standing === 'open') return { kind: 'as-it-was' };
  const wasMoving = then.stage === 'switching' || then.stage === 'returning' || seen?.standing === 'held';
  const mayHave = onTheWay.includes(then.stage) && then.mayHaveSwitched;
  return wasMoving || mayHave ? { kind: 'unclear' } : { kind: 'as-it-was' };
}

/** One of those that a person has to look at. */
export interface Doubted {
  readonly address: string;
  readonly stage: Stage;
  /** Where the database has it. */
  readonly here: SideName;
  /** Where it was seen since; null where nobody knows. */
  readonly seen: SideName | null;
  /** What it is now, or would be: always held. */
  readonly becomes: Stage;
  /** Why its journey stays where it was though it was seen elsewhere. */
  readonly why: string | null;
}

/** Who was asked what happened since. */
export interface WitnessRead {
  readonly path: string;
  /** Of the routes; one that is not above that of the database knows no more. */
  readonly revision: number | null;
  /** Why it was of no use; null where it was. */
  readonly why: string | null;
}

export interface RestoredReport {
  /** Why the database is taken for an earlier one; null where nobody has noticed anything. */
  readonly noticed: string | null;
  /** Links of the audit log: as they were kept outside, null where none was, and as they are in here. */
  readonly audit: { readonly kept: number | null; readonly here: number };
  /** Of the last record: up to where this database knows what happened. */
  readonly knowsUntil: Date | null;
  readonly witnesses: readonly WitnessRead[];
  /** In the order of their addresses. */
  readonly doubted: readonly Doubted[];
  /** Tokens and sessions that were in force in the database as it was restored, and are not any more, or would not be. */
  readonly ended: { readonly tokens: number; readonly sessions: number };
  /** Whether it was confirmed; else this is what would be done. */
  readonly isDone: boolean;
}

export interface RestoredOrder {
  readonly who: string;
  readonly why: string;
}

export interface RestoredQuestion {
  /** Files that doors kept elsewhere, beside those of the state folder. */
  readonly routes: readonly string[];
  /** Null: it is only told whom it concerns. */
  readonly why: string | null;
  /** Null: no ledger can be turned round, and whoever was seen elsewhere is only held there. */
  readonly platforms: Pick<EstateSettings, SideName> | null;
  /** Of sealed secrets, among which the key of the ledgers may be. */
  readonly keys: readonly KeyReference[];
  readonly version: string;
}
