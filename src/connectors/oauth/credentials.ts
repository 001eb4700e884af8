/** Joins the tokens of an OAuth file to the port by which every sign-in asks for its secret. */

import type { Log } from '#lib/log.ts';
import type { Credentials } from '#ports/credentials.ts';
import type { Secret } from './secret.ts';
import { readOAuthFile, type Environment } from './settings.ts';
import { type TokenOptions, Tokens } from './tokens.ts';

/** The credentials of one mailbox, out of the tokens that all mailboxes of one OAuth file share. */
export function oauthCredentials(tokens: Tokens, mailboxUser: string, log: Log): Credentials {
  let handedOut: Secret | null = null;
  return {
    async current(signal) {
      handedOut = await tokens.token(mailboxUser, log, signal);
      return { kind: 'oauth', user: mailboxUser, token: handedOut.reveal() };
    },
    refused() {
      if (handedOut) tokens.refused(mailboxUser, handedOut, log);
    },
  };
}

/** Every OAuth file that a process uses, each read once. */
export class OAuthFiles {
  readonly #environment: Environment;
  readonly #options: TokenOptions;
  readonly #files = new Map<string, Promise<Tokens>>();

  constructor(environment: Environment, options: TokenOptions = {}) {
    this.#environment = environment;
    this.#options = options;
  }

  /** The credentials of one mailbox by one file. Throws `oauth.settings.wrong` when the file cannot be used. */
  async credentials(file: string, mailboxUser: string, log: Log): Promise<Credentials> {
    let tokens = this.#files.get(file);
    if (!tokens) {
      tokens = readOAuthFile(file, this.#environment).then((settings) => new Tokens(settings, this.#options));
      this.#files.set(file, tokens);
    }
    return oauthCredentials(await tokens, mailboxUser, log);
  }
}
