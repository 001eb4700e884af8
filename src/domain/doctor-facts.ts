/** What the database of an estate tells `godwit doctor`. Times are milliseconds, instants since 1970 by the clock of the database. */

import type { Named } from './platform.ts';

export interface DoctorFacts {
  readonly now: number;
  readonly isReplica: boolean;
  /** Of the slowest replica; null where there is none, or where we may not see it. */
  readonly lagMs: number | null;
  readonly mailboxes: number;
  /** What PostgreSQL may keep at hand (`shared_buffers`), and all that there is, with indexes. */
  readonly memory: { readonly bufferOctets: number; readonly tableOctets: number };
  readonly workers: readonly DoctorWorker[];
  /** By which control plane the settings were published last; null: by none. */
  readonly published: { readonly version: string; readonly host: string } | null;
  /** Null: there is no queue yet. */
  readonly jobs: { readonly waiting: number; readonly active: number; readonly oldestMs: number | null } | null;
  /** The most first. */
  readonly blocked: readonly { readonly code: string; readonly mailboxes: number; readonly example: string }[];
  /** Of the last seven days. */
  readonly notices: { readonly refused: number; readonly unknown: number; readonly waiting: number };
  readonly forecastAt: number | null;
  /** Somebody in whose mailbox Godwit signs in anyway; null where there is nobody yet. */
  readonly someone: Named | null;
}

export interface DoctorWorker {
  readonly host: string;
  readonly pid: number;
  readonly role: 'serve' | 'worker' | 'onlooker';
  readonly version: string;
  readonly silentMs: number;
  readonly isDraining: boolean;
  readonly lacks: readonly string[];
}
