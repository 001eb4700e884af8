/** An estate with waves around now, and a sender that notes what it would have posted. */

import { sql } from 'kysely';
import type { NoticeKind } from '#domain/notice-kinds.ts';
import { noticeKinds, noticeMoments } from '#domain/notice-kinds.ts';
import { noticesDue } from '#domain/notice.ts';
import type { NoticeOutcome, Reach, Recipient } from '#ports/notices.ts';
import type { Database } from './db.ts';
import { instant } from './notice-lots.ts';
import { openNotices } from './notices.ts';

const hourMs = 3_600_000;
export const reach: Reach = { shared: false, timezone: 'UTC', quietZones: [], wave: null };

/** A wave whose window opens in so many hours, and lasts ten. */
export async function waveIn(
  db: Database,
  name: string,
  hours: number,
  state = 'running',
): Promise<{ readonly id: number; readonly opensAt: number }> {
  const opensAt = Math.floor(Date.now() / 1000) * 1000 + hours * hourMs;
  const { rows } = await sql<{ id: number }>`
    insert into wave (name, state, opens_at, closes_at, day)
    values (${name}, ${state}, ${instant(opensAt)}, ${instant(opensAt + 10 * hourMs)}, ${instant(opensAt).slice(0, 10)})
    on conflict (name) do update
       set opens_at = excluded.opens_at, closes_at = excluded.closes_at, day = excluded.day, state = excluded.state
    returning id`.execute(db.sql);
  return { id: rows[0]?.id as number, opensAt };
}

/** Has a mailbox switch so many hours ago, as far as anybody can see. */
export async function switchedAgo(db: Database, mailbox: number, wave: number, hours: number): Promise<void> {
  await sql`update mailbox set stage = 'settled', wave = ${wave} where id = ${mailbox}`.execute(db.sql);
  await sql`
    insert into route (mailbox, side) values (${mailbox}, 'target')
    on conflict (mailbox) do update set side = 'target'`.execute(db.sql);
  await sql`
    insert into audit (at, who, what, mailbox, wave)
    values (now() - make_interval(hours => ${hours}), 'a worker', 'settle', ${mailbox}, ${wave})`.execute(db.sql);
}

/** All that is due at any hour of the day, as `16 T-2 ann`: sent, unless `become` says otherwise. */
export async function told(
  db: Database,
  become: (recipient: Recipient) => NoticeOutcome = () => ({ kind: 'sent' }),
  kinds: readonly NoticeKind[] = noticeKinds,
  to: Reach = reach,
): Promise<readonly string[]> {
  const notices = openNotices(db);
  const { now, waves } = await notices.waves();
  await using sender = await notices.sender();
  if (!sender) throw new Error('another sends');
  const lines: string[] = [];
  const habits = { timezone: 'UTC', quiet: null, at: '00:00', moments: noticeMoments, shared: to.shared };
  for (const lot of noticesDue(waves, now, habits, kinds)) {
    for (const recipient of await notices.recipients(lot, to, 0, 100)) {
      const begun = await sender.begin(lot, to, recipient, 'en');
      if (!begun) continue;
      await sender.settle(begun, become(recipient));
      lines.push(`${lot.kind} ${recipient.address.split('@')[0]}`);
    }
  }
  return lines;
}
