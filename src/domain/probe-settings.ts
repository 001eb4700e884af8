/** How a switch is tried from outside while it happens: by sign-ins through the proxy that people use. */

import type { Endpoint } from './endpoint.ts';
import type { PlatformSignIn } from './platform.ts';

export interface ProbeSettings {
  /** The proxy, without a user. */
  readonly endpoint: Endpoint;
  /** The text of authorities to trust besides those of the machine (PEM), or null. */
  readonly ca: string | null;
  readonly verify: boolean;
  /** Who a mailbox is at the proxy. */
  readonly user: string;
  readonly signIn: ProbeSignIn;
  /** Sign-ins that one worker has under way at a time. */
  readonly atOnce: number;
  /** That one worker makes in a minute. */
  readonly perMinute: number;
}

/** An administrator signs in as `user*admin`, which the proxy passes on as it is. */
export type ProbeSignIn = Exclude<PlatformSignIn, { kind: 'oauth' }>;
