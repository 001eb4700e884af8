/** What a second person is asked for by the API: what could be done, to those who were meant, and once it was done. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { dangerousActs } from '#domain/rights.ts';
import { openApprovals } from '#store/approvals.ts';
import { people, recorded, somebodyWaits, standAt, standing } from '#store/estate.test-kit.ts';
import { inOneTransaction } from '#store/in-one-transaction.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { contract } from './contract.ts';
import type { Operation } from './operation.ts';
import { ask, bearerOf, problemIn, served, type Told } from './served.test-kit.ts';
import { dangerousOperations } from './two-people.ts';

const order = { why: 'it is Friday' };
const seen = { why: 'seen to it' };
const everybody = { select: 'organisation=RXY', why: 'the target is slow' };

interface Two {
  readonly db: TestDatabase;
  /** Of Ann, who wants to do it. */
  order(path: string, body?: object): Promise<Told>;
  /** Of Bob, to what was asked for last. */
  approve(): Promise<void>;
  /** What waits, or was approved and not used. */
  open(): Promise<readonly { readonly id: number; readonly meant: number | null }[]>;
}

/** Ann and Bob at an estate of two who have settled, in a wave that runs, where all that is dangerous takes both. */
async function two(): Promise<Two & AsyncDisposable> {
  const db = await testDatabase();
  await people(db.sql, ['eve', 'lou', 'zoe']);
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('first', 'running', current_date, now(), now() + interval '1 hour'),
           ('next', 'planned', current_date, now(), now() + interval '1 hour')`.execute(db.sql);
  await standAt(db.sql, 1, 'settled', 1);
  await standAt(db.sql, 2, 'settled', 1);
  await standAt(db.sql, 3, 'planned', 2);
  const api = await served(db, {}, dangerousActs);
  const [ann, bob] = [await bearerOf(db, 'operator', null, null, 'ann'), await bearerOf(db, 'operator')];
  const open = async () => {
    const { body } = await ask(api, '/v1/approvals', { bearer: bob });
    return (body as { readonly approvals: Awaited<ReturnType<Two['open']>> }).approvals;
  };
  return {
    db,
    open,
    order: (path, body = order) => ask(api, path, { bearer: ann, order: body }),
    async approve() {
      const [last] = await open();
      const { status } = await ask(api, `/v1/approvals/${last?.id}/approve`, { bearer: bob, order: seen });
      expect(status).toBe(200);
    },
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}

test('of every dangerous operation of the contract it is known whom it is about', () => {
  const dangerous = Object.entries<Operation>(contract).filter(([, { act }]) =>
    (typeof act === 'string' ? [act] : act).some((each) => (dangerousActs as readonly string[]).includes(each)),
  );
  expect([...dangerousOperations].toSorted()).toEqual(dangerous.map(([name]) => name).toSorted());
  // In lines they would not wait (`contract-routes.ts`).
  for (const [, { act, answers }] of dangerous) expect([typeof act, answers]).toEqual(['string', 'document']);
});

test('nobody is asked for what could not be done anyway', async () => {
  await using desk = await two();
  expect(problemIn(await desk.order('/v1/waves/nowhere/start'))).toMatchObject({ code: 'api.not-there' });
  expect(problemIn(await desk.order('/v1/waves/first/start'))).toMatchObject({ code: 'api.refused' });
  expect(problemIn(await desk.order('/v1/waves/first/release'))).toMatchObject({ code: 'api.refused' });
  const strangers = { addresses: ['nobody@x.example'], why: 'home' };
  expect(problemIn(await desk.order('/v1/mailboxes/go-back', strangers))).toMatchObject({ code: 'api.not-there' });
  const accept = { which: { kind: 'all' }, why: 'a film' };
  expect(problemIn(await desk.order('/v1/mailboxes/eve@x.example/accept', accept))).toMatchObject({
    code: 'api.refused',
  });
  expect(await desk.open()).toEqual([]);
});

test('an order that would do nothing is answered as that, and asks nobody', async () => {
  await using desk = await two();
  expect((await desk.order('/v1/brake/off')).body).toEqual({ changed: false });
  const told = await desk.order('/v1/mailboxes/go-back', { addresses: ['zoe@x.example'], why: 'home' });
  expect(told.body).toMatchObject({ done: [], refused: [{ address: 'zoe@x.example' }] });
  expect(await desk.open()).toEqual([]);
});

test('what is only asked for has changed nothing and recorded nothing but the asking', async () => {
  await using desk = await two();
  expect(problemIn(await desk.order('/v1/waves/first/go-back'))).toMatchObject({ code: 'api.approval.waits' });
  expect(problemIn(await desk.order('/v1/mailboxes/go-back', everybody))).toMatchObject({
    code: 'api.approval.waits',
  });
  expect(await standing(desk.db.sql, 1)).toMatchObject({ stage: 'settled' });
  const states = await sql<{ state: string }>`select state from wave order by id`.execute(desk.db.sql);
  expect(states.rows.map(({ state }) => state)).toEqual(['running', 'planned']);
  expect(await recorded(desk.db.sql, 1)).toEqual([]);
  expect((await recorded(desk.db.sql, null)).filter((line) => !/token created|approval asked/.test(line))).toEqual([]);
  expect((await desk.open()).map(({ meant }) => meant)).toEqual([3, 2]);
});

test('what was approved is not used up where the act is then refused, and is good once that has changed', async () => {
  await using desk = await two();
  await desk.order('/v1/waves/next/start');
  await desk.approve();
  await sql`update wave set closes_at = now() - interval '1 minute', opens_at = now() - interval '1 hour'
             where name = 'next'`.execute(desk.db.sql);
  expect(problemIn(await desk.order('/v1/waves/next/start'))).toMatchObject({ code: 'api.refused' });
  expect(await desk.open()).toHaveLength(1);
  await sql`update wave set closes_at = now() + interval '1 hour' where name = 'next'`.execute(desk.db.sql);
  expect((await desk.order('/v1/waves/next/start')).status).toBe(200);
  expect(await desk.open()).toEqual([]);
});

test('what was approved of some is not good for others whom the same words mean later', async () => {
  await using desk = await two();
  await desk.order('/v1/mailboxes/go-back', everybody);
  await desk.approve();
  await people(desk.db.sql, ['new']);
  await standAt(desk.db.sql, 4, 'settled', 1);
  expect(problemIn(await desk.order('/v1/mailboxes/go-back', everybody))).toMatchObject({
    status: 409,
    code: 'api.approval.overtaken',
    detail:
      'Others are meant now than when 1 was asked for (go-back): 3 then, 4 now. It waits for somebody else to approve 2.',
  });
  expect(await standing(desk.db.sql, 1)).toMatchObject({ stage: 'settled' });
  await desk.approve();
  const told = await desk.order('/v1/mailboxes/go-back', everybody);
  expect(told.body).toMatchObject({ done: ['eve@x.example', 'lou@x.example', 'new@x.example'] });
});

test('a wave that lost one and got another is not the wave that was approved', async () => {
  await using desk = await two();
  await desk.order('/v1/waves/first/go-back');
  await desk.approve();
  await people(desk.db.sql, ['new']);
  await standAt(desk.db.sql, 4, 'settled', 1);
  await standAt(desk.db.sql, 1, 'known', null);
  expect(problemIn(await desk.order('/v1/waves/first/go-back'))).toMatchObject({
    code: 'api.approval.overtaken',
    detail: expect.stringContaining('2, and not the same'),
  });
});

test('who accepts all that is listed has accepted what was listed when it was approved', async () => {
  await using desk = await two();
  const list = (uid: number) =>
    sql`insert into ledger_exception (mailbox, direction, number, uid, kind, folder, source_uid_validity, code, detail)
        values (1, 'there', 1, ${uid}, 'refused', 'INBOX', 7, 'too-big', '')`.execute(desk.db.sql);
  const accept = () => desk.order('/v1/mailboxes/eve@x.example/accept', { which: { kind: 'all' }, why: 'a film' });
  await list(1);
  await accept();
  await desk.approve();
  await list(2);
  expect(problemIn(await accept())).toMatchObject({ code: 'api.approval.overtaken' });
  await desk.approve();
  expect((await accept()).body).toMatchObject({ exceptions: 2 });
});

test('the end of the way back is asked for by looking, and then done with its approval', async () => {
  await using desk = await two();
  await sql`update wave set state = 'finished' where name = 'first'`.execute(desk.db.sql);
  expect(problemIn(await desk.order('/v1/waves/first/release'))).toMatchObject({ code: 'api.approval.waits' });
  await desk.approve();
  expect((await desk.order('/v1/waves/first/release')).body).toMatchObject({ mailboxes: 2 });
  expect(await standing(desk.db.sql, 1)).toMatchObject({ stage: 'released' });
  expect(await recorded(desk.db.sql, null)).toContain('token 1 (operator of all) approval used it is Friday');
});

test('two who send what was approved at the same time do it once', async () => {
  await using desk = await two();
  await desk.order('/v1/waves/next/start');
  await desk.approve();
  const sent = await Promise.all([desk.order('/v1/waves/next/start'), desk.order('/v1/waves/next/start')]);
  expect(sent.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
});

test('who came to be meant while another order was obeyed was not approved', async () => {
  await using desk = await two();
  await desk.order('/v1/mailboxes/go-back', everybody);
  await desk.approve();
  const sent = await inOneTransaction(desk.db, async (inner) => {
    await openApprovals(inner).turn();
    const waiting = desk.order('/v1/mailboxes/go-back', everybody);
    await somebodyWaits(desk.db.sql);
    await people(inner.sql, ['new']);
    await standAt(inner.sql, 4, 'settled', 1);
    return { waiting };
  });
  expect(problemIn(await sent.waiting)).toMatchObject({ code: 'api.approval.overtaken' });
  expect(await standing(desk.db.sql, 1)).toMatchObject({ stage: 'settled' });
});
