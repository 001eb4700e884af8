/** What an operator decides about a programme (godwit.yaml), read, checked and resolved. No secret stands in it. */

import type { ApiSettings } from './api-settings.ts';
import { announceAheadMs } from './route.ts';
import type { AuditSettings } from './audit-settings.ts';
import type { EndpointRules } from './endpoint-rules.ts';
import type { DirectorySettings } from './directory.ts';
import type { DoorSettings } from './door-settings.ts';
import type { Listen } from './listen.ts';
import type { NoticeSettings } from './notice-settings.ts';
import type { Platform, SideName } from './platform.ts';
import type { ProbeSettings } from './probe-settings.ts';
import type { DangerousAct } from './rights.ts';
import type { SecretReference } from './secret-reference.ts';
import type { Selection } from './selection.ts';
import type { WaysInSettings, WaysPromised } from './ways-in.ts';

export interface EstateSettings extends Readonly<Record<SideName, Platform>> {
  /** The file they were read from. */
  readonly file: string;
  /** Our own server under the state folder, or where the URL of a PostgreSQL server is written. */
  readonly database: 'embedded' | SecretReference;
  /** Which places may be connected to; null, or lacking in what older versions wrote: whatever these settings name. */
  readonly endpoints?: EndpointRules | null;
  /** Where our own server listens on 127.0.0.1 as well, for workers that cannot come by its socket; null: nowhere. */
  readonly embedded: { readonly port: number; readonly password: SecretReference } | null;
  /** Days, windows and timetables are told in it. */
  readonly timezone: string;
  /** Mailboxes that one process works on at a time. */
  readonly atOnce: number;
  /** Between two passes over a mailbox whose target is to stay close. */
  readonly followEverySeconds: number;
  /** Lacking in what older versions wrote. */
  readonly switching?: Switching;
  /** By which ways mail and people come in; null, or lacking in what older versions wrote: neither ways nor doors are told of. */
  readonly waysIn?: WaysInSettings | null;
  /** How switches are tried while they happen; null, or lacking in what older versions wrote: by nobody but people. */
  readonly probes?: ProbeSettings | null;
  /** Where mail systems look up where a mailbox lives, and what is written there; null, or lacking in what older versions wrote: nowhere. */
  readonly directory?: DirectorySettings | null;
  /** So long before its window the mailboxes of a wave are looked at by themselves; null: never. */
  readonly checkAheadSeconds: number | null;
  /** The share of a wave's mailboxes that may fail before it pauses by itself, from 0 to 1. */
  readonly errorBudget: number;
  /** Where health and metrics are told; null: nowhere. */
  readonly listen: Listen | null;
  /** Where the HTTP API is answered; null, or lacking in what older versions wrote: nowhere. */
  readonly api?: ApiSettings | null;
  /** Where the head of the audit log is kept outside; null, or lacking in what older versions wrote: nowhere. */
  readonly audit?: AuditSettings | null;
  /** Messages to people; null: none are sent. */
  readonly notices: NoticeSettings | null;
  /** The doors that mail systems ask, at this process; null: none. */
  readonly doors: DoorSettings | null;
  /** Acts that the API does only with the word of a second person; lacking: none. */
  readonly approvals?: readonly DangerousAct[];
  readonly selection: Selection;
  /** Whether what left the source leaves the target too, if we put it there. */
  readonly delete: boolean;
}

/** How people and deliveries wait while a mailbox changes sides. */
export interface Switching {
  readonly announceAheadSeconds: number;
  readonly holdMostSeconds: number;
  /** So long after its last pass home somebody is told that one that has switched is not carried home; lacking in what older versions wrote. */
  readonly homeLateAfterSeconds?: number;
  /** So many mailboxes that belong together wait for each other at most; 1: none does. Lacking in what older versions wrote. */
  readonly togetherMost?: number;
  /** So long a sign-in takes at most from a door's answer to its server, in milliseconds; lacking in what older versions wrote. */
  readonly signInPassageMs?: number;
}

/** Where nothing else was said. */
export const usualHomeLateAfterSeconds = 900;
export const usualTogetherMost = 8;
export const usualSignInPassageMs = 500;
/** The leader ends a hold after ninety seconds, as one whose worker is gone: no switch may hold that long. */
export const holdMostSecondsMax = 80;
export const usualSwitching: Switching = { announceAheadSeconds: announceAheadMs / 1000, holdMostSeconds: 20 };

/** What these settings say of ways in. */
export function waysPromisedBy({ waysIn = null, source }: Pick<EstateSettings, 'waysIn' | 'source'>): WaysPromised {
  return { ways: waysIn, endsSessions: (source.sessions ?? null) !== null };
}
