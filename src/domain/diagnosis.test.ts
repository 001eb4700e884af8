import { describe, expect, test } from 'vitest';
import { asTasks, type Diagnosis, type Remark } from './diagnosis.ts';
import { judgeDatabase } from './diagnosis-database.ts';
import {
  judgeBlocked,
  judgeBuffers,
  judgeClock,
  judgeForecast,
  judgeNotices,
  judgeQueue,
  judgeReplication,
  judgeSize,
  judgeStanding,
  judgeWorkers,
} from './diagnosis-estate.ts';
import {
  judgeCertificate,
  judgeDisk,
  judgeNode,
  judgeOpenFiles,
  judgeSecretFile,
  judgeStateFolder,
} from './diagnosis-machine.ts';
import type { DoctorWorker } from './doctor-facts.ts';
import type { EstateNow } from './estate-state.ts';

const states = (remarks: readonly (Remark | null)[]): readonly (string | null)[] =>
  remarks.map((each) => each && each.state);
const now = Date.UTC(2026, 10, 22, 12);
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

test('what must be done stands first, and of that what reaches farthest', () => {
  const of = (state: Diagnosis['state'], reach: Diagnosis['reach']): Diagnosis => ({
    check: '',
    about: '',
    says: '',
    remedy: null,
    state,
    reach,
  });
  const found = [
    of('ok', 'estate'),
    of('look', 'estate'),
    of('wrong', 'mailbox'),
    of('not tried', 'estate'),
    of('wrong', 'estate'),
  ];
  expect(asTasks(found).map(({ state, reach }) => `${state} ${reach}`)).toEqual([
    'wrong estate',
    'wrong mailbox',
    'look estate',
    'not tried estate',
    'ok estate',
  ]);
});

test('whatever is wrong or to be looked at says what to do', () => {
  const all = [
    judgeNode('20.1.0'),
    judgeOpenFiles(1_024),
    judgeDisk('state', 1),
    judgeDisk('state', 1024 ** 3),
    judgeSecretFile('key', 0o640),
    judgeStateFolder('state', 0o777),
    judgeCertificate('source', '2026-11-01T00:00:00Z', now),
    judgeClock(60_000),
    judgeSize(100_000, true),
    ...judgeWorkers({ workers: [], published: null }, '1'),
    ...judgeNotices({ notices: { refused: 1, unknown: 1, waiting: 1 } }),
  ] as readonly Remark[];
  for (const { state, remedy, about } of all)
    expect([about, state === 'ok', remedy === null]).toEqual([about, false, false]);
});

describe('this machine', () => {
  test('is judged by its Node, its limits, its disk and the rights on its files', () => {
    expect(states(['24.11.0', '25.0.0', '24.10.9', '20.20.0'].map(judgeNode))).toEqual(['ok', 'ok', 'wrong', 'wrong']);
    expect(states([null, 4_096, 4_095].map(judgeOpenFiles))).toEqual(['ok', 'ok', 'wrong']);
    expect(states([3 * 1024 ** 3, 1024 ** 3, 1024 ** 2].map((free) => judgeDisk('x', free)))).toEqual([
      'ok',
      'look',
      'wrong',
    ]);
    expect(states([0o100600, 0o100400, 0o100640, 0o100604].map((mode) => judgeSecretFile('x', mode)))).toEqual([
      'ok',
      'ok',
      'wrong',
      'wrong',
    ]);
    expect(states([0o40700, 0o40755, 0o40775].map((mode) => judgeStateFolder('x', mode)))).toEqual([
      'ok',
      'ok',
      'wrong',
    ]);
  });

  test('certificates that end soon are told before they do', () => {
    const at = (ms: number): string => new Date(now + ms).toISOString();
    expect(
      states([at(60 * day), at(20 * day), at(-minute), ''].map((to) => judgeCertificate('source', to, now))),
    ).toEqual(['ok', 'look', 'wrong', 'look']);
  });
});

describe('the database', () => {
  const info = {
    name: '',
    isEmbedded: false,
    isInTheClear: false,
    version: '16.2',
    bytes: 0,
    migrations: [],
    queue: { here: 1, wanted: 1 },
    tables: [],
  } as const;
  const migration = (state: 'ran' | 'missing' | 'edited' | 'unknown') => ({
    name: `000-${state}`,
    state,
    ranAt: null,
    checksum: '',
  });
  test('is told when it is old, behind, ahead, edited or in the clear', () => {
    expect(states(judgeDatabase(info))).toEqual(['ok']);
    expect(judgeDatabase({ ...info, version: '14.9' })[0]?.remedy).toContain('15');
    expect(judgeDatabase({ ...info, migrations: [migration('ran'), migration('missing')] })[0]?.remedy).toContain(
      'godwit db migrate',
    );
    expect(
      judgeDatabase({
        ...info,
        migrations: [migration('edited'), migration('unknown')],
        isInTheClear: true,
        queue: { here: 1, wanted: 2 },
      }),
    ).toHaveLength(4);
  });

  test('its clock may differ by what a round trip may take, and not by a lease', () => {
    expect(states([500, -500, 5_000, -45_000].map(judgeClock))).toEqual(['ok', 'ok', 'look', 'wrong']);
    expect(judgeClock(-45_000).says).toBe('45 s behind this machine');
  });

  test('replicas that are behind, or are taken for the primary, are told', () => {
    expect(judgeReplication({ isReplica: false, lagMs: null })).toBeNull();
    expect(
      states([
        judgeReplication({ isReplica: true, lagMs: null }),
        judgeReplication({ isReplica: false, lagMs: 1_000 }),
        judgeReplication({ isReplica: false, lagMs: 90_000 }),
      ]),
    ).toEqual(['wrong', 'ok', 'look']);
    expect(states([judgeSize(50_000, false), judgeSize(2_000, true), judgeSize(2_001, true)])).toEqual([
      null,
      null,
      'wrong',
    ]);
  });
});

test('little that is kept at hand of large tables is told, and how much would do', () => {
  const [mb, gb] = [2 ** 20, 2 ** 30];
  const judged = [
    judgeBuffers({ bufferOctets: 128 * mb, tableOctets: 30 * mb }),
    judgeBuffers({ bufferOctets: 128 * mb, tableOctets: 3 * gb }),
    judgeBuffers({ bufferOctets: 2 * gb, tableOctets: 9 * gb }),
  ];
  expect(states(judged)).toEqual(['ok', 'look', 'ok']);
  expect(judged[1]?.says).toBe('PostgreSQL keeps 128 MB at hand of 3072 MB of tables');
});

describe('those at work', () => {
  const worker: DoctorWorker = {
    host: 'm1',
    pid: 7,
    role: 'serve',
    version: '1.0',
    silentMs: 900,
    isDraining: false,
    lacks: [],
  };
  const published = { version: '1.0', host: 'm1' };
  test('are told one by one: who is silent, lacks secrets, or is of another version', () => {
    const judged = (...workers: readonly DoctorWorker[]) => judgeWorkers({ workers, published }, '1.0');
    expect(states(judged(worker))).toEqual(['ok']);
    expect(
      states(
        judged(
          worker,
          { ...worker, version: '0.9' },
          { ...worker, silentMs: 2 * minute },
          { ...worker, lacks: ['env:OLD'] },
        ),
      ),
    ).toEqual(['ok', 'look', 'look', 'wrong']);
    expect(judged({ ...worker, role: 'worker' })[0]).toMatchObject({ about: 'control plane', state: 'wrong' });
    expect(judged({ ...worker, role: 'onlooker' })[0]?.says).toBe('nobody is at work');
  });

  test('a queue is stuck when its first job has waited for longer than any takes', () => {
    const jobs = { waiting: 3, active: 0, oldestMs: 5 * minute };
    expect(
      states([
        judgeQueue({ jobs: null, workers: [] }),
        judgeQueue({ jobs, workers: [worker] }),
        judgeQueue({ jobs: { ...jobs, oldestMs: 20 * minute }, workers: [worker] }),
      ]),
    ).toEqual(['not tried', 'ok', 'wrong']);
  });
});

describe('an estate', () => {
  const quiet: EstateNow = {
    standings: [],
    waves: [],
    workers: [],
    platforms: [],
    brake: null,
    waysHomeLate: [],
    interruptions: null,
  };
  const wave = {
    id: 1,
    name: 'w1',
    state: 'planned',
    window: { opensAt: now + day, closesAt: now + day + 3 * hour },
    isPilot: false,
    errorBudget: 0.02,
    pausedWhy: null,
    remarks: [],
  } as const;

  test('tells of blocked mailboxes by their fault, with that fault’s own remedy', () => {
    expect(states(judgeBlocked({ blocked: [] }))).toEqual(['ok']);
    const [first, second] = judgeBlocked({
      blocked: [
        { code: 'target.quota', mailboxes: 12, example: 'ann@x.example' },
        { code: 'some.older', mailboxes: 1, example: 'bob@x.example' },
      ],
    });
    expect(first).toMatchObject({
      about: 'target.quota',
      state: 'wrong',
      says: '12 mailboxes are blocked, such as ann@x.example',
    });
    expect(first?.remedy).not.toBe(second?.remedy);
    expect(second?.says).toBe('bob@x.example is blocked');
  });

  test('tells of waves that wait for a word, and not of those that have time', () => {
    const judged = (...waves: EstateNow['waves']) => states(judgeStanding({ ...quiet, waves }, now));
    expect(judged()).toEqual(['ok']);
    expect(judged(wave)).toEqual(['wrong']);
    expect(judged({ ...wave, window: { opensAt: now + 9 * day, closesAt: now + 10 * day } })).toEqual(['ok']);
    expect(judged({ ...wave, window: { opensAt: now - 2 * day, closesAt: now - day } })).toEqual(['ok']);
    expect(judged({ ...wave, state: 'paused', pausedWhy: 'too many failed' })).toEqual(['wrong']);
    expect(judged({ ...wave, state: 'running', remarks: ['It is late.'] })).toEqual(['look']);
  });

  test('tells of the brake, of platforms that are shut, and of ways home that are late', () => {
    const platform = {
      side: 'source',
      connections: 1,
      connectionsPerMailbox: 1,
      connectionsInUse: 0,
      commandsPerSecond: null,
      bytesPerSecond: null,
      state: 'shut',
      until: 0,
      why: 'x',
    } as const;
    const brake = { who: 'ann', why: 'fire', at: new Date(now) } as unknown as EstateNow['brake'];
    const late = [{ code: 'target.quota', mailboxes: 2, since: new Date(now), example: 'ann@x.example' }];
    expect(
      states(
        judgeStanding(
          { ...quiet, platforms: [platform, { ...platform, state: 'resting' }], brake, waysHomeLate: late },
          now,
        ),
      ),
    ).toEqual(['wrong', 'wrong', 'look', 'wrong']);
  });

  test('is forecast every night as long as it has waves', () => {
    expect(
      states([
        judgeForecast({ forecastAt: null, now }, false),
        judgeForecast({ forecastAt: null, now }, true),
        judgeForecast({ forecastAt: now - hour, now }, true),
        judgeForecast({ forecastAt: now - 3 * day, now }, true),
      ]),
    ).toEqual([null, 'look', 'ok', 'look']);
  });
});
