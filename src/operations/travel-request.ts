/** What a worker needs to take one mailbox of an estate a step further on its journey. */

import type { SwitchPoint } from '#cutover/switch.ts';
import type { SideName } from '#domain/platform.ts';
import type { WaveNow, Work } from '#domain/release.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Journeys } from '#ports/journeys.ts';
import type { MailboxInHand } from '#ports/mailbox-ends.ts';
import type { Meetings } from '#ports/meetings.ts';
import type { RouteHolds } from '#ports/routes.ts';
import type { InterruptionIntake } from '#ports/interruptions.ts';
import type { Sessions } from '#ports/sessions.ts';
import type { Traces } from '#ports/traces.ts';
import type { WaysInGate } from '#ports/ways-in.ts';
import type { CrashPoint } from '#sync/engine.ts';
import type { ComparedMemory } from './compared-memory.ts';
import type { CopyChoices } from './copy-mailbox.ts';
import type { Directing } from './pointing.ts';
import type { SignInProbes } from './probe-sign-ins.ts';
import type { StrayMemory } from './strays.ts';

export type JourneySteps = Pick<
  Journeys,
  | 'now'
  | 'take'
  | 'rest'
  | 'beginSwitch'
  | 'passed'
  | 'carried'
  | 'wayHome'
  | 'homeIsQuiet'
  | 'listed'
  | 'failed'
  | 'block'
  | 'turn'
>;

export interface TravelRequest {
  readonly work: Work;
  readonly inHand: MailboxInHand;
  readonly wave: WaveNow | null;
  readonly journeys: JourneySteps;
  readonly choices: Omit<CopyChoices, 'dryRun' | 'followSeconds' | 'retryRefused'>;
  /** Between two looks at a mailbox that is followed, in milliseconds. */
  readonly followEveryMs: number;
  readonly holding: Holding;
  /** The operator's directory; null: none is written. */
  readonly directing: Directing | null;
  readonly strays: StrayMemory;
  readonly compared: ComparedMemory;
  /** For the audit log. */
  readonly who: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Told what is being done; lacking: nobody looks. */
  readonly traces?: Traces;
  /** For how long the platforms have asked for this mailbox to be left alone by now, in milliseconds. */
  readonly askedMs?: () => number;
  /** For tests: the places at which a process may be killed. */
  readonly at?: (point: SwitchPoint | CrashPoint) => void;
}

/** How people and deliveries are kept waiting while a mailbox changes sides. */
export interface Holding {
  readonly routes: RouteHolds;
  /** Asked before a switch begins, and not for the way back: that is a person's order. */
  readonly waysIn: WaysInGate;
  /** Where those meet who change sides together. */
  readonly meetings: Meetings;
  /** Where the operator of a side lets us see and end people's sessions. */
  readonly sessions: Readonly<Record<SideName, Sessions | null>>;
  /** Real sign-ins while somebody switches; null: none are made. */
  readonly probing: { readonly probes: SignInProbes; readonly intake: InterruptionIntake } | null;
  readonly announceAheadMs: number;
  /** So long a sign-in that a door has answered may be on its way to its server. */
  readonly passageMs: number;
  /** So long at most, in milliseconds. */
  readonly mostMs: number;
}
