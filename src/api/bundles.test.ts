/** Bundles of evidence that many fetch at one moment: each takes memory, so there are only so many. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { people } from '#store/estate.test-kit.ts';
import { testDatabase } from '#store/test-database.ts';
import { ask, bearerOf, problemIn, served } from './served.test-kit.ts';

test('one who fetches many bundles at a time is told to wait, and others are not', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  const api = await served(db);
  const bearer = await bearerOf(db, 'local-administrator', 'RXY');
  const path = '/v1/organisations/RXY/evidence';
  const fetching = async (whose: string): Promise<Response> =>
    fetch(`${api.url}${path}`, { headers: { authorization: `Bearer ${whose}` } });
  let begun: readonly Response[] = [];
  await db.sql.transaction().execute(async (tx) => {
    // Nobody gets beyond the first lines.
    await sql`lock table certificate`.execute(tx);
    begun = await Promise.all([1, 2, 3, 4].map(() => fetching(bearer)));
    expect(begun.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const more = await ask(api, path, { bearer });
    expect([problemIn(more).code, more.status, more.headers.get('retry-after')]).toEqual([
      'api.evidence.busy',
      503,
      '30',
    ]);
    begun = [...begun, await fetching(await bearerOf(db, 'auditor'))];
  });
  for (const each of begun) expect(await each.text()).toContain('"summary"');
  expect((await ask(api, path, { bearer })).text).toContain('"summary"');
});

test('the longest address that a mailbox may have is asked for like any other', async () => {
  await using db = await testDatabase();
  const api = await served(db);
  const bearer = await bearerOf(db, 'auditor');
  const address = `${'a'.repeat(64)}@${'b'.repeat(247)}.example`;
  expect(address).toHaveLength(320);
  expect((await ask(api, `/v1/mailboxes/${address}/certificate`, { bearer })).status).toBe(404);
  expect((await ask(api, '/v1/digest-keys', { bearer, order: { addresses: [address] } })).status).toBe(404);
});
