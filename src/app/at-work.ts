/** What `serve` and `worker` have in common besides the work: they tell how they do, by HTTP and by themselves. */

import { healthRoutes } from '#api/health.ts';
import { type Metrics, openMetrics } from '#api/metrics.ts';
import { type Api, openApi } from '#api/server.ts';
import { isFault } from '#domain/fault.ts';
import { type Listen, shownListen, usualListen } from '#domain/listen.ts';
import type { Log } from '#lib/log.ts';
import { type Traces, untraced } from '#ports/traces.ts';
import { Vitals } from '#worker/vitals.ts';
import { tuneV8ForDays } from './tune-v8.ts';

export interface AtWorkOptions {
  readonly role: 'serve' | 'worker';
  readonly version: string;
  /** Null: nowhere. */
  readonly listen: Listen | null;
  /** Told of each request; lacking: nobody looks. */
  readonly traces?: Traces;
  readonly log: Log;
}

/** A process that can be asked how it does, from before it begins until after it has ended its work. */
export interface AtWork extends AsyncDisposable {
  readonly vitals: Vitals;
  readonly metrics: Metrics;
  /** Where it listens; null for nowhere. */
  readonly at: Listen | null;
}

/** Throws `listen.unusable`. */
export async function goToWork({ role, version, listen, traces = untraced, log }: AtWorkOptions): Promise<AtWork> {
  tuneV8ForDays();
  const vitals = new Vitals();
  const metrics = openMetrics(version, role, vitals);
  const routes = [healthRoutes(() => vitals.readiness()), metrics.routes];
  const api = listen && (await openThere(listen, (there) => openApi(there, routes, log, traces), log));
  return {
    vitals,
    metrics,
    at: api && api.at,
    async [Symbol.asyncDispose]() {
      await api?.[Symbol.asyncDispose]();
    },
  };
}

/** On the usual port, which nobody asked for by name, another process of ours may listen: then any other serves. */
export async function openThere(listen: Listen, open: (listen: Listen) => Promise<Api>, log: Log): Promise<Api> {
  try {
    return await open(listen);
  } catch (error) {
    if (!isFault(error, 'listen.unusable') || shownListen(listen) !== usualListen) throw error;
    const api = await open({ ...listen, port: 0 });
    log.warn('another process listens on the usual port', { usual: usualListen, instead: shownListen(api.at) });
    return api;
  }
}
