/**
 * Asks an issuer for one access token, by the grant that the settings name: RFC 6749 §4.4 (client credentials), RFC
 * 6749 §6 (refresh token), RFC 7523 §2.1 (an assertion signed by a service account). openid-client speaks OAuth and
 * jose signs; here stands only what Exchange Online and Google want besides.
 */

import { SignJWT } from 'jose';
import * as oauth from 'openid-client';
import { fault } from '#domain/fault.ts';
import type { Reach } from '#ports/reach.ts';
import { boundedFetch } from './bounded-answer.ts';
import { Secret } from './secret.ts';
import type { ClientProof, OAuthSettings } from './settings.ts';

export interface IssuedToken {
  readonly token: Secret;
  /** Null where the issuer does not say. */
  readonly lifetimeSeconds: number | null;
}

export interface RequesterOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Lets `http:` through; for tests, whose issuer has no certificate. */
  readonly allowInsecureRequests: boolean;
  /** Judges where issuers are, before anything is sent there; null: anywhere. */
  readonly reach: Reach | null;
}

/** Google accepts no assertion that is good for longer than an hour. */
const assertionSeconds = 3_600;
/** Against a clock that is somewhat ahead of the issuer's. */
const clockLeewaySeconds = 10;
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export class TokenRequester {
  readonly #settings: OAuthSettings;
  readonly #options: RequesterOptions;
  /** Found once; forgotten again when it could not be had. */
  #configuration: Promise<oauth.Configuration> | null = null;
  /** The refresh token as last told: some issuers give out a new one each time (RFC 6749 §6). */
  #refreshToken: Secret | null = null;

  constructor(settings: OAuthSettings, options: RequesterOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /** Whether the issuer has replaced the refresh token that the settings refer to. */
  get refreshTokenReplaced(): boolean {
    return this.#refreshToken !== null;
  }

  /** What an issuer is given to know and must not be quoted with. */
  get secrets(): readonly Secret[] {
    const { grant } = this.#settings;
    const proof = grant.kind !== 'service-account' && grant.proof.kind === 'secret' ? [grant.proof.secret] : [];
    const refresh = grant.kind === 'refresh-token' ? [grant.refreshToken] : [];
    return [...proof, ...refresh, ...(this.#refreshToken ? [this.#refreshToken] : [])];
  }

  /**
   * One fresh token for a mailbox. Throws what openid-client throws (`issuerProblem` reads it), or
   * `oauth.settings.wrong`.
   */
  async request(mailbox: string): Promise<IssuedToken> {
    const configuration = await this.#configured();
    const answer = await this.#asked(configuration, mailbox);
    if (this.#settings.grant.kind === 'refresh-token' && answer.refresh_token !== undefined) {
      const known = this.#refreshToken ?? this.#settings.grant.refreshToken;
      if (answer.refresh_token !== known.reveal()) this.#refreshToken = new Secret(answer.refresh_token);
    }
    return { token: new Secret(answer.access_token), lifetimeSeconds: answer.expires_in ?? null };
  }

  async #asked(configuration: oauth.Configuration, mailbox: string): Promise<oauth.TokenEndpointResponse> {
    const { grant } = this.#settings;
    const scope: Record<string, string> = this.#settings.scope === null ? {} : { scope: this.#settings.scope };
    switch (grant.kind) {
      case 'client-credentials':
        return await oauth.clientCredentialsGrant(configuration, scope);
      case 'refresh-token':
        return await oauth.refreshTokenGrant(configuration, (this.#refreshToken ?? grant.refreshToken).reveal(), scope);
      case 'service-account': {
        const issuedAt = Math.floor(this.#options.now() / 1000) - clockLeewaySeconds;
        // RFC 7523 §3; `scope` stands in the assertion at Google's and not beside it.
        const assertion = await new SignJWT(scope)
          .setProtectedHeader({
            alg: grant.signer.algorithm,
            typ: 'JWT',
            ...(grant.signer.keyId === null ? {} : { kid: grant.signer.keyId }),
          })
          .setIssuer(grant.email)
          .setSubject(mailbox)
          .setAudience(configuration.serverMetadata().token_endpoint ?? this.#settings.place.url.href)
          .setIssuedAt(issuedAt)
          .setExpirationTime(issuedAt + assertionSeconds)
          .sign(grant.signer.key);
        return await oauth.genericGrantRequest(configuration, jwtBearer, { assertion });
      }
    }
  }

  async #configured(): Promise<oauth.Configuration> {
    this.#configuration ??= this.#configure();
    try {
      return await this.#configuration;
    } catch (error) {
      this.#configuration = null;
      throw error;
    }
  }

  async #configure(): Promise<oauth.Configuration> {
    const { grant, place, timeoutSeconds, file } = this.#settings;
    const { allowInsecureRequests: insecure, reach } = this.#options;
    const fetch = boundedFetch(place.url, reach);
    if (place.url.protocol !== 'https:' && !insecure) {
      throw fault('oauth.settings.wrong', { file, detail: 'tokens are asked for over https:// only.' });
    }
    const clientId = grant.kind === 'service-account' ? grant.email : grant.clientId;
    const authentication = grant.kind === 'service-account' ? unnamed : authenticationBy(grant.proof, place);
    if (place.kind === 'issuer') {
      const found = await oauth.discovery(place.url, clientId, undefined, authentication, {
        timeout: timeoutSeconds,
        [oauth.customFetch]: fetch,
        execute: insecure ? [oauth.allowInsecureRequests] : [],
      });
      return found;
    }
    const metadata = { issuer: place.url.origin, token_endpoint: place.url.href };
    const configuration = new oauth.Configuration(metadata, clientId, undefined, authentication);
    configuration.timeout = timeoutSeconds;
    configuration[oauth.customFetch] = fetch;
    if (insecure) oauth.allowInsecureRequests(configuration);
    return configuration;
  }
}

/** The assertion of a service account names and proves who asks; Google would take a `client_id` for another thing. */
const unnamed: oauth.ClientAuth = () => {};

function authenticationBy(proof: ClientProof, place: OAuthSettings['place']): oauth.ClientAuth {
  switch (proof.kind) {
    case 'none':
      return oauth.None();
    case 'secret':
      return (proof.by === 'basic' ? oauth.ClientSecretBasic : oauth.ClientSecretPost)(proof.secret.reveal());
    case 'certificate': {
      const { key, x5t, x5tS256 } = proof.key;
      return oauth.PrivateKeyJwt(key, {
        [oauth.modifyAssertion]: (header, payload) => {
          // Entra ID finds the certificate by these, and knows no `kid` of ours.
          header['x5t'] = x5t;
          header['x5t#S256'] = x5tS256;
          // RFC 7523 §3 lets the token endpoint be the audience, and Entra ID wants it so.
          if (place.kind === 'endpoint') payload['aud'] = place.url.href;
        },
      });
    }
  }
}
