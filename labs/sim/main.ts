/**
 * Seeded histories, by the thousand: `npm run sim -- --seeds 5000 [--from 1] [--trace]`. Prints every seed whose history did
 * not end well and what was wrong; ends with "N passed, N failed" and exit 1 if any failed. `--trace` tells what happened.
 */

import { parseArgs } from 'node:util';
import { playHistory } from './history.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
});

const first = Number(values.from);
const count = Number(values.seeds);
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
  console.error('usage: npm run sim -- --seeds N [--from S] [--trace]');
  process.exit(2);
}

const began = performance.now();
let failed = 0;
let runs = 0;
let kills = 0;
let messages = 0;
for (let seed = first; seed < first + count; seed++) {
  const result = await playHistory(seed, values.trace);
  runs += result.runs;
  kills += result.kills;
  messages += result.messages;
  if (values.trace) console.log([`seed ${seed}`, ...result.trace].join('\n  '));
  if (result.findings.length === 0) continue;
  failed++;
  console.log([`seed ${seed} failed`, ...result.findings].join('\n  '));
}
const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(`${runs} runs, ${kills} of them killed, ${messages} messages at the end, ${seconds} s`);
console.log(`${count - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
