/** Where a sign-in gets its secret at the moment it needs one; asked again at every sign-in, so that tokens are fresh. */

export type Credential =
  /** `user` is who signs in. `onBehalfOf` is the mailbox when an administrator does it: as SASL authzid, or as `user*master`. */
  | {
      readonly kind: 'password';
      readonly user: string;
      readonly password: string;
      readonly onBehalfOf: OnBehalfOf | null;
    }
  | { readonly kind: 'oauth'; readonly user: string; readonly token: string };

export interface OnBehalfOf {
  readonly mailbox: string;
  /** `authzid`: SASL PLAIN with an authorisation identity (RFC 4616). `user*master`: Dovecot's and UW's spelling. */
  readonly style: 'authzid' | 'user*master';
}

export interface Credentials {
  /** Throws a fault (`secret.*`, `oauth.*`) when there is none to be had. */
  current(signal: AbortSignal): Promise<Credential>;
  /** Told when what `current` gave was refused, so that nothing of it is remembered: the next time it is asked for anew. */
  refused?(): void;
}
