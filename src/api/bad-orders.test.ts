/** What does not fit, or wants a reason, of secrets, messages and heads of the audit log: refused, and nothing is done. */

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { ringOf } from '#app/keyring.test-kit.ts';
import { sealingKey } from '#domain/sealed.ts';
import { people } from '#store/estate.test-kit.ts';
import { testDatabase } from '#store/test-database.ts';
import { ask, bearerOf, deskFor, served } from './served.test-kit.ts';

const zeros = '0'.repeat(64);
const why = 'it is over';

const bad: readonly (readonly [path: string, order?: object])[] = [
  ['/v1/secrets/erase', { all: true }],
  ['/v1/secrets/erase', { all: true, why: ' \u001b[2J' }],
  ['/v1/secrets/erase', { why }],
  ['/v1/secrets/erase', { prefix: '', why }],
  ['/v1/secrets/erase', { prefix: 'source/', all: true, why }],
  ['/v1/secrets/erase', { prefix: 'source/', own: true, why }],
  ['/v1/secrets/erase', { prefix: ['source/'], why }],
  ['/v1/secrets/rotate', { after: 'a\nb' }],
  ['/v1/secrets/rotate', { key: 'mine' }],
  ['/v1/secrets/erasable?prefix=source/&own=true'],
  ['/v1/secrets/erasable?own=yes'],
  ['/v1/notices/send', { moment: 'T-3' }],
  ['/v1/notices/send', { wave: 'a\u0000' }],
  ['/v1/notices/send', { wave: null }],
  ['/v1/notices/preview'],
  ['/v1/notices/preview?address=ann@x.example&language=../../etc'],
  ['/v1/notices/preview?address=ann@x.example&address=bob@x.example'],
  ['/v1/notices/due?moment=stay&moment=T-2'],
  ['/v1/audit/heads'],
  ['/v1/audit/heads?heads='],
  [`/v1/audit/heads?heads=0.${zeros}.${zeros}`],
  [`/v1/audit/heads?heads=1.${zeros}.${zeros},`],
  [`/v1/audit/heads?heads=1.${zeros}'--.${zeros}`],
  [`/v1/audit/heads?heads=${Array.from({ length: 51 }, () => `1.${zeros}.${zeros}`).join(',')}`],
  ['/v1/tail?protocol=imap,,pop3'],
  ['/v1/tail?protocol=gopher'],
  ['/v1/tokens', { name: 'x', role: 'auditor', seconds: 0 }],
  ['/v1/tokens', { name: 'x', role: 'auditor', seconds: 1e12 }],
  ['/v1/tokens', { name: 'x', role: 'auditor', seconds: 60, days: 1 }],
];

test.each(bad.map(([path, order]) => ({ path, order })))(
  '$path $order is refused, and nothing is done',
  async ({ path, order }) => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    const keys = ringOf(sealingKey(randomBytes(32)));
    const api = await served(db, { desk: deskFor(db, { keys }) });
    const bearer = await bearerOf(db, 'owner');
    await ask(api, '/v1/secrets', { bearer, order: { name: 'source/ann', secret: 'hunter2' } });
    const before = await sql`select count(*) from audit`.execute(db.sql);
    const told = await ask(api, path, { bearer, ...(order === undefined ? {} : { order }) });
    expect([told.status, told.body]).toMatchObject([422, { code: 'api.request.unfit' }]);
    expect(told.text).not.toMatch(/\\u001b|hunter2/);
    expect((await sql`select count(*) from audit`.execute(db.sql)).rows).toEqual(before.rows);
    expect((await sql`select name from secret`.execute(db.sql)).rows).toEqual([{ name: 'source/ann' }]);
  },
);
