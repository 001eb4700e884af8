/** What people do with messages to people: look at one before it goes, have those sent that are due, look them up afterwards. */

import type { NoticeKind } from '#domain/notice-kinds.ts';
import type { Letter, Notices } from '#ports/notices.ts';
import type { NoticesDue, NoticesSent, SendNoticesOrder } from './send-notices.ts';

/** `operations/send-notices.ts` throws its faults, and `notice.settings.none` is thrown where people are told nothing. */
export interface NoticeDesk extends Pick<Notices, 'list' | 'counts' | 'again'> {
  preview(which: NoticeMeant): Promise<NoticePreviewed>;
  due(order: SendNoticesOrder): Promise<readonly NoticesDue[]>;
  send(order: SendNoticesOrder, signal: AbortSignal): Promise<NoticesSent>;
}

export interface NoticeMeant {
  readonly address: string;
  readonly kind: NoticeKind;
  /** Instead of the reader's own; null for that. */
  readonly language: string | null;
}

/** As it would go. */
export type NoticeLetter = Letter;

export type NoticePreviewed =
  /** `octets`: the very message, as it would be sent. */
  | { readonly kind: 'letter'; readonly letter: NoticeLetter; readonly octets: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'no-wave' };
