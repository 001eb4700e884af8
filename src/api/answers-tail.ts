/** Answers about who still signs in the old way. */

import { readTailPlace, type TailPlanned, tailPlace } from '#domain/tail.ts';
import { tailProtocols } from '#domain/tail-sighting.ts';
import { type Answerers, type Asked, notThere, unfit, unknownName } from './answer.ts';
import type { tailContract } from './contract-tail.ts';
import { usualLimit } from './operation.ts';
import { wire } from './shapes/shape.ts';

type TailContract = typeof tailContract;
const usualDays = 30;

export const tailAnswers: Answerers<TailContract> = {
  async 'list-tail'({ estate, query }) {
    const { after = null, limit = usualLimit, protocol, organisation = null, since = null, side = null } = query;
    if (after !== null && readTailPlace(after) === null) throw unfit('after: no place of this list');
    const found = await estate.tail.list({
      organisation,
      protocols: tailProtocols.filter((each) => protocol?.split(',').includes(each) === true),
      sinceMs: since,
      side,
      oldOnly: query.old === true,
      unknownOnly: query.unknown === true,
      movedOnly: query.moved === true,
      after,
      max: limit,
    });
    if (found.kind === 'unknown') throw unknownName(found);
    const last = found.lines.at(-1);
    return { lines: wire(found.lines), next: found.hasMore && last ? tailPlace(last) : null };
  },
  async 'see-burn-down'({ estate, query: { organisation = null, days = usualDays } }) {
    const found = await estate.tail.burnDown({ organisation, days });
    if ('kind' in found) throw unknownName(found);
    return { days: wire(found) };
  },
  async 'list-applications'({ estate, signal, query: { organisation = null, since = null } }) {
    const unknown = organisation === null ? null : await estate.tail.organisation(organisation);
    if (unknown) throw unknownName(unknown);
    return applicationLines(estate.tail.applications({ organisation, sinceMs: since }), signal);
  },
  async 'plan-application'({ estate, who, body: { name, owner, plan, by = null } }) {
    return noted(name, await estate.tail.assign({ name, owner, plan, by }, who));
  },
  async 'forget-application'({ estate, who, body: { name } }) {
    return noted(name, await estate.tail.unassign(name, who));
  },
};

async function* applicationLines(
  pages: ReturnType<Asked<TailContract['list-applications']>['estate']['tail']['applications']>,
  signal: AbortSignal,
) {
  for await (const page of pages) {
    if (signal.aborted) return;
    yield wire(page);
  }
}

function noted(name: string, planned: TailPlanned) {
  if (planned.kind === 'unknown') throw notThere('mailbox', name, planned.nearest);
  return { address: planned.address, name: planned.name };
}
