/** Watches in Godwit's database how some mailboxes stand: only to choose the moment for what is then done to them from outside. */

import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { silent } from '#lib/log.ts';
import { type EstateDatabase, openEstateDatabase } from '../../src/app/estate-database.ts';

export interface RouteSeen {
  readonly side: 'source' | 'target';
  readonly standing: 'open' | 'announced' | 'held';
  /** Since when, in milliseconds; null where it is not. */
  readonly announcedForMs: number | null;
}

/** A hold lasts for some tenths of a second and must not be missed. */
const lookEveryMs = 20;

export class RoutesSeen implements AsyncDisposable {
  readonly #db: EstateDatabase;

  private constructor(db: EstateDatabase) {
    this.#db = db;
  }

  /** Beside the Godwit that runs on this state folder. */
  static async open(stateDir: string): Promise<RoutesSeen> {
    const opening = { stateDir, environment: () => undefined, connectionsMax: 2, applicationName: 'godwit bench' };
    return new RoutesSeen(
      await openEstateDatabase('embedded', { ...opening, log: silent }, new AbortController().signal),
    );
  }

  /** Resolves the moment that it stands so; false where `signal` ends the waiting. */
  async until(address: string, isSo: (route: RouteSeen) => boolean, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (isSo(await this.#look(address))) return true;
      await sleep(lookEveryMs);
    }
    return false;
  }

  async #look(address: string): Promise<RouteSeen> {
    const { rows } = await sql<RouteSeen>`
      select r.side, r.standing,
             case when r.standing <> 'open'
               then (extract(epoch from now() - r.announced_at) * 1000)::float8 end as "announcedForMs"
        from mailbox m join route r on r.mailbox = m.id where m.address = ${address}`.execute(this.#db.sql);
    return rows[0] ?? { side: 'source', standing: 'open', announcedForMs: null };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db[Symbol.asyncDispose]();
  }
}
