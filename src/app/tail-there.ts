/** `godwit tail` by the API of a server. */

import type { ApiClient } from '#api/client.ts';
import type { TailDesk } from '#cli/world.ts';
import type { UnknownName } from '#domain/selector.ts';
import type { TailApplication, TailDay, TailLine, TailPlanned } from '#domain/tail.ts';
import { pages } from './lists-there.ts';
import { orNotThere, orRefused, was } from './outcomes-there.ts';
import { tailReadThere } from './tail-read-there.ts';

type Listed = Awaited<ReturnType<TailDesk['list']>>;
type BurnDown = { readonly kind: 'days'; readonly days: readonly TailDay[] } | UnknownName;

/** `server`: as it is shown. */
export function tailThere(client: ApiClient, server: string): TailDesk {
  return {
    ...tailReadThere(client, server),
    list: ({ organisation, protocols, sinceMs, side, oldOnly, movedOnly, unknownOnly, ...order }) => {
      const which = {
        ...within(organisation),
        ...since(sinceMs),
        ...(protocols.length === 0 ? {} : { protocol: protocols.join(',') }),
        ...(side === null ? {} : { side }),
        ...(oldOnly ? { old: true } : {}),
        ...(movedOnly ? { moved: true } : {}),
        ...(unknownOnly ? { unknown: true } : {}),
      };
      return orRefused<Listed>(
        pages<TailLine>(order, (query) => client.ask('list-tail', { query: { ...query, ...which } })),
        'unknown',
      );
    },
    async burnDown({ organisation, days }) {
      const asked = client.ask('see-burn-down', { query: { ...within(organisation), days } });
      const found = await orRefused<BurnDown>(
        asked.then((told) => ({ kind: 'days', days: was<readonly TailDay[]>(told.days) })),
        'unknown',
      );
      return found.kind === 'days' ? found.days : found;
    },
    async *applications({ organisation, sinceMs }) {
      for await (const lines of client.lines('list-applications', {
        query: { ...within(organisation), ...since(sinceMs) },
      }))
        yield was<readonly TailApplication[]>(lines);
    },
    async organisation(code) {
      // Any list of it tells; this is the shortest.
      const found = await orRefused<Listed>(
        pages<TailLine>({ after: null, max: 1 }, (query) =>
          client.ask('list-tail', { query: { ...query, organisation: code } }),
        ),
        'unknown',
      );
      return found.kind === 'unknown' ? found : null;
    },
    assign: ({ name, owner, plan, by }) =>
      planned(client.ask('plan-application', { body: { name, owner, plan, ...(by === null ? {} : { by }) } })),
    unassign: (name) => planned(client.ask('forget-application', { body: { name } })),
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

function within(organisation: string | null): { readonly organisation?: string } {
  return organisation === null ? {} : { organisation };
}

/** Of a moment before 1970 there is nothing to be told. */
function since(sinceMs: number | null): { readonly since?: number } {
  return sinceMs === null ? {} : { since: Math.max(0, Math.floor(sinceMs)) };
}

function planned(asked: Promise<{ readonly address: string | null; readonly name: string }>): Promise<TailPlanned> {
  return orNotThere<TailPlanned>(
    asked.then(({ name, address }) => ({ kind: 'done', name, address })),
    (nearest) => ({ kind: 'unknown', nearest }),
  );
}
