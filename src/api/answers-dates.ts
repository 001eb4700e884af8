/** Answers about days that people ask for. */

import { dayOfMs, readDeferral, readWishedDays } from '#domain/dates.ts';
import { type Answerers, notThere, refused, unfit } from './answer.ts';
import { orderedOf, whomOf } from './answers-mailboxes.ts';
import type { datesContract } from './contract-dates.ts';
import type { EstateDesk } from './estate.ts';
import { usualLimit } from './operation.ts';
import { wire } from './shapes/shape.ts';

export const datesAnswers: Answerers<typeof datesContract> = {
  async 'defer-mailboxes'({ estate, desk, who, body: { addresses, select, until, why } }) {
    const read = readDeferral(until, today(desk));
    if ('problem' in read) throw unfit(`until: ${read.problem}`);
    return orderedOf(await estate.dates.defer(whomOf(addresses, select), read.value, who, why));
  },
  async 'ask-for-dates'({ estate, desk, who, body: { addresses, select, notBefore, notAfter = null, why } }) {
    const read = readWishedDays(notBefore, notAfter, today(desk));
    if ('problem' in read) throw unfit(`notBefore, notAfter: ${read.problem}`);
    return orderedOf(await estate.dates.ask(whomOf(addresses, select), read.value, who, why));
  },
  'withdraw-wishes': async ({ estate, who, body: { addresses, select, why } }) =>
    orderedOf(await estate.dates.withdraw(whomOf(addresses, select), who, why)),
  async 'list-wishes'({ estate, query: { after = null, limit = usualLimit } }) {
    const { lines, hasMore } = await estate.dates.wishes({ after, max: limit });
    return { lines: wire(lines), next: hasMore ? (lines.at(-1)?.address ?? null) : null };
  },
  async 'decline-wish'({ estate, who, params: { address }, body: { why } }) {
    const declined = await estate.dates.decline(address, who, why);
    if (declined.kind === 'unknown-mailbox') throw notThere('mailbox', address);
    if (declined.kind === 'not-open') throw refused('Nothing is asked for it that is still open.', declined);
    return declined;
  },
};

function today({ timezone }: EstateDesk) {
  return dayOfMs(Date.now(), timezone);
}
