/**
 * Lets V8's heap grow by half at a time instead of doubling, once a run has got under way. As an option of the
 * process it would cost every start 25 ms: V8 takes no compiled code, not even that of Node's own modules, from a cache made
 * under other options (docs/decisions/0009-memory-in-small-steps.md).
 */

import { setFlagsFromString } from 'node:v8';

/** By then everything that a run loads has been loaded. */
const startedMs = 300;

/** To be called once; a process that ends before has nothing to save. */
export function growHeapInSmallSteps(): void {
  const timer = setTimeout(() => {
    setFlagsFromString('--heap-growing-percent=50');
    // What is compiled is written to the cache after this, under the options under which the next start looks for it.
    process.once('exit', () => setFlagsFromString('--heap-growing-percent=0'));
  }, startedMs);
  timer.unref();
}
