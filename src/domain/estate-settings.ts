/** What an operator decides about a programme (godwit.yaml), read, checked and resolved. No secret stands in it. */

import { announceAheadMs } from './route.ts';
import type { DirectorySettings } from './directory.ts';
import type { DoorSettings } from './door-settings.ts';
import type { Listen } from './listen.ts';
import type { NoticeSettings } from './notice-settings.ts';
import type { Platform, SideName } from './platform.ts';
import type { SecretReference } from './secret-reference.ts';
import type { Selection } from './selection.ts';

export interface EstateSettings extends Readonly<Record<SideName, Platform>> {
  /** The file they were read from. */
  readonly file: string;
  /** Our own server under the state folder, or where the URL of a PostgreSQL server is written. */
  readonly database: 'embedded' | SecretReference;
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
  /** Where mail systems look up where a mailbox lives, and what is written there; null, or lacking in what older versions wrote: nowhere. */
  readonly directory?: DirectorySettings | null;
  /** So long before its window the mailboxes of a wave are looked at by themselves; null: never. */
  readonly checkAheadSeconds: number | null;
  /** The share of a wave's mailboxes that may fail before it pauses by itself, from 0 to 1. */
  readonly errorBudget: number;
  /** Where health and metrics are told; null: nowhere. */
  readonly listen: Listen | null;
  /** Messages to people; null: none are sent. */
  readonly notices: NoticeSettings | null;
  /** The doors that mail systems ask, at this process; null: none. */
  readonly doors: DoorSettings | null;
  readonly selection: Selection;
  /** Whether what left the source leaves the target too, if we put it there. */
  readonly delete: boolean;
}

/** How people and deliveries wait while a mailbox changes sides. */
export interface Switching {
  readonly announceAheadSeconds: number;
  readonly holdMostSeconds: number;
}

export const usualSwitching: Switching = { announceAheadSeconds: announceAheadMs / 1000, holdMostSeconds: 20 };
