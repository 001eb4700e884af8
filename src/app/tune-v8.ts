/**
 * How V8 treats us once we have started: the heap grows by a third at a time instead of doubling, and functions are compiled
 * with care only when they have run long enough to pay for it, which in a run of seconds hardly any does. Given to the
 * process as options these would cost every start 25 ms: V8 takes no compiled code, not even that of Node's own modules, from
 * a cache made under other options (docs/decisions/0009-memory-in-small-steps.md).
 */

import { setFlagsFromString } from 'node:v8';

interface Tuning {
  readonly option: string;
  readonly ours: number;
  readonly usual: number;
}

const tunings: readonly Tuning[] = [
  { option: 'heap-growing-percent', ours: 30, usual: 0 },
  { option: 'invocation-count-for-maglev', ours: 800, usual: 400 },
  { option: 'invocation-count-for-turbofan', ours: 20_000, usual: 3_000 },
];

let isTunedForDays = false;

/** By then everything that most runs load has been loaded. */
const loadedMs = 50;

/** To be called once; a process that ends before it takes effect has nothing to save. */
export function tuneV8(): void {
  const timer = setTimeout(() => {
    set('ours');
    // What is compiled is written to the cache after this, under the options under which the next start looks for it.
    process.once('exit', () => set('usual'));
  }, loadedMs);
  timer.unref();
}

/**
 * For who works for days (`serve`, `worker`): the heap is marked in one go, some 70 ms, and not in steps beside the work. On a
 * machine that is busy the steps take seconds; the young generation grows meanwhile, the pages it leaves behind are kept, and
 * all that is written is looked at twice: 280 MB where 225 do, and three times the time. And it grows by half before it is
 * collected, since what survives hardly ever grows.
 */
export function tuneV8ForDays(): void {
  if (isTunedForDays) return;
  isTunedForDays = true;
  setFlagsFromString('--no-incremental-marking');
  setFlagsFromString('--heap-growing-percent=50');
  // As above.
  process.once('exit', () => {
    setFlagsFromString('--incremental-marking');
    setFlagsFromString('--heap-growing-percent=0');
  });
}

function set(which: 'ours' | 'usual'): void {
  for (const tuning of tunings) setFlagsFromString(`--${tuning.option}=${tuning[which]}`);
}
