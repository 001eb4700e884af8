/** What a plan may still say of mailboxes, as SQL; `domain/plan-standing.ts` says the same of one, and a test holds them together. */

import { sql } from 'kysely';

/** Of a mailbox `m` and its wave `w`, whose columns are null where it has none: whether a plan says when it moves. */
export const isFreeToPlan = sql<boolean>`
  (m.stage in ('known', 'planned', 'copying', 'following')
   and (m.mark = 'blocked'
        or m.mark = '' and not (coalesce(w.state in ('running', 'paused') and w.closes_at > now(), false))))`;
