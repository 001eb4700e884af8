/** How the estate stands, as gauges: all of them from one look at the database each time somebody asks. */

import { Gauge, type Registry } from 'prom-client';
import type { WorkerState } from '#domain/estate-state.ts';
import type { PlatformNow } from '#domain/sighting.ts';
import type { EstateSeen } from '#operations/watch-estate.ts';

const states = ['open', 'resting', 'shut', 'probing'] as const satisfies readonly PlatformNow['state'][];

const workerStates = ['working', 'lacks-secrets', 'draining'] as const;

/** Whoever asks for metrics does not wait longer than that for the database. */
const lookMaxMs = 3_000;

/**
 * Adds them to `registry`, and answers with what brings them up to date. While the database is away they are left out, and
 * `godwit_estate_seen` is 0.
 */
export function estateGauges(registry: Registry, look: () => Promise<EstateSeen>): () => Promise<void> {
  const gauges = gaugesOf(registry);
  const isSeen = new Gauge({
    name: 'godwit_estate_seen',
    help: 'Whether the database told how the estate stands (1); without it what it tells is left out',
    registers: [registry],
  });
  return async () => {
    const seen = await withinTime(look());
    isSeen.set(seen === null ? 0 : 1);
    tell(gauges, seen);
  };
}

type Gauges = ReturnType<typeof gaugesOf>;

function gaugesOf(registry: Registry) {
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    mailboxes: gauge('godwit_mailboxes', 'Mailboxes by wave, stage and mark (empty: none)', 'wave', 'stage', 'mark'),
    bytes: gauge('godwit_mailbox_bytes', 'What is in them, as far as it is known', 'wave', 'stage', 'mark'),
    homeLate: gauge(
      'godwit_ways_home_late',
      'Mailboxes that have switched and are not carried home, by fault',
      'fault',
    ),
    jobs: gauge('godwit_jobs', 'Jobs that wait, and that are under way', 'state'),
    workers: gauge('godwit_workers', 'Processes by role, and whether they take work or why not', 'role', 'state'),
    inUse: gauge('godwit_connections_in_use', 'Connections that workers have been given', 'side'),
    limit: gauge('godwit_connections_limit', 'Connections that the platform is asked at the moment at most', 'side'),
    byteRate: gauge('godwit_bytes_per_second_limit', 'Octets a second at the moment; absent: no limit', 'side'),
    commandRate: gauge('godwit_commands_per_second_limit', 'Commands a second; absent: no limit', 'side'),
    state: gauge('godwit_platform_state', 'What the governor and the breaker make of it: one is 1', 'side', 'state'),
  };
}

function tell(gauges: Gauges, seen: EstateSeen | null): void {
  for (const gauge of Object.values(gauges)) gauge.reset();
  if (seen === null) return;
  const { standings, jobs, workers, platforms, waysHomeLate } = seen;
  for (const { wave, stage, mark, mailboxes, bytes } of standings) {
    const labels = { wave: wave ?? '', stage, mark: mark ?? '' };
    gauges.mailboxes.set(labels, mailboxes);
    gauges.bytes.set(labels, bytes);
  }
  for (const { code, mailboxes } of waysHomeLate) gauges.homeLate.set({ fault: code }, mailboxes);
  gauges.jobs.set({ state: 'waiting' }, jobs.waiting);
  gauges.jobs.set({ state: 'active' }, jobs.active);
  for (const role of ['serve', 'worker'] as const)
    for (const state of workerStates) {
      const such = workers.filter((worker) => worker.role === role && stateOf(worker) === state);
      gauges.workers.set({ role, state }, such.length);
    }
  for (const { side, connectionsInUse, connections, bytesPerSecond, commandsPerSecond, state } of platforms) {
    gauges.inUse.set({ side }, connectionsInUse);
    gauges.limit.set({ side }, connections);
    if (bytesPerSecond !== null) gauges.byteRate.set({ side }, bytesPerSecond);
    if (commandsPerSecond !== null) gauges.commandRate.set({ side }, commandsPerSecond);
    for (const each of states) gauges.state.set({ side, state: each }, each === state ? 1 : 0);
  }
}

function stateOf({ isDraining, lacks }: WorkerState): (typeof workerStates)[number] {
  if (isDraining) return 'draining';
  return lacks.length > 0 ? 'lacks-secrets' : 'working';
}

/** Null where it takes too long, or the database is away. */
async function withinTime<Answer>(answer: Promise<Answer>): Promise<Answer | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), lookMaxMs);
  try {
    return await Promise.race([answer.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}
