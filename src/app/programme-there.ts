/** The verbs of an estate by the API of a server instead of its database: the same questions, orders and answers. */

import { ApiClient } from '#api/client.ts';
import { headsMost } from '#api/contract-audit.ts';
import { pageMost } from '#api/operation.ts';
import type { Programme, ServerOptions } from '#cli/world.ts';
import type { Accepted } from '#domain/acceptance.ts';
import type { AuditFinding, AuditHead, HeadLost } from '#domain/audit-finding.ts';
import type { MailboxDescription, MailboxFound, WaveDescription, WaveFound } from '#domain/description.ts';
import type { DoorKnown } from '#domain/door-known.ts';
import type { EstateNow } from '#domain/estate-state.ts';
import type { ForecastPast } from '#domain/forecast-past.ts';
import { shownServerPlace } from '#domain/server-place.ts';
import type { WaysAccepted } from '#domain/ways-in.ts';
import type { EstateForecast } from '#operations/forecast.ts';
import { datesThere } from './dates-there.ts';
import { listAuditThere, listsThere } from './lists-there.ts';
import { mailboxOrdersThere } from './mailbox-orders-there.ts';
import { orNotThere, orRefused, was } from './outcomes-there.ts';
import { reportThere } from './report-there.ts';
import { watchThere } from './watch-there.ts';
import { wavesThere } from './waves-there.ts';

/** Nothing is asked before a verb asks it. */
export function openProgrammeThere({ place, bearer, ca, signal }: ServerOptions, version: string): Programme {
  const client = new ApiClient({ place, bearer, ca, version }, signal);
  return {
    // The server knows whose token it is, and writes that.
    who: '',
    terms: () => client.ask('see-programme'),
    waves: wavesThere(client),
    waysIn: {
      accept: (wave, _promised, _who, why) =>
        orNotThere<WaysAccepted>(
          orRefused<WaysAccepted>(
            client.ask('accept-ways-in', { params: { wave }, body: { why } }),
            'nothing',
            'refused',
          ),
          (nearest) => ({ kind: 'unknown', nearest }),
        ),
    },
    view: { now: async () => was<EstateNow>(await client.ask('see-status')) },
    watch: () => watchThere(client),
    lists: listsThere(client),
    descriptions: descriptionsThere(client),
    workforce: { drain: (worker) => orFalse(client.ask('drain-worker', { params: { worker }, body: {} })) },
    doors: {
      list: async () => was<readonly DoorKnown[]>((await client.ask('list-doors')).doors),
      forget: (door, _who, why) => orFalse(client.ask('forget-door', { params: { door }, body: { why } })),
    },
    brake: {
      state: async () => (await client.ask('see-brake')).brake,
      pull: async (_who, why) => (await client.ask('pull-brake', { body: { why } })).changed,
      release: async (_who, why) => (await client.ask('release-brake', { body: { why } })).changed,
    },
    audit: {
      verify: async () =>
        was<{ readonly finding: AuditFinding; readonly kept: AuditHead | null }>(await client.ask('verify-audit')),
      list: listAuditThere(client),
      head: async () => was<AuditHead | null>((await client.ask('see-audit-head')).head),
      firstLost: (heads) => firstLostThere(client, heads),
    },
    mailboxes: mailboxOrdersThere(client),
    dates: datesThere(client),
    acceptances: {
      accept: (address, which, _who, why) =>
        orNotThere<Accepted>(
          orRefused<Accepted>(
            client.ask('accept-exceptions', {
              params: { address },
              body: { which: which.kind === 'all' ? which : { ...which, folders: [...which.folders] }, why },
            }),
            'nothing',
          ),
          () => ({ kind: 'unknown' }),
        ),
    },
    reports: { wave: (name) => reportThere(client, shownServerPlace(place), name) },
    forecasts: {
      make: async () => was<EstateForecast>(await client.ask('see-forecast')),
      past: async (most) =>
        was<readonly ForecastPast[]>(
          (await client.ask('see-past-forecasts', { query: { limit: Math.min(most, pageMost) } })).waves,
        ),
    },
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

function descriptionsThere(client: ApiClient): Programme['descriptions'] {
  return {
    mailbox: (address) =>
      orNotThere<MailboxFound>(
        client
          .ask('describe-mailbox', { params: { address } })
          .then((mailbox) => ({ kind: 'found', mailbox: was<MailboxDescription>(mailbox) })),
        (nearest) => ({ kind: 'unknown', nearest }),
      ),
    wave: (wave) =>
      orNotThere<WaveFound>(
        client
          .ask('describe-wave', { params: { wave } })
          .then((its) => ({ kind: 'found', wave: was<WaveDescription>(its) })),
        (nearest) => ({ kind: 'unknown', nearest }),
      ),
  };
}

/** Whether there was what was meant. */
function orFalse(asked: Promise<unknown>): Promise<boolean> {
  return orNotThere(
    asked.then(() => true),
    () => false,
  );
}

async function firstLostThere(client: ApiClient, heads: readonly AuditHead[]): Promise<HeadLost | null> {
  for (let from = 0; from < heads.length; from += headsMost) {
    const some = heads.slice(from, from + headsMost).map(({ seq, hash, beginning }) => `${seq}.${hash}.${beginning}`);
    const { at, what } = await client.ask('compare-audit-heads', { query: { heads: some.join(',') } });
    if (at !== null) return { at: from + at, what: what ?? '' };
  }
  return null;
}
