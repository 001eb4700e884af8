/**
 * Seeded histories, by the thousand: `npm run sim -- --seeds 5000 [--from 1] [--over memory|imap|both] [--trace]`. Each seed
 * is played with both mailboxes in memory, and over sockets against the faulty IMAP server. Prints every seed whose history
 * did not end well and what was wrong; ends with "N passed, N failed" and exit 1 if any failed. `--trace` tells what happened.
 */

import { parseArgs } from 'node:util';
import { playHistory } from './history.ts';

const usage = 'usage: npm run sim -- --seeds N [--from S] [--over memory|imap|both] [--trace]';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    over: { type: 'string', default: 'both' },
    trace: { type: 'boolean', default: false },
  },
});

const first = Number(values.from);
const count = Number(values.seeds);
const stages = (['memory', 'imap'] as const).filter((over) => values.over === over || values.over === 'both');
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1 || stages.length === 0) {
  console.error(usage);
  process.exit(2);
}

const began = performance.now();
let passed = 0;
let failed = 0;
let runs = 0;
let kills = 0;
let messages = 0;
for (let seed = first; seed < first + count; seed++) {
  let isWell = true;
  for (const over of stages) {
    const result = await playHistory({ seed, over, isVerbose: values.trace });
    runs += result.runs;
    kills += result.kills;
    messages += result.messages;
    if (values.trace) console.log([`seed ${seed} over ${over}`, ...result.trace].join('\n  '));
    if (result.findings.length === 0) continue;
    isWell = false;
    console.log([`seed ${seed} failed over ${over}`, ...result.findings].join('\n  '));
  }
  if (isWell) passed++;
  else failed++;
}
const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(`${runs} runs, ${kills} of them killed, ${messages} messages at the end, ${seconds} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
