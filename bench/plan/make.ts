/** `node bench/plan/make.ts --mailboxes 10000 --seed 1 --out DIR`: an estate to plan and a calendar for it, and what it is like. */

import { parseArgs } from 'node:util';
import { makeEstate, writeMadeEstate } from './made-estate.ts';
import { lookAt } from './made-look.ts';

const { values } = parseArgs({
  options: {
    mailboxes: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
});
if (values.out === undefined) {
  console.error('node bench/plan/make.ts --mailboxes 10000 --seed 1 --out DIR');
  process.exitCode = 2;
} else {
  const estate = makeEstate(Number(values.mailboxes), Number(values.seed));
  await writeMadeEstate(estate, values.out);
  console.log(lookAt(estate));
}
