/**
 * Signing people in: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9700 §2.1). openid-client
 * speaks it and checks signatures; here stands whom we ask and what its answers mean.
 */

import * as oauth from 'openid-client';
import { fault } from '#domain/fault.ts';
import { type Claims, isClearHere, type SignInSettings } from '#domain/sign-in.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { IdentityProvider, SignedIn, SignInAttempt } from '#ports/identity.ts';
import type { Reach } from '#ports/reach.ts';
import { boundedFetch } from './bounded-answer.ts';
import { issuerProblem } from './issuer-problem.ts';
import { Secret } from './secret.ts';

export interface IdentityOptions {
  readonly settings: SignInSettings;
  /** Where they come back to. */
  readonly callback: URL;
  /** Null where the client has none. */
  readonly secret: () => Promise<string | null>;
  readonly reach: Reach | null;
  /** Milliseconds that never go back. */
  readonly clock: () => number;
}

const timeoutSeconds = 15;
/** A provider may change its keys' address and endpoints, though it seldom does. */
const knownForMs = 3_600_000;

export class OpenIdProvider implements IdentityProvider {
  readonly #options: IdentityOptions;
  readonly #issuer: URL;
  #known: { readonly configuration: Promise<oauth.Configuration>; readonly untilMs: number } | null = null;
  #secrets: readonly Secret[] = [];

  constructor(options: IdentityOptions) {
    this.#options = options;
    this.#issuer = new URL(options.settings.issuer);
  }

  async begin(): Promise<{ readonly url: URL; readonly attempt: SignInAttempt }> {
    const configuration = await this.#told(this.#configured());
    const attempt = {
      state: oauth.randomState(),
      nonce: oauth.randomNonce(),
      verifier: oauth.randomPKCECodeVerifier(),
    };
    const url = oauth.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#options.callback.href,
      scope: this.#options.settings.scopes.join(' '),
      code_challenge: await oauth.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
      state: attempt.state,
      nonce: attempt.nonce,
    });
    return { url, attempt };
  }

  async finish(callback: URL, { state, nonce, verifier }: SignInAttempt): Promise<SignedIn> {
    const configuration = await this.#told(this.#configured());
    const tokens = await this.#told(
      oauth.authorizationCodeGrant(configuration, callback, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      }),
    );
    const claims = tokens.claims();
    if (!claims) throw fault('access.sign-in.refused', { text: 'the provider says nothing of who it is.' });
    const { iss: issuer, sub: subject } = claims;
    const more = await this.#more(configuration, tokens.access_token, subject, claims);
    return { issuer, subject, claims: { ...more, ...claims } };
  }

  /** What does not stand in the ID token may be had at the UserInfo endpoint (OpenID Connect Core 1.0 §5.3), where there is one. */
  async #more(configuration: oauth.Configuration, token: string, subject: string, claims: Claims): Promise<Claims> {
    const { whoClaim, groupsClaim } = this.#options.settings;
    const isWhole = [whoClaim, groupsClaim].every((claim) => claims[claim] !== undefined);
    if (isWhole || configuration.serverMetadata().userinfo_endpoint === undefined) return {};
    return this.#told(oauth.fetchUserInfo(configuration, token, subject));
  }

  async #configured(): Promise<oauth.Configuration> {
    const now = this.#options.clock();
    if (this.#known && now < this.#known.untilMs) return this.#known.configuration;
    const configuration = this.#discovered();
    this.#known = { configuration, untilMs: now + knownForMs };
    // What could not be had is looked for again by whoever comes next.
    configuration.catch(() => (this.#known = null));
    return configuration;
  }

  async #discovered(): Promise<oauth.Configuration> {
    const { settings, reach } = this.#options;
    const secret = await this.#options.secret();
    this.#secrets = secret === null ? [] : [new Secret(secret)];
    // Only on this machine: settings name no other provider without TLS.
    const isClear = isClearHere(this.#issuer);
    return oauth.discovery(
      this.#issuer,
      settings.clientId,
      undefined,
      secret === null ? oauth.None() : oauth.ClientSecretBasic(secret),
      {
        timeout: timeoutSeconds,
        [oauth.customFetch]: boundedFetch(this.#issuer, reach),
        // Who stands between us and the provider with a certificate that we trust still cannot say who somebody is.
        execute: [oauth.enableNonRepudiationChecks, ...(isClear ? [oauth.allowInsecureRequests] : [])],
      },
    );
  }

  /** What goes wrong on the way, as faults. */
  async #told<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      const host = cleanText(this.#issuer.host, 200);
      // In the address that they came back to (RFC 6749 §4.1.2.1): somebody gave up, or may not.
      if (error instanceof oauth.AuthorizationResponseError)
        throw fault(
          'access.sign-in.refused',
          { text: `${host} says ${cleanText(error.error, 100)}.` },
          { cause: error },
        );
      if (error instanceof oauth.WWWAuthenticateChallengeError) {
        const text = `it does not accept our client (HTTP status ${error.status}).`;
        throw fault('access.sign-in.unavailable', { host, text }, { cause: error });
      }
      const problem = issuerProblem(error, this.#secrets);
      if (problem === null) throw error;
      const { code, text } = problem;
      if (code === 'oauth.issuer.unreachable' || code === 'oauth.issuer.untrusted' || code === 'oauth.client.refused')
        throw fault('access.sign-in.unavailable', { host, text }, { cause: error });
      throw fault('access.sign-in.refused', { text: `${host} and we do not agree: ${text}` }, { cause: error });
    }
  }
}
