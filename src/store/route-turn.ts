/** The turn of a route, as parts of the statement that takes the step of its mailbox. */

import { type RawBuilder, sql } from 'kysely';
import type { SideName } from '#domain/platform.ts';
import type { RouteHold } from '#ports/routes.ts';

/**
 * The next revision, as `tick`, and as `held` the hold under which the route is turned, locked; with a `hold` of null there is none to
 * heed. Locks are taken in the order in which everybody takes them: the mailbox (an import may keep that for minutes), the clock that all
 * changes of routes wait for, the route.
 */
export function underHold(
  mailbox: number,
  hold: RouteHold | null,
): { readonly parts: RawBuilder<unknown>; readonly isOpen: RawBuilder<unknown> } {
  const tick = sql`, tick as (
    update route_clock set revision = revision + 1 where exists (select from standing) returning revision
  )`;
  if (hold === null) return { parts: tick, isOpen: sql`exists (select from tick)` };
  const held = sql`, held as (
    select from route r cross join tick
     where r.mailbox = ${mailbox} and r.revision = ${hold.revision} and r.standing = 'held'
       for update of r
  )`;
  return { parts: sql`${tick} ${held}`, isOpen: sql`exists (select from held)` };
}

/**
 * The mailboxes of `moved` belong to this side from now on. One that was held is open, and stays announced for a while, since whoever
 * asked before may come with the old answer.
 */
export function turnedRoute(side: SideName): RawBuilder<unknown> {
  return sql`, routed as (
    insert into route (mailbox, side, revision, turned_at, since)
    select moved.id, ${side}, tick.revision, now(), now() from moved cross join tick
    on conflict (mailbox) do update
      set side = excluded.side, revision = excluded.revision, turned_at = now(), since = now(),
          standing = case when route.standing = 'held' then 'announced' else route.standing end
  )`;
}
