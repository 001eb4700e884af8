/** Whoever watches by a server looks when something was recorded, and goes on looking where nobody tells them. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ApiClient } from '#api/client.ts';
import { bearerOf, type Served, served } from '#api/served.test-kit.ts';
import { play } from '#cli/made-up-world.ts';
import type { Watching } from '#cli/world.ts';
import { readServerPlace } from '#domain/server-place.ts';
import { note, seal } from '#store/audit.ts';
import { people, standAt } from '#store/estate.test-kit.ts';
import { testDatabase } from '#store/test-database.ts';
import { openProgrammeThere } from './programme-there.ts';
import { watchThere } from './watch-there.ts';

function clientOf({ url }: Pick<Served, 'url'>, bearer: string): ApiClient {
  const place = readServerPlace(url);
  if ('problem' in place) throw new Error(place.problem);
  return new ApiClient({ place, bearer, ca: null, version: '1.2.3' }, new AbortController().signal);
}

async function pretended(handle: (asked: IncomingMessage, answer: ServerResponse) => void): Promise<{ url: string }> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const patiently = { timeout: 20_000, interval: 20 };

/** Time stands still, so that what there is after the first look is told by the stream, which has begun. */
async function begun(watching: Watching): Promise<void> {
  expect(watching.hasNews()).toBe(true);
  await vi.waitFor(() => expect(watching.hasNews()).toBe(true), patiently);
  expect(watching.hasNews()).toBe(false);
}

describe('who watches by a server', () => {
  test('looks once the stream has begun, and again when something was recorded, and not before', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    await using watching = watchThere(clientOf(await served(db), await bearerOf(db, 'operator')), () => 0);
    await begun(watching);
    await note(db.sql, { who: 'operator bob', what: 'hold', mailbox: 1 });
    await seal(db);
    await vi.waitFor(() => expect(watching.hasNews()).toBe(true), patiently);
    expect([watching.hasNews(), watching.trouble()]).toEqual([false, null]);
  });

  test('looks all the same after half a minute in which nothing was told: windows close without anybody recording it', async () => {
    const api = await pretended((_asked, answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 10\nid: 1\n\n');
    });
    let now = 0;
    await using watching = watchThere(clientOf(api, 'x'), () => now);
    await begun(watching);
    now = 29_999;
    expect(watching.hasNews()).toBe(false);
    now = 30_000;
    expect([watching.hasNews(), watching.hasNews()]).toEqual([true, false]);
  });

  test('takes a stream that breaks up again behind what they had last, and says nothing of it', async () => {
    const lastIds: (string | undefined)[] = [];
    const api = await pretended((asked, answer) => {
      lastIds.push(asked.headers['last-event-id'] as string | undefined);
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      if (lastIds.length === 1)
        answer.write('retry: 5\nid: 7\n\nid: 8\nevent: reset\ndata: {"upTo":8}\n\n', () => answer.destroy());
      else if (lastIds.length === 2) answer.end('id: 9\n\n');
      else answer.write('id: 9\n\n');
    });
    const troubles: (string | null)[] = [];
    await using watching = watchThere(clientOf(api, 'x'));
    await vi.waitFor(() => {
      troubles.push(watching.trouble());
      expect(lastIds).toHaveLength(3);
    }, patiently);
    expect(lastIds).toEqual([undefined, '8', '9']);
    expect(new Set(troubles)).toEqual(new Set([null]));
  });

  test('comes again no faster than somebody could follow, whatever the server says', async () => {
    const at: number[] = [];
    const api = await pretended((_asked, answer) => {
      at.push(performance.now());
      answer.writeHead(200, { 'content-type': 'text/event-stream' }).end('retry: 0\nid: 1\n\n');
    });
    await using _watching = watchThere(clientOf(api, 'x'));
    await vi.waitFor(() => expect(at.length).toBeGreaterThan(2), patiently);
    // A timer may come a little early.
    expect((at[2] as number) - (at[0] as number)).toBeGreaterThan(400);
  });

  test.each([
    ['has no streams', 404, 'api.route.unknown', ''],
    ['tells too many', 503, 'api.streams.too-many', ''],
  ])('of a server that %s is told so, and looks every two seconds', async (_, status, code) => {
    const api = await pretended((_asked, answer) => {
      const problem = {
        type: 'x',
        title: 'x',
        status,
        detail: 'No.',
        code,
        reach: 'estate',
        retry: 'soon',
        remedy: 'x',
        'request-id': 'x',
      };
      answer.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    let now = 0;
    await using watching = watchThere(clientOf(api, 'x'), () => now);
    expect([watching.hasNews(), watching.hasNews()]).toEqual([true, false]);
    await vi.waitFor(() => expect(watching.trouble()).toBe('No'), patiently);
    now = 1_999;
    expect(watching.hasNews()).toBe(false);
    now = 2_000;
    expect(watching.hasNews()).toBe(true);
  });

  test('does not believe what is no stream of ours', async () => {
    const api = await pretended((_asked, answer) => {
      answer
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write('id: 1\nevent: changes\ndata: {"upTo": "\u001b[2J"}\n\n');
    });
    await using watching = watchThere(clientOf(api, 'x'));
    await vi.waitFor(() => expect(watching.trouble()).toContain('does not answer as Godwit'), patiently);
  });
});

test('godwit wave watch by a server ends when the wave stands still, and asks for it when it has moved', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob']);
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('pilot', 'running', now()::date, now() - interval '1 hour', now() + interval '1000 days')`.execute(db.sql);
  for (const mailbox of [1, 2]) await standAt(db.sql, mailbox, 'following', 1);
  const real = await served(db);
  const bearer = await bearerOf(db, 'operator');
  const asked: string[] = [];
  const watched = play(['wave', 'watch', 'pilot', '--server', real.url, '--token', 'env:TOKEN', '-o', 'json'], {
    environment: { TOKEN: bearer },
    openProgrammeThere: async (options) => {
      const programme = openProgrammeThere(options, '1.2.3');
      return { ...programme, view: { now: () => (asked.push('status'), programme.view.now()) } };
    },
  });
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(0), patiently);
  for (const mailbox of [1, 2]) {
    await standAt(db.sql, mailbox, 'settled', 1);
    await note(db.sql, { who: 'a worker', what: 'settle', mailbox, wave: 1 });
  }
  await seal(db);
  const { code, stdout } = await watched;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ standings: [{ stage: 'settled', mailboxes: 2 }] });
});
