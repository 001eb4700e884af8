/** What whoever watches a process asks it, and what they are told. */

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Standing, WorkerState } from '#domain/estate-state.ts';
import type { PlatformNow } from '#domain/sighting.ts';
import { silent } from '#lib/log.ts';
import type { EstateSeen } from '#operations/watch-estate.ts';
import { healthRoutes, type Readiness } from './health.ts';
import { type Metrics, openMetrics } from './metrics.ts';
import { openApi, type Routes } from './server.ts';

const anywhere = { host: '127.0.0.1', port: 0 };

/** Answers to GET for each of these paths. */
async function asked(routes: readonly Routes[], ...paths: readonly string[]) {
  await using api = await openApi(anywhere, routes, silent);
  const answers = [];
  for (const path of paths) {
    const response = await fetch(`http://127.0.0.1:${api.at.port}${path}`);
    answers.push({ status: response.status, text: await response.text() });
  }
  return answers;
}

describe('a process that is watched', () => {
  test('is healthy as long as it answers, and ready when it is at work', async () => {
    const answers = await asked([healthRoutes(() => ({ ready: true }))], '/healthz', '/readyz');
    expect(answers).toEqual([
      { status: 200, text: '{"healthy":true}' },
      { status: 200, text: '{"ready":true}' },
    ]);
  });

  test('says why it is not ready, in a way that a load balancer understands', async () => {
    const readiness: Readiness = { ready: false, why: 'the database is away' };
    const [answer] = await asked([healthRoutes(() => readiness)], '/readyz');
    expect(answer).toEqual({ status: 503, text: '{"ready":false,"why":"the database is away"}' });
  });

  test('tells whoever asks for something else no more than that it is not there', async () => {
    const broken: Routes = (http) => {
      http.get('/broken', () => Promise.reject(new Error('postgresql://godwit:hunter2@db')));
    };
    const [nothing, error] = await asked([broken], '/../../etc/passwd', '/broken');
    expect(nothing?.status).toBe(404);
    expect(error).toEqual({ status: 500, text: '{"error":"It cannot be answered now."}' });
  });

  test('does not begin where another process listens, and says so', async () => {
    const other = net.createServer().listen(anywhere);
    await once(other, 'listening');
    const { port } = other.address() as net.AddressInfo;
    try {
      await expect(openApi({ host: '127.0.0.1', port }, [], silent)).rejects.toMatchObject({
        code: 'listen.unusable',
        message: `Nothing can be listened for on 127.0.0.1:${port}: another process listens there.`,
      });
      await expect(openApi({ host: '192.0.2.1', port: 0 }, [], silent)).rejects.toMatchObject({
        message: expect.stringContaining('this machine has no such address'),
      });
    } finally {
      other.close();
    }
  });
});

const vitals = { leads: true, msLeft: () => 9_500, readiness: () => ({ ready: true }) };
const standing = (each: Partial<Standing>): Standing => ({
  wave: 'pilot',
  stage: 'following',
  mark: null,
  mailboxes: 1,
  bytes: 0,
  ...each,
});
const platform: PlatformNow = {
  side: 'source',
  connections: 12,
  connectionsPerMailbox: 2,
  connectionsInUse: 5,
  commandsPerSecond: null,
  bytesPerSecond: 1_000,
  state: 'resting',
  until: 1,
  why: 'It said: too busy for ann@corp.example',
};
const worker: WorkerState = {
  id: 'a',
  host: 'ward-7',
  pid: 1,
  role: 'worker',
  startedAt: new Date(0),
  silentMs: 0,
  isDraining: true,
  lacks: [],
  connections: 5,
  mailboxes: 3,
};
const seen: EstateSeen = {
  standings: [standing({ mailboxes: 40, bytes: 9_000 }), standing({ wave: null, stage: 'known', mark: 'held' })],
  platforms: [platform],
  workers: [worker, { ...worker, isDraining: false, lacks: ['env:PW'] }],
  jobs: { waiting: 7, active: 2 },
  waysHomeLate: [{ code: 'target.quota', mailboxes: 3, since: new Date(0), example: 'ann@x.example' }],
};

async function told(metrics: Metrics): Promise<string> {
  const [answer] = await asked([metrics.routes], '/metrics');
  return answer?.text ?? '';
}

describe('the metrics', () => {
  test('tell what this process has done, by the kind of work and how it ended', async () => {
    const metrics = openMetrics('1.2.3', 'worker', vitals);
    metrics.pass('copy', 'done');
    metrics.pass('switch', 'blocked');
    metrics.blocked('switch.incomplete');
    metrics.carried('copy', 12, 4_096);
    metrics.lag('follow', 900);
    metrics.interruption('target', 3_000);
    const text = await told(metrics);
    for (const line of [
      'godwit_info{version="1.2.3",role="worker"} 1',
      'godwit_ready 1',
      'godwit_leader 1',
      'godwit_lease_left_seconds 9.5',
      'godwit_passes_total{work="copy",outcome="done"} 1',
      'godwit_passes_total{work="switch",outcome="blocked"} 1',
      'godwit_mailboxes_blocked_total{fault="switch.incomplete"} 1',
      'godwit_messages_carried_total{work="copy"} 12',
      'godwit_bytes_carried_total{work="copy"} 4096',
      'godwit_lag_seconds_bucket{le="1",work="follow"} 1',
      'godwit_interruption_seconds_bucket{le="4",to="target"} 1',
      'godwit_interruption_seconds_bucket{le="2",to="target"} 0',
    ])
      expect(text.split('\n')).toContain(line);
    for (const name of ['nodejs_eventloop_lag_seconds', 'process_cpu_seconds_total', 'process_resident_memory_bytes'])
      expect(text).toMatch(new RegExp(`^${name} `, 'm'));
    // A worker is given no look at the estate: told by each, it would be summed up.
    expect(text).not.toContain('godwit_mailboxes{');
  });

  test('of a control plane tell how the estate stands at the moment, and name nobody', async () => {
    const metrics = openMetrics('1.2.3', 'serve', vitals);
    let look = seen;
    metrics.tellOfEstate(async () => look);
    const text = await told(metrics);
    for (const line of [
      'godwit_estate_seen 1',
      'godwit_mailboxes{wave="pilot",stage="following",mark=""} 40',
      'godwit_mailboxes{wave="",stage="known",mark="held"} 1',
      'godwit_mailbox_bytes{wave="pilot",stage="following",mark=""} 9000',
      'godwit_ways_home_late{fault="target.quota"} 3',
      'godwit_jobs{state="waiting"} 7',
      'godwit_jobs{state="active"} 2',
      'godwit_workers{role="worker",state="draining"} 1',
      'godwit_workers{role="worker",state="lacks-secrets"} 1',
      'godwit_workers{role="worker",state="working"} 0',
      'godwit_workers{role="serve",state="working"} 0',
      'godwit_connections_in_use{side="source"} 5',
      'godwit_connections_limit{side="source"} 12',
      'godwit_bytes_per_second_limit{side="source"} 1000',
      'godwit_platform_state{side="source",state="resting"} 1',
      'godwit_platform_state{side="source",state="open"} 0',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).not.toContain('godwit_commands_per_second_limit{');
    expect(text).not.toContain('ann@corp.example');
    // What is not so any more is not told any more.
    look = { ...seen, standings: [] };
    expect(await told(metrics)).not.toContain('godwit_mailboxes{');
  });

  test('leave out what the database would have to tell while it is away, and say that they do', async () => {
    const metrics = openMetrics('1.2.3', 'serve', vitals);
    let isAway = false;
    metrics.tellOfEstate(() => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(seen)));
    await told(metrics);
    isAway = true;
    const text = await told(metrics);
    expect(text).toContain('godwit_estate_seen 0');
    expect(text).toContain('godwit_ready 1');
    expect(text).not.toMatch(/^godwit_(mailboxes|jobs|workers\w*|connections\w*)[ {]/m);
  });

  test('hold the name of a wave, whatever it is, in its quotes', async () => {
    const metrics = openMetrics('1.2.3', 'serve', vitals);
    const wave = 'x"} 1\ngodwit_ready 0\\';
    metrics.tellOfEstate(async () => ({ ...seen, standings: [standing({ wave })] }));
    expect((await told(metrics)).match(/^godwit_ready .*$/gm)).toEqual(['godwit_ready 1']);
  });

  test('are all told of in docs/metrics.md', async () => {
    const metrics = openMetrics('1.2.3', 'serve', vitals);
    metrics.tellOfEstate(async () => seen);
    const manual = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const names = (await told(metrics)).matchAll(/^# HELP (godwit_\w+)/gm).map(([, name]) => name);
    expect([...names].filter((name) => !manual.includes(`\`${name}\``))).toEqual([]);
  });
});
