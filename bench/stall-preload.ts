/**
 * Loaded into Godwit by `NODE_OPTIONS=--import` for `npm run bench -- stall`: how long its event loop stood still, and how
 * long each call into SQLite took, which is what makes it stand still when an intent is made durable. Says so when the
 * process ends, in the file that BENCH_STALL_FILE names, a line for each thread.
 */

import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';

export interface StallLine {
  readonly thread: 'main' | 'worker';
  /** Of the event loop, in milliseconds. The first look, while modules are being loaded, is not counted. */
  readonly loop: { readonly max: number; readonly p999: number; readonly p99: number; readonly p50: number };
  readonly sqlite: {
    readonly calls: number;
    readonly totalMs: number;
    readonly maxMs: number;
    readonly over5Ms: number;
  };
}

const file = process.env['BENCH_STALL_FILE'];
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

const sqlite = { calls: 0, totalMs: 0, maxMs: 0, over5Ms: 0 };

/** Wraps one method so that its time is added up. */
function timed(prototype: object, name: string): void {
  const original: unknown = Reflect.get(prototype, name);
  if (typeof original !== 'function') return;
  Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]): unknown {
    const started = performance.now();
    try {
      return Reflect.apply(original, this, args) as unknown;
    } finally {
      const took = performance.now() - started;
      sqlite.calls++;
      sqlite.totalMs += took;
      sqlite.maxMs = Math.max(sqlite.maxMs, took);
      if (took > 5) sqlite.over5Ms++;
      if (sqlite.calls === 1) delay.reset();
    }
  });
}

timed(DatabaseSync.prototype, 'exec');
for (const name of ['run', 'get', 'all']) timed(StatementSync.prototype, name);

process.on('exit', () => {
  delay.disable();
  const ms = (nanoseconds: number): number => nanoseconds / 1e6;
  const line: StallLine = {
    thread: isMainThread ? 'main' : 'worker',
    loop: {
      max: ms(delay.max),
      p999: ms(delay.percentile(99.9)),
      p99: ms(delay.percentile(99)),
      p50: ms(delay.percentile(50)),
    },
    sqlite,
  };
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
});
