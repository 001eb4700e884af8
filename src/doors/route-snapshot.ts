/** What a door keeps on disk of the routes, so that it can answer after a restart before the database does, or without it. */

import type { RouteChange, RoutesAt } from '#ports/routes.ts';
import type { RouteTable } from './route-table.ts';

export interface RouteSnapshot {
  /** What was kept; null where nothing was, or nothing that can be used. */
  read(): Promise<KeptRoutes | null>;
  /** Keeps all of it, in place of what was kept before. Does not fail: what cannot be kept is said in the log. */
  write(table: RouteTable, at: RoutesAt): Promise<void>;
  /**
   * Keeps what has changed since. Where it cannot, what was kept before is removed, since it would be believed; throws where even that
   * is impossible.
   */
  append(changes: readonly RouteChange[], revision: number): Promise<void>;
  /** By which the database knows this door from now on. */
  name(door: string): void;
  /** Nothing comes any more. */
  end(): Promise<void>;
}

export interface KeptRoutes {
  readonly table: RouteTable;
  readonly at: RoutesAt;
  /** By which the database knew the door that kept it; null where it never did. */
  readonly door: string | null;
}
