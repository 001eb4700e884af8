/** The turn of a route, as parts of the statement that takes the step of its mailbox. */

import { type RawBuilder, sql } from 'kysely';
import type { SideName } from '#domain/platform.ts';
import type { RouteHold } from '#ports/routes.ts';

/**
 * The next revision, as `tick`, and as `held` the hold under which the route is turned, locked; with a `hold` of null there is none to
 * heed. Never open under the brake. Locks are taken in the order in which everybody takes them: the mailbox (an import may keep that for
 * minutes), the clock that all changes of routes wait for, the route. And as `stamps` for how long people were held, the waiting for those
 * locks included: by the clock of the database since the hold, and no less than `stampsMs`.
 */
export function underHold(
  mailbox: number,
  hold: RouteHold | null,
  stampsMs: number,
): { readonly parts: RawBuilder<unknown>; readonly isOpen: RawBuilder<unknown> } {
  const tick = sql`, tick as (
    update route_clock set revision = revision + 1 where exists (select from standing) returning revision
  )`;
  const noBrake = sql`not exists (select from brake)`;
  if (hold === null) {
    const stamps = sql`, stamps as (select ${stampsMs}::int as ms, 0 as more)`;
    return { parts: sql`${tick} ${stamps}`, isOpen: sql`exists (select from tick) and ${noBrake}` };
  }
  const held = sql`, held as (
    select r.since from route r cross join tick
     where r.mailbox = ${mailbox} and r.revision = ${hold.revision} and r.standing = 'held'
       for update of r
  ), counted as materialized (
    -- Asked for when the last of the locks is ours; and no clock that was set keeps anybody from turning.
    select greatest(${stampsMs}::int, least(round(extract(epoch from clock_timestamp() - since) * 1000), 2e9)::int) as ms from held
  ), stamps as (
    select ms, ms - ${stampsMs}::int as more from counted
  )`;
  return { parts: sql`${tick} ${held}`, isOpen: sql`exists (select from held) and ${noBrake}` };
}

/**
 * The mailboxes of `moved` belong to this side from now on. One that was held is open, and stays announced for a while, since whoever
 * asked before may come with the old answer. What the directory said before is not to be put back any more.
 */
export function turnedRoute(side: SideName): RawBuilder<unknown> {
  return sql`, routed as (
    insert into route (mailbox, side, revision, turned_at, since)
    select moved.id, ${side}, tick.revision, now(), now() from moved cross join tick
    on conflict (mailbox) do update
      set side = excluded.side, revision = excluded.revision, turned_at = now(), since = now(),
          standing = case when route.standing = 'held' then 'announced' else route.standing end
  ), pointed as (
    delete from directory_before where mailbox in (select id from moved)
  )`;
}
