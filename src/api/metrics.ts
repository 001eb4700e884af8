/**
 * `/metrics`, as Prometheus reads it (docs/metrics.md). What a process counts itself, it tells; how the estate stands is told
 * by those that were given a look at it, which are the control planes: told by every worker it would be summed up.
 *
 * A label is a word of ours, the name of a wave, or a code of the catalogue, and never names a person.
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Work } from '#domain/release.ts';
import type { Meters } from '#operations/metered-journeys.ts';
import type { EstateSeen } from '#operations/watch-estate.ts';
import { estateGauges } from './estate-gauges.ts';
import type { Routes } from './server.ts';

/** How a process does, asked whenever somebody looks. */
export interface ProcessVitals {
  readonly leads: boolean;
  msLeft(): number;
  readiness(): { readonly ready: boolean };
}

export interface Metrics extends Meters {
  /** From now on the estate is told of too. */
  tellOfEstate(look: () => Promise<EstateSeen>): void;
  /** From now on the doors are told of too. */
  tellOfDoors(look: () => DoorCounts): void;
  readonly routes: Routes;
}

/** What the doors of this process have answered, and how far what they answer by can be believed. */
export interface DoorCounts {
  readonly answers: readonly { readonly door: string; readonly answer: string; readonly count: number }[];
  readonly mailboxes: number;
  readonly isSure: boolean;
}

/** From a tenth of a second to the half hour that a last delta may take, or a first pass over a large mailbox. */
const secondsBuckets = [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600, 1_800];

export function openMetrics(version: string, role: 'serve' | 'worker' | 'coexist', vitals: ProcessVitals): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'godwit_info',
    help: 'The version of Godwit, and what the process is',
    labelNames: ['version', 'role'],
    registers,
  }).set({ version, role }, 1);
  const vital = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  vital('godwit_ready', 'Whether the process is at work (1), as /readyz tells', () => Number(vitals.readiness().ready));
  vital('godwit_leader', 'Whether this control plane leads the estate (1)', () => Number(vitals.leads));
  vital('godwit_lease_left_seconds', 'For how long this worker may count as its own what it holds', () =>
    Math.max(0, vitals.msLeft() / 1000),
  );
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const histogram = (name: string, help: string, labelNames: readonly string[]) =>
    new Histogram({ name, help, labelNames: [...labelNames], buckets: secondsBuckets, registers });
  const passes = counter('godwit_passes_total', 'Passes over mailboxes that ended, switches among them', [
    'work',
    'outcome',
  ]);
  const messages = counter('godwit_messages_carried_total', 'Messages that arrived on the other side', ['work']);
  const octets = counter('godwit_bytes_carried_total', 'Octets of messages that arrived on the other side', ['work']);
  const blocked = counter('godwit_mailboxes_blocked_total', 'Mailboxes that were blocked, by fault (docs/faults.md)', [
    'fault',
  ]);
  const lag = histogram('godwit_lag_seconds', 'How far the other side was behind when a pass had ended', ['work']);
  const interruption = histogram('godwit_interruption_seconds', 'For how long a mailbox was held at its switch', [
    'to',
  ]);
  let lookAtEstate = async (): Promise<void> => {
    // A worker is given no look at it.
  };
  return {
    pass: (work, outcome) => passes.inc({ work, outcome }),
    carried(work: Work, count: number, bytes: number) {
      messages.inc({ work }, count);
      octets.inc({ work }, bytes);
    },
    lag: (work, ms) => lag.observe({ work }, ms / 1000),
    interruption: (to, ms) => interruption.observe({ to }, ms / 1000),
    blocked: (code) => blocked.inc({ fault: code }),
    tellOfEstate(look) {
      lookAtEstate = estateGauges(registry, look);
    },
    tellOfDoors(look) {
      const answered = new Counter({
        name: 'godwit_door_answers_total',
        help: 'What the doors have answered mail systems',
        labelNames: ['door', 'answer'],
        registers: [],
        collect() {
          this.reset();
          for (const { door, answer, count } of look().answers) this.inc({ door, answer }, count);
        },
      });
      registry.registerMetric(answered);
      vital('godwit_door_mailboxes', 'Mailboxes that the doors of this process know', () => look().mailboxes);
      vital('godwit_door_sure', 'Whether what they answer by is certain: their lease is alive (1)', () =>
        Number(look().isSure),
      );
    },
    routes(http) {
      http.get('/metrics', async (_, reply) => {
        await lookAtEstate();
        return reply.type(registry.contentType).send(await registry.metrics());
      });
    },
  };
}
