/**
 * A sign-in as a door saw it, for the tail. A proxy does not tell how it ended: the door knows only who wanted to sign in, so that no more
 * than those whom the estate knows are told of; of strangers, and of those who guess, the logs of the servers say more.
 */

import type { SignInProtocol } from '#domain/door-backends.ts';
import type { SideName } from '#domain/platform.ts';
import type { TailSighting } from '#domain/tail-sighting.ts';

export interface SignInSeen {
  readonly protocol: SignInProtocol;
  /** That it was led to. */
  readonly side: SideName;
  /** As it was given. */
  readonly name: string;
  /** Of the client; '' where the proxy does not tell. */
  readonly ip: string;
}

/** Seen now. */
export function sightingAt({ protocol, side, name, ip }: SignInSeen): TailSighting {
  return {
    at: Date.now(),
    door: 'godwit',
    side,
    protocol: protocol === 'smtp' ? 'submission' : protocol,
    name,
    client: null,
    ip: ip === '' ? null : ip,
    host: null,
  };
}
