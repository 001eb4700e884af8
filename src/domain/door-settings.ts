/** What an operator decides about the doors that mail systems ask (godwit.yaml, `doors`), read and checked. No secret stands in it. */

import type { DeliveryBackend, SignInBackends, SignInProtocol } from './door-backends.ts';
import type { DoorPlace } from './door-place.ts';
import type { SideName } from './platform.ts';
import type { SecretReference } from './secret-reference.ts';

export interface DoorSettings extends Readonly<Record<SideName, DoorSide>> {
  /** Addresses and networks from which mail systems may come, besides this machine. */
  readonly allow: readonly string[];
  /** So long a sign-in waits for a mailbox that is held. */
  readonly signInsWaitMs: number;
  readonly postfix: PostfixDoor | null;
  readonly deliveries: { readonly listen: DoorPlace; readonly waitMs: number } | null;
  readonly nginx: NginxDoor | null;
  readonly dovecot: { readonly listen: DoorPlace; readonly signInsPerMinute: number } | null;
  readonly clients: { readonly listen: DoorPlace; readonly questionsPerMinute: number } | null;
}

/** Where a platform is, for those who are led there. */
export interface DoorSide {
  /** Null: no mail is delivered there by us. */
  readonly deliver: DeliveryBackend | null;
  readonly signIns: SignInBackends;
  /** The Autodiscover of its own that programs are sent to, as a URL; null where there is none. */
  readonly autodiscover: string | null;
  /** What nginx connects to, by protocol; it takes addresses, and speaks no TLS. */
  readonly nginx: Readonly<Partial<Record<SignInProtocol, { readonly address: string; readonly port: number }>>>;
  /** The proxy signs in as the platform's own administrator, once the person's password has been checked. */
  readonly asAdmin: boolean;
}

export interface PostfixDoor {
  readonly listen: DoorPlace;
  readonly views: readonly PostfixView[];
}

export interface PostfixView extends Readonly<Record<SideName, string | null>> {
  /** '' for the one that is asked for without a view. */
  readonly name: string;
  readonly moving: string;
}

export interface NginxDoor {
  readonly listen: DoorPlace;
  readonly key: SecretReference;
  readonly signInsPerMinute: number;
  /** Where a person's password is checked before the proxy signs in as an administrator, or waits; null: nowhere is it. */
  readonly check: PasswordPlace | null;
}

export type PasswordPlace =
  | { readonly kind: 'source' }
  | { readonly kind: 'directory'; readonly url: string; readonly dn: string };
