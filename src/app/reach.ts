/** Joins the rules for endpoints to the resolver of this machine. */

import { lookup as lookUp } from 'node:dns';
import type { LookupAddress, LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import {
  type EndpointRules,
  type Judgement,
  judgeAddress,
  judgePlace,
  type PlaceToJudge,
} from '#domain/endpoint-rules.ts';
import { type Fault, fault } from '#domain/fault.ts';
import type { Log } from '#lib/log.ts';
import type { Reach } from '#ports/reach.ts';

/** As `dns.lookup` of Node with `all`. */
export type Resolve = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** Told of so many places once each; an estate has some ten. */
const toldMax = 1_000;
const told = new Set<string>();

/**
 * The way to whatever the settings allow. `rules`: null where they say nothing, so that what the operator named himself may be private,
 * which is told once for each place and process.
 */
export function reachOf(rules: EndpointRules | null, log: Log, resolve: Resolve = lookUp): Reach {
  const tell = ({ host, port }: PlaceToJudge, address: string, judgement: Judgement): void => {
    const key = `${host}:${port} ${address}`;
    if (judgement.kind !== 'told' || told.has(key) || told.size >= toldMax) return;
    told.add(key);
    log.info('connecting to an address that is not public', { host, port, address, network: judgement.network });
  };
  return {
    to(place, trust = 'named') {
      const { host, port } = place;
      const asWritten = judgePlace(rules, place, trust);
      if (asWritten.kind === 'refused') throw refused(place, asWritten.because);
      tell(place, host, asWritten);
      const lookup: LookupFunction = (name, options, done) => {
        resolve(name, { ...options, all: true }, (error, addresses) => {
          if (error) return done(error, '', 0);
          const judged = addresses.map((each) => ({ ...each, judgement: judgeAddress(rules, each.address, trust) }));
          const fit = judged.filter(({ judgement }) => judgement.kind !== 'refused');
          const [first] = fit;
          if (!first) return done(refused(place, becauseOf(judged)), '', 0);
          for (const { address, judgement } of fit) tell(place, address, judgement);
          if (options.all)
            done(
              null,
              fit.map(({ address, family }) => ({ address, family })),
            );
          else done(null, first.address, first.family);
        });
      };
      return { host, port, lookup };
    },
  };
}

function becauseOf(judged: readonly { readonly judgement: Judgement }[]): string {
  const reasons = judged.flatMap(({ judgement }) => (judgement.kind === 'refused' ? [judgement.because] : []));
  return reasons[0] ?? 'its name stands for no address';
}

function refused({ host, port }: PlaceToJudge, because: string): Fault {
  return fault('endpoint.refused', { host, port, because });
}
