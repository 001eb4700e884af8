/** What somebody hears who follows the changes of an estate, on a real database. */

import { get } from 'node:http';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '#lib/clock.ts';
import type { Listener, Told } from '#operations/follow-changes.ts';
import { openTokens } from '#store/access-tokens.ts';
import { note, seal } from '#store/audit.ts';
import { openBearers } from '#store/bearers.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { Judge } from './judge.ts';
import { ask, bearerOf, problemIn, type Served, served } from './served.test-kit.ts';

/** Time that goes on when it is told to, for all who wait. */
function handClock(): Clock & { readonly pass: (seconds: number) => Promise<void> } {
  let now = 0;
  const waiting = new Set<() => void>();
  return {
    now: () => now,
    sleep: (_, signal) =>
      new Promise((resolve) => {
        waiting.add(resolve);
        signal.addEventListener('abort', () => resolve());
      }),
    async pass(seconds) {
      now += seconds * 1_000;
      for (const wake of waiting) wake();
      waiting.clear();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Organisations A, below it AA, and B, with a mailbox each. */
async function anEstate(): Promise<TestDatabase> {
  const db = await testDatabase();
  await sql`insert into organisation (code, name, parent) values ('A', 'A', null), ('AA', 'AA', 1), ('B', 'B', null)`.execute(
    db.sql,
  );
  await sql`
    insert into mailbox (address, kind, organisation)
    values ('a@x.example', 'person', 1), ('aa@x.example', 'person', 2), ('b@x.example', 'person', 3)`.execute(db.sql);
  return db;
}

/** Something is recorded of a mailbox, in a link of its own. */
async function change(db: TestDatabase, mailbox: number): Promise<void> {
  await note(db.sql, { who: 'operator bob', what: 'hold', mailbox });
  await seal(db);
}

interface Heard {
  /** The next of them that has a name, as `id event data`. */
  next(): Promise<{ readonly id: string; readonly event: string; readonly data: unknown }>;
  /** All until the end. */
  rest(): Promise<string>;
  readonly text: () => string;
}

async function follow(api: Served, bearer: string, { last = '', query = '' } = {}): Promise<Heard> {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const response = await fetch(`${api.url}/v1/events${query}`, {
    signal: over.signal,
    headers: { authorization: `Bearer ${bearer}`, ...(last === '' ? {} : { 'last-event-id': last }) },
  });
  expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
    200,
    'text/event-stream; charset=utf-8',
    'no-store',
  ]);
  const parts = (response.body ?? expect.fail()).pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let [text, unread] = ['', ''];
  const more = async (): Promise<boolean> => {
    const part = await parts.next();
    if (part.done === true) return false;
    text += part.value;
    unread += part.value;
    return true;
  };
  return {
    text: () => text,
    async next() {
      for (;;) {
        const end = unread.indexOf('\n\n');
        if (end < 0) {
          if (!(await more())) expect.fail('the stream has ended');
          continue;
        }
        const fields = new Map(
          unread
            .slice(0, end)
            .split('\n')
            .map((line) => line.split(': ', 1).concat(line.slice(line.indexOf(': ') + 2)) as [string, string]),
        );
        unread = unread.slice(end + 2);
        const [event, data] = [fields.get('event'), fields.get('data')];
        if (event && data) return { id: fields.get('id') ?? '', event, data: JSON.parse(data) as unknown };
      }
    },
    async rest() {
      while (await more());
      return text;
    },
  };
}

const mailboxes = (...addresses: readonly string[]) => ({
  mailboxes: addresses.map((address) => expect.objectContaining({ address }) as unknown),
});

describe('the stream of changes', () => {
  test('tells what changed in order, each with the id to go on from', async () => {
    await using db = await anEstate();
    const clock = handClock();
    const api = await served(db, { streaming: { clock } });
    await change(db, 1);
    const heard = await follow(api, await bearerOf(db, 'auditor'));
    await change(db, 2);
    await clock.pass(1);
    const first = await heard.next();
    expect(first).toMatchObject({
      event: 'changes',
      data: {
        mailboxes: [{ address: 'aa@x.example', organisation: 'AA', stage: 'known', mark: null, wave: null }],
        isMore: false,
        waves: [],
      },
    });
    // A number of the database that is nobody's business.
    expect(JSON.stringify(first)).not.toContain('organisationId');
    await change(db, 3);
    await clock.pass(1);
    const second = await heard.next();
    expect(second.data).toMatchObject(mailboxes('b@x.example'));
    expect(Number(second.id)).toBeGreaterThan(Number(first.id));
    expect(heard.text()).toMatch(/^retry: 3000\nid: \d+\n\n/);
  });

  test('goes on behind the id that somebody had last, in a header or in the address, and nothing is missing', async () => {
    await using db = await anEstate();
    const clock = handClock();
    const api = await served(db, { streaming: { clock } });
    const bearer = await bearerOf(db, 'auditor');
    const before = await follow(api, bearer);
    await change(db, 1);
    await clock.pass(1);
    const { id } = await before.next();
    await change(db, 2);
    await change(db, 3);
    for (const how of [{ last: id }, { query: `?after=${id}` }, { last: id, query: '?after=0' }])
      expect((await (await follow(api, bearer, how)).next()).data).toMatchObject(
        mailboxes('aa@x.example', 'b@x.example'),
      );
  });

  test('says "reset" to whoever comes with an id that the log does not have, and goes on from there', async () => {
    await using db = await anEstate();
    const clock = handClock();
    const api = await served(db, { streaming: { clock } });
    await change(db, 1);
    const heard = await follow(api, await bearerOf(db, 'auditor'), { last: '1000000' });
    const reset = await heard.next();
    expect(reset).toMatchObject({ event: 'reset', data: { upTo: Number(reset.id) } });
    await change(db, 2);
    await clock.pass(1);
    expect((await heard.next()).data).toMatchObject(mailboxes('aa@x.example'));
  });

  test('tells a local administrator nothing of others', async () => {
    await using db = await anEstate();
    const clock = handClock();
    const api = await served(db, { streaming: { clock } });
    const all = await follow(api, await bearerOf(db, 'owner'));
    const local = await follow(api, await bearerOf(db, 'local-administrator', 'A'));
    await change(db, 3);
    await note(db.sql, { who: 'operator bob', what: 'brake on' });
    await seal(db);
    await clock.pass(1);
    const toOwner = (await all.next()).data as { readonly estate: readonly string[] };
    expect(toOwner).toMatchObject(mailboxes('b@x.example'));
    expect(toOwner.estate).toContain('brake on');
    await change(db, 2);
    await clock.pass(1);
    // The first that they hear at all.
    expect((await local.next()).data).toMatchObject({ ...mailboxes('aa@x.example'), waves: [], estate: [] });
    expect(local.text()).not.toContain('b@x.example');
  });

  test('shows every 15 seconds that it is alive, with the id to go on from', async () => {
    await using db = await anEstate();
    const clock = handClock();
    const api = await served(db, { streaming: { clock } });
    const heard = await follow(api, await bearerOf(db, 'auditor'));
    for (let signs = 0; signs < 2; signs++) await clock.pass(15);
    await change(db, 1);
    await clock.pass(1);
    const { id } = await heard.next();
    expect(heard.text().match(/^id: \d+\n\n/gm)?.length).toBeGreaterThanOrEqual(2);
    expect(heard.text()).toContain(`id: ${id}\nevent: changes\n`);
  });

  test.each(['revoke', 'expire'])('ends within a minute for a bearer that was %sd', async (how) => {
    await using db = await anEstate();
    const clock = handClock();
    const api = await served(db, { streaming: { clock } });
    const heard = await follow(api, await bearerOf(db, 'auditor'));
    const other = await follow(api, await bearerOf(db, 'owner'));
    if (how === 'revoke') await openTokens(db).revoke(1, 'operator bob', null);
    else await sql`update access_token set expires_at = now() where id = 1`.execute(db.sql);
    await clock.pass(60);
    expect(await heard.rest()).not.toContain('event:');
    await change(db, 1);
    await clock.pass(1);
    expect((await other.next()).event).toBe('changes');
  });

  test('keeps nobody signed in: to be told is no use of a session', async () => {
    await using db = await anEstate();
    const clock = handClock();
    const uses: boolean[] = [];
    const bearers = openBearers(db);
    const holderOf = async (bearer: string, isUse = true) => {
      const presented = await bearers.holderOf(bearer, isUse);
      uses.push(isUse);
      return presented;
    };
    const api = await served(db, { streaming: { clock }, judge: new Judge({ holderOf }, () => 0) });
    await follow(api, await bearerOf(db, 'auditor'));
    await clock.pass(60);
    await expect.poll(() => uses).toEqual([true, false]);
  });

  test('wants what every question wants', async () => {
    await using db = await anEstate();
    const api = await served(db);
    expect(problemIn(await ask(api, '/v1/events'))).toMatchObject({ code: 'api.bearer.missing' });
    const bearer = await bearerOf(db, 'auditor');
    for (const query of ['?after=-1', '?after=x', '?upTo=1'])
      expect(problemIn(await ask(api, `/v1/events${query}`, { bearer }))).toMatchObject({ code: 'api.request.unfit' });
    for (const last of ['x', '-1', '1'.repeat(16)])
      expect(problemIn(await ask(api, '/v1/events', { bearer, headers: { 'last-event-id': last } }))).toMatchObject({
        code: 'api.request.unfit',
      });
  });

  test('is told to so many and no more, half of them to one bearer, and says when to ask again', async () => {
    await using db = await anEstate();
    const api = await served(db, { streaming: { most: 2 } });
    const [owner, auditor, planner] = [
      await bearerOf(db, 'owner'),
      await bearerOf(db, 'auditor'),
      await bearerOf(db, 'planner'),
    ];
    await follow(api, owner);
    const again = await ask(api, '/v1/events', { bearer: owner });
    expect(problemIn(again)).toMatchObject({ status: 503, code: 'api.streams.too-many' });
    expect(again.headers.get('retry-after')).toBe('3');
    await follow(api, auditor);
    expect((await ask(api, '/v1/events', { bearer: planner })).status).toBe(503);
  });

  test('ends when the server does', async () => {
    await using db = await anEstate();
    const api = await served(db);
    const heard = await follow(api, await bearerOf(db, 'auditor'));
    await Promise.all([heard.rest().catch(() => undefined), api.server[Symbol.asyncDispose]()]);
  });

  test('is written once for all who see the same, and cut for who does not read it', async () => {
    await using db = await anEstate();
    const listeners = new Set<Listener>();
    let begun = 0;
    const changes = {
      async listen(listener: Listener) {
        begun++;
        listeners.add(listener);
        listener.tell({ kind: 'nothing', upTo: 0 });
        return { [Symbol.dispose]: () => void listeners.delete(listener) };
      },
      [Symbol.asyncDispose]: async () => {},
    };
    const api = await served(db, { streaming: { changes, unreadMost: 100_000 } });
    const bearer = await bearerOf(db, 'auditor');
    const reader = await follow(api, bearer);
    const rest = reader.rest().catch(() => '');
    // It asks, and reads nothing of the answer.
    const idle = get(`${api.url}/v1/events`, { headers: { authorization: `Bearer ${bearer}` } }, (answer) => {
      answer.pause();
    });
    idle.on('error', () => {});
    onTestFinished(() => void idle.destroy());
    await expect.poll(() => begun).toBe(2);
    let written = 0;
    const told = (upTo: number): Told => ({
      kind: 'changes',
      changes: {
        get upTo() {
          written++;
          return upTo;
        },
        mailboxes: Array.from({ length: 500 }, (_, i) => ({
          address: `m${i}@${'x'.repeat(100)}.example`,
          organisation: 'A',
          organisationId: 1,
          stage: 'known' as const,
          mark: null,
          wave: null,
        })),
        isMore: false,
        waves: [],
        estate: [],
      },
    });
    let most = 0;
    for (let upTo = 1; upTo < 1_000 && listeners.size === 2; upTo++) {
      const one = told(upTo);
      written = 0;
      for (const listener of listeners) listener.tell(one);
      most = Math.max(most, written);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(listeners.size).toBe(1);
    // For the id of each of the two, and as often for one document as it takes.
    expect(most).toBeLessThan(12);
    await api.server[Symbol.asyncDispose]();
    expect((await rest).length).toBeGreaterThan(100_000);
  });
});
