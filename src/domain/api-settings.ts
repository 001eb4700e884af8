/** Where the HTTP API is answered, as an operator has decided (godwit.yaml, `api`). */

import type { DoorPlace } from './door-place.ts';
import type { SignInSettings } from './sign-in.ts';

export interface ApiSettings {
  readonly at: DoorPlace;
  /** Paths of PEM files; null: in clear text, which leaves this machine only behind a proxy. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** Whether what a proxy says of who is asking is believed (`X-Forwarded-For`). */
  readonly behindProxy: boolean;
  /** How people sign in; null: they do not, and tokens alone let somebody in. */
  readonly signIn: SignInSettings | null;
  /** Bounds of the files that are sent to it, in octets. */
  readonly files: { readonly largest: number; readonly together: number };
}

export const usualFileLimits: ApiSettings['files'] = { largest: 2 * 1_024 ** 3, together: 8 * 1_024 ** 3 };
