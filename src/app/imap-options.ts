/** How a mailbox of an estate is opened over IMAP on either side: where, as whom, at which pace, and under whose eyes. */

import type { ImapOptions, ServerMemory } from '#connectors/imap/index.ts';
import { type SideName, userOn } from '#domain/platform.ts';
import type { Traveller } from '#ports/journeys.ts';
import type { SharedSettings } from '#ports/programme.ts';
import { authoritiesFor } from './authorities.ts';
import type { Reach } from '#ports/reach.ts';
import { type CredentialPlaces, platformCredentials } from './platform-credentials.ts';
import type { Visit } from './visit.ts';

export interface WayThere extends CredentialPlaces {
  readonly settings: SharedSettings;
  /** What was learnt of a server by one mailbox serves all. */
  readonly servers: ServerMemory;
  /** Where connections of this estate may lead. */
  readonly reach: Reach;
  /** Milliseconds for which this worker may still count what it holds as its own. */
  readonly msLeft: () => number;
}

/** Nothing is completed on a target in the last moments of a lease: the octets have a way to go. */
const completeMarginMs = 500;

export function imapOptions(way: WayThere, traveller: Traveller, visit: Visit, side: SideName): ImapOptions {
  const platform = way.settings[side];
  const { host, port, security } = platform.endpoint;
  const name = platform.endpoint.name.replace('://', `://${userOn(side, platform, traveller)}@`);
  return {
    endpoint: { host, port, security, ca: authoritiesFor(platform.endpoint, platform.ca), verify: platform.verify },
    credentials: platformCredentials(side, platform, traveller, way),
    log: way.log.with({ mailbox: traveller.id, [side]: name }),
    servers: way.servers,
    reach: way.reach,
    name,
    mayComplete: () => way.msLeft() > completeMarginMs,
    pace: visit.pace(side),
    berth: (signal) => visit.berth(side, signal),
    watcher: { signedIn: () => visit.signedIn(side), troubled: (fault) => visit.troubled(side, fault) },
  };
}
