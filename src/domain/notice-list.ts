/** What was sent to whom when, and what failed and why, as it is shown to people. */

import type { NoticeKind } from './notice-kinds.ts';

/** `unknown`: it was handed over, and nobody heard what became of it; it is not sent again. */
export const noticeStates = ['sending', 'sent', 'waiting', 'refused', 'unknown'] as const;
export type NoticeState = (typeof noticeStates)[number];

export interface NoticeLine {
  readonly id: number;
  readonly address: string;
  readonly wave: string;
  readonly kind: NoticeKind;
  /** What it tells of. */
  readonly occasion: number;
  readonly language: string;
  readonly state: NoticeState;
  readonly attempts: number;
  readonly why: string | null;
  readonly beganAt: number;
  readonly endedAt: number | null;
  readonly retryAt: number | null;
}

export interface NoticeListOrder {
  readonly wave: string | null;
  readonly states: readonly NoticeState[];
  /** The latest first, from before this one on. */
  readonly before: number | null;
  readonly most: number;
}

export type NoticeCounts = Readonly<Record<NoticeState, number>>;
