/** What `godwit doctor` is given to try the chain with, and what it finds. */

import type { DoorKnown } from '#domain/door-known.ts';
import type { Named, SideName } from '#domain/platform.ts';
import type { Standing } from '#domain/route.ts';
import type { Clock } from '#lib/clock.ts';
import type { Posted } from '#ports/notices.ts';
import type { Inbox } from './doctor-sides.ts';

export interface Finding {
  readonly check: 'registered' | 'route' | 'door' | 'delivery' | 'sign-in';
  /** Which door, or whose mailbox. */
  readonly about: string;
  readonly state: 'ok' | 'wrong' | 'not tried';
  readonly says: string;
  /** What to do; null where nothing is. */
  readonly remedy: string | null;
}

/** One of the two mailboxes by which it is tried, as the operator names it. */
export interface Patient {
  readonly address: string;
  /** Where it has to be. */
  readonly side: SideName;
}

/** As the database has it. */
export interface PatientRoute {
  readonly side: SideName;
  readonly standing: Standing;
  readonly named: Named;
}

/** Something that a mail system asks one of our doors. */
export interface DoorQuestion {
  readonly door: string;
  readonly question: string;
  /** What has to be answered about somebody who is there; about nobody at all with null. Null: this is not asked. */
  expects(side: SideName | null): string | null;
  /** Throws what keeps it from asking. */
  ask(address: string, signal: AbortSignal): Promise<string>;
}

export interface DoctorParts {
  readonly patients: readonly Patient[];
  /** An address of the same domain that nobody has. */
  readonly nobody: string;
  readonly doors: () => Promise<readonly DoorKnown[]>;
  readonly routeOf: (address: string) => Promise<PatientRoute | null>;
  readonly questions: readonly DoorQuestion[];
  /** Hands a message over to the MX; null where none is named. */
  readonly send: ((to: string, messageId: string, signal: AbortSignal) => Promise<Posted>) | null;
  readonly messageId: () => string;
  /** Looks into the inbox on that side, as the platform's own sign-in opens it. */
  readonly inboxOn: (side: SideName, named: Named, messageId: string | null, signal: AbortSignal) => Promise<Inbox>;
  /** The same by a sign-in of the person through the proxies; null where none is named, or no password. */
  readonly inboxThrough: (
    address: string,
  ) => ((messageId: string | null, signal: AbortSignal) => Promise<Inbox>) | null;
  /** So long a message may be on its way. */
  readonly withinMs: number;
  readonly clock: Clock;
  /** Told what is being done, for people who wait. */
  readonly tell: (doing: string) => void;
}
