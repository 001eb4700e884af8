import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { readSelector, type Selector } from '#domain/selector.ts';
import { people, standAt } from './estate.test-kit.ts';
import { openEstateLists } from './estate-lists.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

/** Two wards under a region, six people, two waves; one is blocked, one is held, one has left. */
async function estate(): Promise<TestDatabase> {
  const db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'cat', 'dan', 'eve', 'fay']);
  await sql`insert into organisation (code, name, parent) values ('W1', 'Ward', 1), ('W2', 'Far ward', 2)`.execute(
    db.sql,
  );
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('pilot', 'running', current_date, now(), now() + interval '1 hour'),
           ('second', 'planned', current_date + 1, now() + interval '1 day', now() + interval '2 days')`.execute(
    db.sql,
  );
  for (const [i, stage] of (['following', 'copying', 'settled', 'planned'] as const).entries())
    await standAt(db.sql, i + 1, stage, i < 3 ? 1 : 2);
  await sql`update mailbox set organisation = 2, kind = 'shared' where id = 2`.execute(db.sql);
  await sql`update mailbox set organisation = 3 where id = 3`.execute(db.sql);
  await sql`update mailbox set blocked = 'imap.sign-in.refused' where id = 2`.execute(db.sql);
  await sql`update mailbox set held = 'on call' where id = 4`.execute(db.sql);
  await sql`update mailbox set left_at = now(), blocked = 'target.quota' where id = 5`.execute(db.sql);
  await sql`update mailbox set wave_hint = 'north' where id in (1, 3)`.execute(db.sql);
  await sql`insert into route (mailbox, side) values (3, 'target')`.execute(db.sql);
  await sql`update mailbox set display_name = 'Zoë Smith-Jones' where id = 1`.execute(db.sql);
  await sql`update mailbox set display_name = 'SMITH, Bob (3rd floor)' where id = 2`.execute(db.sql);
  return db;
}

async function named(db: TestDatabase, text: string): Promise<readonly string[]> {
  const found = await openEstateLists(db).mailboxes({
    selector: readSelector(text) as Selector,
    after: null,
    max: 100,
  });
  return found.kind === 'page' ? found.lines.map(({ address }) => address.split('@')[0] as string) : [found.value];
}

describe('of the mailboxes', () => {
  test('those are listed that every word of a selector means, and nobody else', async () => {
    await using db = await estate();
    const means: Readonly<Record<string, string>> = {
      '': 'ann bob cat dan eve fay',
      'stage=blocked': 'bob',
      'stage=following,blocked': 'ann bob',
      'mark=none stage=settled,planned': 'cat',
      'mark=held,left': 'dan eve',
      'wave=pilot': 'ann bob cat',
      'wave=pilot,second stage=planned,copying': 'bob dan',
      'organisation=RXY': 'ann dan eve fay',
      'organisation=W1,W2': 'bob cat',
      'under=RXY': 'ann bob cat dan eve fay',
      'under=W1': 'bob cat',
      'under=W2': 'cat',
      'kind=shared': 'bob',
      'kind=shared,room': 'bob',
      'kind=person,shared': 'ann bob cat dan eve fay',
      'under=W1 stage=blocked,settled': 'bob cat',
      'organisation=RXY kind=person mark=none': 'ann fay',
      'hint=north': 'ann cat',
      'hint=north,south wave=pilot': 'ann cat',
      'stage=known': 'eve fay',
      'stage=known mark=left': 'eve',
      'fault=imap.*': 'bob',
      'fault=target.quota': '',
      'address=A*,fay@x.example': 'ann fay',
      'address=*@x.example wave=second': 'dan',
      'name=smith': 'bob ann',
      'name=SMITH kind=person': 'ann',
      'name=jones': 'ann',
      'name=Smi.zoë': 'ann',
      'name=smith.zo': 'ann',
      'name=zoë.jones': 'ann',
      'name=jones.smith.zo': 'ann',
      'name=jones.smith.x': '',
      'name=jones.smith.%': '',
      'name=bo.smith,CAT': 'bob cat',
      'name=mith': '',
      'name=fay': 'fay',
      'name=fay.x': '',
      'name=bob': 'bob',
      'name=floor kind=shared': 'bob',
      [`name=a'|!b:*\\`]: '',
      [`name=${'x'.repeat(5_000)}`]: '',
    };
    for (const [text, who] of Object.entries(means))
      expect([text, (await named(db, text)).join(' ')]).toEqual([text, who]);
  });

  test('a name that the estate does not have is told, with the one that may have been meant', async () => {
    await using db = await estate();
    const { mailboxes } = openEstateLists(db);
    const ask = (selector: Selector) => mailboxes({ selector, after: null, max: 1 });
    expect(await ask({ organisation: ['RXY', 'RXZ'] })).toEqual({
      kind: 'unknown',
      key: 'organisation',
      value: 'RXZ',
      nearest: 'RXY',
    });
    expect(await ask({ under: ['Nowhere'] })).toMatchObject({ kind: 'unknown', key: 'under', nearest: null });
    expect(await ask({ wave: ['pilott'] })).toMatchObject({ key: 'wave', value: 'pilott', nearest: 'pilot' });
    for (const hostile of [`x' or '1'='1`, '\\', '%', '$1'])
      expect(await ask({ wave: [hostile] })).toMatchObject({ kind: 'unknown', value: hostile });
  });

  test('those of a name stand in the order of their names, and in parts everybody once', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob', 'cat', 'dan', 'eve', 'fay']);
    const names = ['Smith, Zoe', 'Smithson Smith', 'Abel Smith', 'Smith, Smith Smith', 'Anna Maria Smith', 'Smyth'];
    for (const [i, name] of names.entries())
      await sql`update mailbox set display_name = ${name} where id = ${i + 1}`.execute(db.sql);
    const lists = openEstateLists(db);
    const told: string[] = [];
    for (let after: string | null = null; ; ) {
      const page = await lists.mailboxes({ selector: { name: ['smith'] }, after, max: 1 });
      if (page.kind !== 'page' || page.lines.length === 0) break;
      after = page.lines[0]?.address ?? null;
      told.push(page.lines[0]?.displayName ?? '');
    }
    expect(told).toEqual(['Abel Smith', 'Anna Maria Smith', 'Smith, Smith Smith', 'Smith, Zoe', 'Smithson Smith']);
  });

  test('somebody is found by the last word of a name, whatever stands between the words', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob', 'cat', 'dan', 'eve']);
    const names = ['Reception Ward - Leeds', 'Smith Ann,Leeds', 'Bob Smith (Leeds)', 'Dan Smith & Leeds', 'Eve Leeds'];
    for (const [i, name] of names.entries())
      await sql`update mailbox set display_name = ${name} where id = ${i + 1}`.execute(db.sql);
    expect((await named(db, 'name=leeds')).toSorted()).toEqual(['ann', 'bob', 'cat', 'dan', 'eve']);
    expect((await named(db, 'name=leeds.smi')).toSorted()).toEqual(['bob', 'cat', 'dan']);
    expect((await named(db, 'name=ann.leeds kind=person')).toSorted()).toEqual(['bob']);
  });

  test('a list that is read in parts has everybody once, however short the parts', async () => {
    await using db = await estate();
    const { mailboxes } = openEstateLists(db);
    const seen: string[] = [];
    for (let after: string | null = null, hasMore = true; hasMore; ) {
      const page = await mailboxes({ selector: {}, after, max: 2 });
      if (page.kind !== 'page') throw new Error(page.kind);
      seen.push(...page.lines.map(({ address }) => address));
      after = page.lines.at(-1)?.address ?? null;
      hasMore = page.hasMore;
    }
    expect(seen.map((each) => each[0]).join('')).toBe('abcdef');
    const rest = await mailboxes({ selector: {}, after: 'DAN@x.example', max: 9 });
    expect(rest).toMatchObject({ hasMore: false, lines: [{ address: 'eve@x.example' }, { address: 'fay@x.example' }] });
  });

  test('a line tells where one stands, on which side the mail is, and why it does not go on', async () => {
    await using db = await estate();
    const page = await openEstateLists(db).mailboxes({ selector: { wave: ['pilot'] }, after: null, max: 9 });
    expect(page).toMatchObject({
      lines: [
        { stage: 'following', mark: null, markedFor: null, side: 'source', wave: 'pilot', organisation: 'RXY' },
        { stage: 'copying', mark: 'blocked', markedFor: 'imap.sign-in.refused', organisation: 'W1', kind: 'shared' },
        { stage: 'settled', side: 'target', sizeBytes: 100, lagMs: null },
      ],
    });
  });

  test('how many are meant is told where the tallies know it, and is what the list has', async () => {
    await using db = await estate();
    const { count } = openEstateLists(db);
    for (const text of ['', 'stage=blocked', 'stage=following,blocked', 'wave=pilot mark=none', 'wave=second'])
      expect([text, await count(readSelector(text) as Selector)]).toEqual([text, (await named(db, text)).length]);
    expect(await count({ kind: ['person'] })).toBeNull();
    expect(await count({ wave: ['nowhere'] })).toBeNull();
  });
});

test('an organisation is listed with its own mailboxes and the one above it', async () => {
  await using db = await estate();
  await sql`update organisation set left_at = now() where code = 'W2'`.execute(db.sql);
  const { organisations } = openEstateLists(db);
  expect(await organisations({ after: null, max: 2 })).toEqual({
    kind: 'page',
    hasMore: true,
    lines: [
      { code: 'RXY', name: 'Somewhere', parent: null, mailboxes: 4, hasLeft: false },
      { code: 'W1', name: 'Ward', parent: 'RXY', mailboxes: 1, hasLeft: false },
    ],
  });
  expect(await organisations({ after: 'W1', max: 2 })).toMatchObject({ hasMore: false, lines: [{ hasLeft: true }] });
});

test('a wave is listed with how many stand where in it', async () => {
  await using db = await estate();
  expect(await openEstateLists(db).waves()).toMatchObject([
    { name: 'pilot', mailboxes: 3, bytes: 300, stages: { following: 1, settled: 1 }, marks: { blocked: 1 } },
    { name: 'second', mailboxes: 1, stages: {}, marks: { held: 1 } },
  ]);
});
