/** Where the two mail systems take deliveries and sign-ins, as the doors lead there. */

import type { DoorPlace } from './door-place.ts';

/** How what passes between us and a backend is protected. */
export interface Guard {
  /** `tls`: from the first octet. `starttls`: required. `clear`: on this machine, or where somebody has said so. */
  readonly security: 'tls' | 'starttls' | 'clear';
  /** Authorities to trust besides those of the machine (PEM), or null. */
  readonly ca: string | null;
  readonly verify: boolean;
}

export interface DeliveryBackend extends Guard {
  readonly protocol: 'lmtp' | 'smtp';
  readonly place: DoorPlace;
}

export const signInProtocols = ['imap', 'pop3', 'smtp'] as const;
export type SignInProtocol = (typeof signInProtocols)[number];

export interface SignInBackend extends Guard {
  readonly security: 'tls' | 'clear';
  readonly host: string;
  readonly port: number;
}

export type SignInBackends = Readonly<Partial<Record<SignInProtocol, SignInBackend>>>;
