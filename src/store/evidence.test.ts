/** What is kept of certificates, and that the chain of roots holds whoever comes at the same time. */

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  type Certificate,
  certificateVersion,
  type Envelope,
  envelopeText,
  leafOfCertificate,
  type WaveCertificate,
} from '#domain/certificate.ts';
import { noGrades } from '#domain/grade.ts';
import { orderOne, people, standAt, windowIn } from './estate.test-kit.ts';
import { openEvidence } from './evidence.ts';
import { openEvidenceView } from './evidence-view.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { openWaves } from './waves.ts';

async function estate(): Promise<TestDatabase> {
  const db = await testDatabase();
  await people(db.sql, ['ann', 'bob']);
  const order = { name: 'pilot', selector: {}, limit: null, isPilot: true, errorBudget: 1, window: windowIn(1) };
  await openWaves(db).create(order, 'operator bob');
  return db;
}

function signed(address: string): Envelope<Certificate> {
  const about = { id: randomUUID(), madeAt: new Date().toISOString(), mailbox: { address } };
  const certificate = { ...about, grade: { grade: 'perfect', because: [] } } as unknown as Certificate;
  return { certificate, protected: '', signature: '' };
}

function root(previous: string | null): Envelope<WaveCertificate> {
  const certificate = {
    type: 'godwit-wave-certificate',
    version: certificateVersion,
    id: randomUUID(),
    madeAt: new Date().toISOString(),
    root: 'aa',
    mailboxes: 1,
    grades: noGrades,
    grade: { grade: 'perfect', because: [] },
    previous,
  } as unknown as WaveCertificate;
  return { certificate, protected: '', signature: '' };
}

test('a certificate that no root covers gives way to the next; one that a root covers is never changed or removed', async () => {
  await using db = await estate();
  const evidence = openEvidence(db);
  await evidence.keep(1, signed('ann@x.example'));
  const second = signed('ann@x.example');
  await evidence.keep(1, second);
  expect(await evidence.text(1)).toBe(envelopeText(second));
  const open = await evidence.open([1, 2]);
  expect(open).toMatchObject([{ mailbox: 1, address: 'ann@x.example', grade: 'perfect' }]);
  expect(open[0]?.leaf).toEqual(leafOfCertificate(second.certificate));
  expect(await evidence.close(1, root(null), open, 'operator bob')).toBe(true);
  expect(await evidence.open([1, 2])).toEqual([]);
  await expect(sql`delete from certificate`.execute(db.sql)).rejects.toThrow('never changed');
  await expect(sql`update certificate set text = ''`.execute(db.sql)).rejects.toThrow('never changed');
  await expect(sql`delete from wave_certificate`.execute(db.sql)).rejects.toThrow('never changed');
  // The next round begins beside it.
  const third = signed('ann@x.example');
  await evidence.keep(1, third);
  expect(await evidence.text(1)).toBe(envelopeText(third));
});

test('of two who close a round at once one does, and the other is told to look again', async () => {
  await using db = await estate();
  const evidence = openEvidence(db);
  await evidence.keep(1, signed('ann@x.example'));
  await evidence.keep(2, signed('bob@x.example'));
  const open = await evidence.open([1, 2]);
  const both = await Promise.all([1, 2].map(() => evidence.close(1, root(null), open, 'operator bob')));
  expect(both.filter(Boolean)).toEqual([true]);
  const latest = await evidence.latest();
  expect(latest).toMatch(/^[0-9a-f]{64}$/);
  const { rows } = await sql<{ about: Record<string, unknown> }>`
    select about from audit where what = 'wave certified'`.execute(db.sql);
  expect(rows).toMatchObject([{ about: { hash: latest, root: 'aa', mailboxes: 1, previous: null } }]);
});

test('of two rounds that both follow the same root one is closed, so that the chain has no fork', async () => {
  await using db = await estate();
  const evidence = openEvidence(db);
  await evidence.keep(1, signed('ann@x.example'));
  await evidence.keep(2, signed('bob@x.example'));
  expect(await evidence.close(1, root(null), await evidence.open([1]), 'operator bob')).toBe(true);
  expect(await evidence.close(1, root(null), await evidence.open([2]), 'operator bob')).toBe(false);
  expect(await evidence.close(1, root(await evidence.latest()), await evidence.open([2]), 'operator bob')).toBe(true);
});

test('a certificate that was made anew while the root was made is not covered by it, and nothing is kept', async () => {
  await using db = await estate();
  const evidence = openEvidence(db);
  await evidence.keep(1, signed('ann@x.example'));
  const open = await evidence.open([1]);
  await evidence.keep(1, signed('ann@x.example'));
  expect(await evidence.close(1, root(null), open, 'operator bob')).toBe(false);
  expect(await evidence.latest()).toBeNull();
  expect(await evidence.open([1])).toHaveLength(1);
});

test('who ordered what of the wave and the mailbox is told with the reason, the oldest first, and nothing that the machinery did', async () => {
  await using db = await estate();
  await openWaves(db).move('pilot', 'start', 'operator ann', 'the board agreed');
  await standAt(db.sql, 1, 'following', 1);
  await orderOne(db, 'ann', 'hold', 'on call');
  const facts = await openEvidence(db).facts(1);
  expect(facts.approvals.map(({ who, what, why }) => [who, what, why])).toEqual([
    ['operator bob', 'plan', 'wave pilot'],
    ['operator bob', 'wave created', null],
    ['operator ann', 'wave start', 'the board agreed'],
    ['operator bob', 'hold', 'on call'],
  ]);
  expect(facts).toMatchObject({
    organisation: 'RXY',
    kind: 'person',
    wave: { name: 'pilot', pilot: true },
    switches: [],
  });
});

test('the second person who approved what was done to the wave is told, and nobody who approved something else', async () => {
  await using db = await estate();
  const approval = async (on: string, why: string, used: boolean) =>
    sql`
      insert into access_approval (act, on_what, why, asked_by, asked_person, expires_at, approved_by, approved_why, approved_at, used_at)
      values ('start-wave', ${on}, 'it is time', 'ann', 'ann', now() + interval '1 hour', 'bob', ${why}, now(),
              case when ${used}::boolean then now() end)`.execute(db.sql);
  await approval('startWave {"wave":"pilot"}', 'seen the forecast', true);
  await approval('startWave {"wave":"pilot 2"}', 'another wave', true);
  await approval('startWave {"wave":"pilot"}', 'never used', false);
  await approval('releaseMailbox {"address":"ann@x.example"}', 'she agreed', true);
  const { approvals } = await openEvidence(db).facts(1);
  const given = approvals.filter(({ what }) => what === 'approval of start-wave').map(({ who, why }) => [who, why]);
  expect(given).toEqual([
    ['bob', 'seen the forecast'],
    ['bob', 'she agreed'],
  ]);
});

test('an organisation is given its own and those below it, and only what a root covers', async () => {
  await using db = await estate();
  await sql`insert into organisation (code, name, parent) values ('RXY-1', 'A ward', 1), ('RZZ', 'Others', null)`.execute(
    db.sql,
  );
  await people(db.sql, ['cem', 'dot']);
  await sql`update mailbox set organisation = 2 where id = 3`.execute(db.sql);
  await sql`update mailbox set organisation = 3 where id = 4`.execute(db.sql);
  const evidence = openEvidence(db);
  for (const [i, name] of ['ann', 'bob', 'cem', 'dot'].entries())
    await evidence.keep(i + 1, signed(`${name}@x.example`));
  const covered = (await evidence.open([1, 3, 4])).map(({ mailbox, leaf }) => ({ mailbox, leaf }));
  const of = root(null);
  await evidence.close(1, of, covered, 'operator bob');
  const found = [];
  const view = openEvidenceView(db);
  for await (const page of view.ofOrganisation('RXY')) found.push(...page);
  expect(found.map(({ address }) => address)).toEqual(['ann@x.example', 'cem@x.example']);
  expect(found.every(({ waveCertificate }) => waveCertificate === of.certificate.id)).toBe(true);
  expect(await view.leaves(of.certificate.id)).toHaveLength(3);
  expect(await view.waveCertificate(of.certificate.id)).toMatchObject({ wave: 'pilot' });
});

test('one from before its mailbox came home is no more than history: it is made anew, and told as what it is', async () => {
  await using db = await estate();
  const evidence = openEvidence(db);
  const turned = (ago: string) =>
    sql`
    insert into route (mailbox, side, turned_at) values (1, 'source', now() - ${ago}::interval), (2, 'target', now() - ${ago}::interval)
    on conflict (mailbox) do update set turned_at = excluded.turned_at`.execute(db.sql);
  await turned('1 hour');
  await evidence.keep(1, signed('ann@x.example'));
  await evidence.keep(2, signed('bob@x.example'));
  await evidence.close(1, root(null), await evidence.open([2]), 'operator bob');
  expect(await evidence.open([1])).toHaveLength(1);
  await turned('-1 seconds');
  expect(await evidence.open([1])).toEqual([]);
  for await (const page of openEvidenceView(db).ofOrganisation('RXY'))
    expect(page).toMatchObject([{ address: 'bob@x.example', isOfBefore: true }]);
});

test('whoever sees a part is given certificates of that part, and is told of no other', async () => {
  await using db = await estate();
  await sql`insert into organisation (code, name) values ('RZZ', 'Others')`.execute(db.sql);
  await people(db.sql, ['cem']);
  await sql`update mailbox set organisation = 2, wave = 1 where id = 3`.execute(db.sql);
  const evidence = openEvidence(db);
  for (const [i, name] of ['ann', 'bob', 'cem'].entries()) await evidence.keep(i + 1, signed(`${name}@x.example`));
  await evidence.close(1, root(null), await evidence.open([1, 3]), 'operator bob');
  const theirs = openEvidenceView(db, ['RZZ']);
  expect(await theirs.mailbox('CEM@x.example')).toMatchObject({ kind: 'found', certificate: { grade: 'perfect' } });
  expect(await theirs.mailbox('ann@x.example')).toEqual(await theirs.mailbox('nobody@x.example'));
  expect(await theirs.wave('pilot')).toMatchObject({ kind: 'found', certificate: { wave: 'pilot' } });
  expect(await openEvidenceView(db, ['RXA']).wave('pilot')).toEqual({ kind: 'unknown', nearest: null });
  expect(await theirs.organisation('RXY')).toMatchObject({ kind: 'unknown' });
  for await (const page of theirs.ofOrganisation('RXY')) expect(page).toEqual([]);
  expect(await theirs.members(['ann@x.example', 'cem@x.example'])).toEqual([{ mailbox: 3, address: 'cem@x.example' }]);
  // Of who has none that a root covers yet, the one that waits for it.
  expect(await openEvidenceView(db).mailbox('bob@x.example')).toMatchObject({ certificate: { waveCertificate: null } });
});
