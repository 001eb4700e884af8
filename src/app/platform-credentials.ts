/** Joins the settings of a platform to the port by which every sign-in asks for its secret. */

import type { OAuthFiles } from '#connectors/oauth/index.ts';
import { type Named, type Platform, type SideName, userOn } from '#domain/platform.ts';
import type { Log } from '#lib/log.ts';
import type { Credentials } from '#ports/credentials.ts';
import type { Secrets } from '#ports/secrets.ts';

export interface CredentialPlaces {
  readonly secrets: Secrets;
  /** The OAuth files of this process; asked for only where one is used, since libraries are loaded for it. */
  readonly oauthFiles: () => Promise<OAuthFiles>;
  readonly log: Log;
}

/** How `mailbox` is opened on the platform of that side. Secrets are asked for at each sign-in, not here. */
export function platformCredentials(
  side: SideName,
  { user: template, signIn }: Pick<Platform, 'user' | 'signIn'>,
  mailbox: Named,
  { secrets, oauthFiles, log }: CredentialPlaces,
): Credentials {
  const user = userOn(side, { user: template }, mailbox);
  switch (signIn.kind) {
    case 'admin': {
      const { admin, style, secret } = signIn;
      const onBehalfOf = { mailbox: user, style };
      return {
        current: async () => ({ kind: 'password', user: admin, password: await secrets.resolve(secret), onBehalfOf }),
        refused: () => secrets.forget(secret),
      };
    }
    case 'shared': {
      const { secret } = signIn;
      return {
        current: async () => ({ kind: 'password', user, password: await secrets.resolve(secret), onBehalfOf: null }),
        refused: () => secrets.forget(secret),
      };
    }
    case 'each': {
      const password = () => secrets.ofMailbox(signIn.secrets, mailbox.address);
      return { current: async () => ({ kind: 'password', user, password: await password(), onBehalfOf: null }) };
    }
    case 'oauth': {
      let credentials: Credentials | null = null;
      return {
        current: async (signal) => {
          credentials ??= await (await oauthFiles()).credentials(signIn.file, user, log);
          return credentials.current(signal);
        },
        refused: () => credentials?.refused?.(),
      };
    }
  }
}
