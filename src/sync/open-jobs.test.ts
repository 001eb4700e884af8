/** Who is on the way and who is not: counted right whatever is reported, and however often. */

import { beforeEach, describe, expect, test } from 'vitest';
import type { FolderId, Instant, Uid, UidValidity } from '#domain/item.ts';
import { ListingBuilder } from '#domain/listing.ts';
import { UidMap } from '#domain/uid-map.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import type { Ledger } from '#ports/ledger.ts';
import { type Engine, ExceptionBook, Suspects } from './engine.ts';
import { freshRecord } from './fresh-record.ts';
import { OpenJobs } from './open-jobs.ts';
import { Cuttings, type Job, type SendPlan } from './send-plan.ts';
import { Strangers } from './strangers.ts';
import { UnderWay } from './under-way.ts';

const inbox = 'INBOX' as FolderId;

let ledger: Ledger;
let underWay: UnderWay;
let open: OpenJobs;
let jobs: readonly Job[];

beforeEach(async () => {
  ledger = await memoryLedger().claim({ source: 'a', target: 'b' });
  underWay = new UnderWay();
  // What open jobs ask of the engine, and no more.
  const engine = { ledger, exceptions: new ExceptionBook([]), at: () => undefined } as unknown as Engine;
  open = new OpenJobs(engine, underWay);
  jobs = jobsOf(plan(33 * 200), rowsUpTo(33 * 200), counter());
  await open.intend(jobs);
});

describe('open jobs', () => {
  test('are full with 32 that have begun, and have room again when one has ended', async () => {
    for (const job of jobs.slice(0, 32)) open.begin(job);
    expect(open.isFull).toBe(true);
    open.close(jobs[0] as Job, 200);
    expect(open.isFull).toBe(false);
  });

  test('are counted once, also when the end of one is told twice: the room stays what it is', () => {
    for (const job of jobs.slice(0, 31)) open.begin(job);
    for (let times = 0; times < 3; times++) open.close(jobs[0] as Job, 200);
    open.begin(jobs[31] as Job);
    expect(open.isFull).toBe(false);
    open.begin(jobs[32] as Job);
    expect(open.isFull).toBe(true);
  });

  test('keep their intent until the last message has found its end, a refused one by name', async () => {
    const job = jobs[0] as Job;
    open.close(job, 199);
    await underWay.drained();
    expect((await ledger.intents()).map(({ id }) => id)).toContain(job.intent.id);
    open.refuse(job, 200 as Uid, 'message', 'no', 7);
    await underWay.drained();
    expect((await ledger.intents()).map(({ id }) => id)).not.toContain(job.intent.id);
    expect(await ledger.exceptions()).toMatchObject([{ uid: 200, code: 'message' }]);
  });

  test('are settled when every message of every job has found its end, and not before', () => {
    for (const job of jobs.slice(1)) open.close(job, 200);
    open.close(jobs[0] as Job, 199);
    expect(open.areSettled).toBe(false);
    open.close(jobs[0] as Job, 1);
    expect(open.areSettled).toBe(true);
  });

  test('remember the UID behind what was read back before they were intended', async () => {
    const later = plan(200);
    later.uidFloor = 77 as Uid;
    await open.intend(jobsOf(later, rowsUpTo(200), counter(500)));
    expect((await ledger.intents()).map(({ targetUidNext }) => targetUidNext)).toEqual([...Array(33).fill(1), 77]);
  });
});

function plan(messages: number): SendPlan {
  const state = { uidValidity: 1 as UidValidity, uidNext: (messages + 1) as Uid, messages, highestModSeq: null };
  const listing = new ListingBuilder(state);
  for (let n = 1; n <= messages; n++) listing.add(n as Uid, [], 1_600_000_000 as Instant, null);
  const folder = {
    id: inbox,
    path: ['INBOX'],
    selectable: true,
    subscribed: true,
    specialUses: [],
    belongsTo: 'personal' as const,
    virtual: false,
    state,
  };
  const mapped = { source: folder, path: folder.path, specialUses: [], reason: null };
  return {
    work: { mapped, source: folder, target: folder, record: freshRecord(inbox, inbox), map: UidMap.empty },
    listing,
    toSend: [],
    rows: [],
    uidNext: 1 as Uid,
    uidFloor: 1 as Uid,
    overrides: new Map(),
    foreign: new Strangers([]),
    rowsUncut: 0,
    jobsUnread: 0,
    unproven: [],
    provenBefore: false,
    confirmed: new Map(),
    refused: [],
    stopped: null,
  };
}

function rowsUpTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, row) => row);
}

function counter(from = 0): () => number {
  let last = from;
  return () => ++last;
}

function jobsOf(of: SendPlan, rows: readonly number[], nextIntent: () => number): Job[] {
  const cuttings = new Cuttings(of, rows, false);
  const made: Job[] = [];
  while (!cuttings.isEmpty) made.push(cuttings.next(new Suspects(), nextIntent, 1 as UidValidity));
  return made;
}
