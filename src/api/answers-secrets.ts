/** Answers about all sealed secrets at once. */

import { type Answerers, refused, unfit } from './answer.ts';
import type { secretsContract } from './contract-secrets.ts';
import { wire } from './shapes/shape.ts';

export const secretsAnswers: Answerers<typeof secretsContract> = {
  async 'rotate-secrets'({ estate, desk, who, body: { after = null }, signal }) {
    const until = performance.now() + desk.orderMaxMs;
    const isEnough = () => performance.now() >= until;
    return wire(await estate.secrets.rotate({ after, isEnough }, who, signal));
  },
  async 'see-erasable'({ estate, query: { prefix = '', own = false } }) {
    if (own && prefix !== '') throw unfit('own: goes without a prefix');
    return wire(await estate.secrets.erasable({ prefix: prefix.toLowerCase(), withOwn: own }));
  },
  async 'erase-secrets'({ estate, who, body: { prefix = '', all = false, own = false, underWay = false, why } }) {
    if ((prefix === '') !== all) throw unfit('give a prefix, or all');
    if (own && !all) throw unfit('own: goes with all');
    const order = { prefix: prefix.toLowerCase(), withOwn: own, despiteMoves: underWay };
    const erasure = await estate.secrets.erase(order, who, why);
    if (erasure.kind === 'under-way')
      throw refused('Mailboxes are on their way, or may still be called back. Nothing was erased.', wire(erasure));
    return wire(erasure);
  },
};
