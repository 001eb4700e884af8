/** Answers of looks at the mailboxes of a wave, told as they are found. */

import type { Wave } from '#domain/wave.ts';
import type { WaveLooks } from './estate.ts';
import { type Answerers, notThere } from './answer.ts';
import type { looksContract } from './contract-looks.ts';
import { wire } from './shapes/shape.ts';

/** Found ready no longer ago than this, a mailbox is not looked at again unless somebody asks for it. */
const freshSeconds = 24 * 3_600;

export const looksAnswers: Answerers<typeof looksContract> = {
  async 'see-ways-in'({ estate, params }) {
    const { wave } = await foundIn(estate.looks, params.wave);
    return wire(await estate.looks.ways(wave.id));
  },
  async 'check-wave'({ estate, params, query: { again = false }, signal }) {
    const { members } = await foundIn(estate.looks, params.wave);
    return told(estate.looks.check({ members, freshSeconds: again ? 0 : freshSeconds }, signal));
  },
  async 'verify-wave'({ estate, params, query: { sample }, signal }) {
    const { members } = await foundIn(estate.looks, params.wave);
    const share = sample === undefined ? 1 : Number(sample);
    return told(estate.looks.verify({ members, sample: share === 1 ? null : share }, signal));
  },
};

async function foundIn(
  looks: WaveLooks,
  name: string,
): Promise<{ readonly wave: Wave; readonly members: readonly number[] }> {
  const found = await looks.find(name);
  if (found.kind === 'unknown') throw notThere('wave', name, found.nearest);
  return found;
}

async function* told<Line>(pages: AsyncIterable<readonly Line[]>) {
  for await (const page of pages) yield wire(page);
}
