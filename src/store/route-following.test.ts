import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import type { RouteChange, RouteRow } from '#ports/routes.ts';
import { RouteKeeper } from '#doors/route-keeper.ts';
import { silent } from '#lib/log.ts';
import { openDatabase } from './db.ts';
import { people } from './estate.test-kit.ts';
import { openRouteSource, routeSourceOnceThere } from './route-following.ts';
import { openRouteHolds } from './route-holds.ts';
import { testDatabase } from './test-database.ts';

const never = new AbortController().signal;
const door = () => ({ id: randomUUID(), host: 'mx1', pid: 4711, version: '0.1.0', serves: ['Postfix'] });

async function estateOf(names: readonly string[]) {
  const db = await testDatabase();
  await people(db.sql, names);
  return { db, source: openRouteSource(db), holds: openRouteHolds(db) };
}

async function allOf(source: ReturnType<typeof openRouteSource>) {
  const rows: RouteRow[] = [];
  const at = await source.readAll((row) => rows.push(row), never);
  return { at, rows: rows.toSorted((a, b) => a.mailbox - b.mailbox) };
}

test('all who are in the estate are read with every name, and who left it is not', async () => {
  const { db, source, holds } = await estateOf(['ann', 'bob', 'carla']);
  await using _ = db;
  await using __ = source;
  await sql`update mailbox set aliases = '{ann.jones@x.example,aj@y.example}', source_user = 'AJones', target_user = ${'o\\ann'} where id = 1`.execute(
    db.sql,
  );
  await sql`update mailbox set left_at = now() where id = 3`.execute(db.sql);
  const { revision } = await holds.hold(2);
  const { at, rows } = await allOf(source);
  expect(at).toEqual({ revision, estate: 0 });
  expect(rows).toEqual([
    {
      mailbox: 1,
      named: { address: 'ann@x.example', sourceUser: 'AJones', targetUser: 'o\\ann' },
      aliases: ['ann.jones@x.example', 'aj@y.example'],
      side: 'source',
      standing: 'open',
    },
    {
      mailbox: 2,
      named: { address: 'bob@x.example', sourceUser: null, targetUser: null },
      aliases: [],
      side: 'source',
      standing: 'held',
    },
  ]);
});

test('a reading that is called off ends', async () => {
  const { db, source } = await estateOf(['ann']);
  await using _ = db;
  await using __ = source;
  const off = new AbortController();
  await expect(source.readAll(() => off.abort(), off.signal)).rejects.toMatchObject({ code: 'interrupted' });
});

test('a hold is missed by a door until it says that it knows', async () => {
  const { db, source, holds } = await estateOf(['ann', 'bob']);
  await using _ = db;
  await using __ = source;
  const mine = door();
  await using work = await source.register(mine, 0, []);
  const held = await holds.hold(1);
  expect(await holds.missing(held)).toMatchObject([{ id: mine.id, host: 'mx1', why: 'slow' }]);
  const answer = await work.renew(0);
  expect(answer).toEqual({
    at: { revision: held.revision, estate: 0 },
    changes: [{ mailbox: 1, side: 'source', standing: 'held', revision: held.revision }],
  });
  expect(await holds.missing(held)).toHaveLength(1);
  expect(await work.renew(held.revision)).toEqual({ at: { revision: held.revision, estate: 0 }, changes: [] });
  expect(await holds.missing(held)).toEqual([]);
});

test('a door of which a person says that it is gone is told so', async () => {
  const { db, source } = await estateOf(['ann']);
  await using _ = db;
  await using __ = source;
  await using work = await source.register(door(), 0, []);
  expect(await work.renew(0)).not.toBe('gone');
  await sql`delete from door`.execute(db.sql);
  expect(await work.renew(0)).toBe('gone');
});

test('a database that has forgotten what it was told says that the door is gone', async () => {
  const { db, source, holds } = await estateOf(['ann']);
  await using _ = db;
  await using __ = source;
  await using work = await source.register(door(), 0, []);
  const { revision } = await holds.hold(1);
  await work.renew(revision);
  await sql`update door set revision = 0`.execute(db.sql);
  expect(await work.renew(revision)).toBe('gone');
});

test('for a door that was killed and is back nobody waits once its lease is over', async () => {
  const { db, source, holds } = await estateOf(['ann']);
  await using _ = db;
  await using __ = source;
  // It is killed: nothing more is heard of it.
  const [killed, other] = [door(), { ...door(), host: 'mx2' }];
  await using _killed = await source.register(killed, 0, []);
  await using _other = await source.register(other, 0, []);
  const held = await holds.hold(1);
  await using work = await source.register(door(), held.revision, [killed.id, other.id]);
  await work.renew(held.revision);
  expect((await holds.missing(held)).map(({ id }) => id).toSorted()).toEqual([killed.id, other.id].toSorted());
  await sql`update door set lease_until = now() - interval '1 s' where revision = 0`.execute(db.sql);
  await work.renew(held.revision);
  // One of another machine is left alone, whatever is said of it.
  expect(await holds.missing(held)).toMatchObject([{ id: other.id, why: 'lost' }]);
});

test('a registration of which nobody heard how it ended can be repeated', async () => {
  const { db, source, holds } = await estateOf(['ann']);
  await using _ = db;
  await using __ = source;
  const mine = door();
  await using _first = await source.register(mine, 0, []);
  await using work = await source.register(mine, 0, []);
  expect(await work.renew(0)).toMatchObject({ at: { revision: 0 } });
  expect(await holds.outlook()).toEqual({ doors: 1, brake: null });
});

test('a database that does not answer is given up, and asked anew on another connection', async () => {
  const { db, source } = await estateOf(['ann']);
  await using _ = db;
  await using __ = source;
  await using work = await source.register(door(), 0, []);
  const other = await db.connect();
  await other.query('begin');
  await other.query('select from door for update');
  await expect(work.renew(0)).rejects.toMatchObject({ code: 'database.away' });
  await other.end();
  expect(await work.renew(0)).toMatchObject({ at: { revision: 0 } });
});

test('news are told at once, also after the connection on which they come was cut', async () => {
  const { db, source, holds } = await estateOf(['ann']);
  await using _ = db;
  await using __ = source;
  const listening = async () => {
    const { rows } = await sql<{ pid: number }>`
      select pid from pg_stat_activity where datname = current_database() and query like 'listen godwit_routes_%'`.execute(
      db.sql,
    );
    return rows.map(({ pid }) => pid);
  };
  // Asked for the first time it begins to listen, and looks often until it hears.
  await source.changed(60_000, never);
  await vi.waitFor(async () => expect(await listening()).toHaveLength(1), { timeout: 10_000 });
  await source.changed(1, never);
  const told = source.changed(60_000, never);
  await holds.hold(1);
  await told;
  await source.changed(1, never);
  const cut = source.changed(60_000, never);
  await sql`select pg_terminate_backend(${(await listening())[0]})`.execute(db.sql);
  await cut;
  for (let i = 0; i < 2; i++) await source.changed(60_000, never);
});

test('a door whose connections are cut goes on, and after an import knows who joined', async () => {
  const { db, source, holds } = await estateOf(['ann', 'bob']);
  await using _ = db;
  await using __ = source;
  await using keeper = new RouteKeeper({ source, door: door(), snapshot: null, log: silent });
  keeper.start();
  await keeper.ready();
  const standing = (name: string) => {
    const found = keeper.find(name);
    return found.kind === 'home' ? found.route.standing : found.kind;
  };
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`.execute(db.sql);
  const held = await vi.waitFor(() => holds.hold(1), { timeout: 10_000 });
  await vi.waitFor(() => expect(standing('ann@x.example')).toBe('held'), { timeout: 20_000 });
  await vi.waitFor(async () => expect(await holds.missing(held)).toEqual([]), { timeout: 20_000 });
  expect(standing('carla@x.example')).toBe('unknown');
  await db.sql.transaction().execute(async (tx) => {
    await people(tx, ['carla']);
    await sql`update mailbox set left_at = now() where id = 2`.execute(tx);
    await sql`update route_clock set estate = estate + 1`.execute(tx);
  });
  await vi.waitFor(() => expect(standing('carla@x.example')).toBe('open'), { timeout: 20_000 });
  expect(standing('bob@x.example')).toBe('unknown');
  expect(standing('ann@x.example')).toBe('held');
});

test('a database that is not there yet is opened when it is', async () => {
  const { db } = await estateOf(['ann']);
  await using _ = db;
  let isThere = false;
  await using source = routeSourceOnceThere(async () => {
    if (!isThere) throw new Error('not yet');
    return await openDatabase({ url: db.url, connectionsMax: 2, applicationName: 'godwit tests' });
  });
  await expect(source.readAll(() => undefined, never)).rejects.toThrow('not yet');
  isThere = true;
  expect(await source.readAll(() => undefined, never)).toEqual({ revision: 0, estate: 0 });
});

/** What one writer does in one transaction. */
interface Write {
  readonly mailboxes: readonly number[];
  readonly side: 'source' | 'target';
  readonly standing: 'open' | 'announced' | 'held';
  readonly ms: number;
  readonly isUndone: boolean;
}

const write: fc.Arbitrary<Write> = fc.record({
  mailboxes: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
  side: fc.constantFrom('source', 'target'),
  standing: fc.constantFrom('open', 'announced', 'held'),
  ms: fc.integer({ min: 0, max: 3 }),
  isUndone: fc.boolean(),
});

test('whoever writes at the same time, a follower misses no change, and at each revision has just what was so then', async () => {
  const { db, source } = await estateOf(['ann', 'bob', 'carla', 'dai', 'eve']);
  await using _ = db;
  await using __ = source;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(write, { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 4 }),
      async (writers) => {
        const start = await allOf(source);
        const known = new Map<number, string>(
          start.rows.map(({ mailbox, side, standing }) => [mailbox, `${side}, ${standing}`]),
        );
        const written: (RouteChange & { readonly by: number })[] = [];
        let isWriting = true;
        const following = follow(start.at.revision);
        await Promise.all(
          writers.map(async (writes, by) => {
            for (const each of writes) written.push(...(await put(each)).map((change) => ({ ...change, by })));
          }),
        );
        isWriting = false;
        const seen = await following;
        // At every revision that was answered: of each mailbox the last that was written up to it.
        for (const { revision, routes } of seen) {
          const then = new Map(known);
          for (const change of written.toSorted((a, b) => a.revision - b.revision))
            if (change.revision <= revision) then.set(change.mailbox, `${change.side}, ${change.standing}`);
          expect(routes).toEqual(then);
        }
        const end = await allOf(source);
        expect(seen.at(-1)).toEqual({
          revision: end.at.revision,
          routes: new Map(end.rows.map(({ mailbox, side, standing }) => [mailbox, `${side}, ${standing}`])),
        });

        async function follow(from: number) {
          await using work = await source.register(door(), from, []);
          const routes = new Map(known);
          const looks: { readonly revision: number; readonly routes: ReadonlyMap<number, string> }[] = [];
          let revision = from;
          for (let isLast = false; ; isLast = !isWriting) {
            const answer = await work.renew(revision);
            if (answer === 'gone') throw new Error('nobody has said so');
            for (const { mailbox, side, standing } of answer.changes) routes.set(mailbox, `${side}, ${standing}`);
            revision = answer.at.revision;
            looks.push({ revision, routes: new Map(routes) });
            if (isLast) return looks;
          }
        }
      },
    ),
    { numRuns: 12 },
  );

  /** As everybody who changes routes: the clock first, kept until the end. */
  async function put({ mailboxes, side, standing, ms, isUndone }: Write): Promise<readonly RouteChange[]> {
    const undone = new Error('undone');
    try {
      return await db.sql.transaction().execute(async (tx) => {
        const { rows } = await sql<{
          revision: number;
        }>`update route_clock set revision = revision + 1 returning revision`.execute(tx);
        const revision = rows[0]?.revision as number;
        for (const mailbox of mailboxes)
          await sql`
            insert into route (mailbox, side, standing, revision) values (${mailbox}, ${side}, ${standing}, ${revision})
            on conflict (mailbox) do update set side = excluded.side, standing = excluded.standing, revision = excluded.revision`.execute(
            tx,
          );
        await sleep(ms);
        if (isUndone) throw undone;
        return mailboxes.map((mailbox) => ({ mailbox, side, standing, revision }));
      });
    } catch (error) {
      if (error === undone) return [];
      throw error;
    }
  }
});
