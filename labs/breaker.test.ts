/** A directory that hiccups under a hundred due mailboxes: few are tried, nobody is blamed, and all of them end well. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { runMax } from '../src/domain/breaker.ts';
import { openEstateView } from '../src/store/estate-view.ts';
import { verifyAudit } from '../src/store/audit-verify.ts';
import { startSimEstate } from './sim-estate.ts';
import { simPassword } from './sim/server.ts';

const mailboxes = 100;
/** Fewer than it takes to know that it is the platform: some have failed for good before that. */
const atOnce = 4;

test.each([
  { words: '[AUTHENTICATIONFAILED] Authentication failed.', ways: 'were refused' },
  { words: '[UNAVAILABLE] Temporary authentication failure.', ways: 'found the sign-in unavailable' },
])(
  'a directory that says “$words” to everybody for a while is spared, nobody is blamed, and one tries for all',
  async ({ words, ways }) => {
    let isWell = false;
    let refused = 0;
    const target = {
      signIn: ({ user, secret }: { readonly user: string; readonly secret: string }) => {
        if (isWell && secret === simPassword) return { mailbox: user };
        refused++;
        return { refused: words };
      },
    };
    await using estate = await startSimEstate({ mailboxes, messages: 3, atOnce, target }, false);
    {
      await using _work = estate.work();
      await estate.begin();
      await standsAs('shut');
      // Whoever was on the way when it broke has tried as well; from then on nobody has.
      await settled();
      const { platforms } = await openEstateView(estate.db).now();
      const platform = platforms.find(({ side }) => side === 'target');
      expect(platform?.why).toContain(`${runMax} mailboxes in a row ${ways}`);
      const tries = refused;
      expect(tries).toBeGreaterThanOrEqual(runMax);
      expect(tries).toBeLessThan(runMax + atOnce);
      expect(await blocked()).toBe(0);

      // The wait is over, and it still refuses: one tries, and no other.
      await endTheWait();
      await standsAs('shut', tries + 1);
      await settled();
      expect(refused).toBe(tries + 1);
      expect(await blocked()).toBe(0);

      isWell = true;
      await endTheWait();
      await estate.until('following', mailboxes);
      expect(refused).toBe(tries + 1);
    }
    expect(estate.arrived()).toBe(mailboxes * 3);
    const { rows } = await sql<{ what: string; n: number }>`
    select what, count(*)::int as n from audit where what in ('blocked', 'acquitted') group by 1`.execute(
      estate.db.sql,
    );
    const told = new Map(rows.map(({ what, n }) => [what, n] as const));
    // Each that was blocked before the breaker opened has a record of its acquittal.
    expect(told.get('acquitted') ?? 0).toBeGreaterThanOrEqual(told.get('blocked') ?? 0);
    expect(await verifyAudit(estate.db.sql)).toMatchObject({ intact: true });

    async function standsAs(state: string, atLeastRefused = 0): Promise<void> {
      for (;;) {
        const now = (await openEstateView(estate.db).now()).platforms.find(({ side }) => side === 'target');
        if (now?.state === state && refused >= atLeastRefused) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }

    /** Until nothing that had begun to sign in is still about to: all those at work wait for their turn. */
    async function settled(): Promise<void> {
      for (;;) {
        const { rows: leases } = await sql<{ n: number }>`
        select coalesce(sum(connections), 0)::int as n from connection_lease where side = 'target'`.execute(
          estate.db.sql,
        );
        if (leases[0]?.n === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }

    /** As if the time for which nobody signs in had passed. */
    async function endTheWait(): Promise<void> {
      await sql`
      update governor set state = jsonb_set(state, '{breaker,until}', '0') where side = 'target'`.execute(
        estate.db.sql,
      );
    }

    async function blocked(): Promise<number> {
      const { rows: marked } = await sql<{ n: number }>`
      select count(*)::int as n from mailbox where blocked is not null`.execute(estate.db.sql);
      return marked[0]?.n ?? 0;
    }
  },
  120_000,
);
