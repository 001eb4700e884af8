/**
 * An issuer of OAuth tokens on the loopback, made of oidc-provider: an application with a secret, one with a
 * certificate, a person with a refresh token, and a service account that asks the way Google wants it (RFC 7523 §2.1,
 * no client of its own). It can be told to let tokens expire soon, to revoke them, to refuse and to fall ill. Mail
 * servers ask it about tokens (RFC 7662).
 */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type JWTPayload, jwtVerify } from 'jose';
import { Provider, type StoredToken, type TokenContext } from 'oidc-provider';

export interface IssuerOptions {
  /** Public key of the application `certified`, which signs its assertions. */
  readonly certifiedKey?: KeyObject;
  /** Give out a new refresh token each time, as RFC 6749 §6 allows. */
  readonly rotate?: boolean;
  /** The time by which assertions are judged, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** What came to a token endpoint. */
export interface TokenRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, string>>;
  readonly authorization: string | null;
}

export interface Issuer extends AsyncDisposable {
  readonly url: string;
  readonly tokenEndpoint: string;
  /** Where a service account asks: it verifies the assertion and nothing else. */
  readonly serviceTokenEndpoint: string;
  /** With the credentials of a resource server in it, as Dovecot wants it. */
  readonly introspectionUrl: string;
  /** The service account's private key, PEM. */
  readonly serviceKeyPem: string;
  readonly serviceEmail: string;
  readonly requests: readonly TokenRequest[];
  /** The claims of the assertions that came. */
  readonly assertions: readonly { readonly header: Readonly<Record<string, unknown>>; readonly claims: JWTPayload }[];
  /** Of tokens issued from now on. */
  lifetimeSeconds: number;
  /** Answers in place of the issuer while it is set; false lets the issuer answer after all. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
  /** A refresh token of the public client `person`, as a consent would have given it. */
  consent(account: string): Promise<string>;
  /** Takes back all tokens of an account and issues no more for it. */
  revoke(account: string): Promise<void>;
  /** Takes back the access tokens of an account; it may have others. */
  forget(account: string): Promise<void>;
}

export const applicationSecret = 'lab-application-secret-3f9a7c';
const resourceSecret = 'lab-resource-secret';
const serviceEmail = 'mover@lab-project.iam.example';
const scopes = ['mail', 'offline_access'];

/** Starts an issuer on a port of the kernel's choice. */
export async function startIssuer({
  certifiedKey,
  rotate = false,
  now = Date.now,
}: IssuerOptions = {}): Promise<Issuer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the kernel gave no port');
  const url = `http://127.0.0.1:${address.port}`;
  const service = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const requests: TokenRequest[] = [];
  const assertions: Issuer['assertions'][number][] = [];
  const tokens = new Map<string, Set<StoredToken>>();
  const revoked = new Set<string>();
  const lifetime = (): number => issuer.lifetimeSeconds;

  const provider = new Provider(url, {
    clients: clients(certifiedKey),
    scopes,
    jwks: {
      keys: [
        {
          ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
          use: 'sig',
          kid: 'lab',
        },
      ],
    },
    cookies: { keys: ['lab'] },
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      devInteractions: { enabled: false },
    },
    interactions: { url: () => '/none' },
    ttl: { AccessToken: lifetime, ClientCredentials: lifetime, RefreshToken: 86_400, Grant: 86_400 },
    rotateRefreshToken: rotate,
    findAccount: (_: unknown, id: string) =>
      revoked.has(id) ? undefined : { accountId: id, claims: () => ({ sub: id }) },
    // Mail servers compare this with the name that signs in.
    extraTokenClaims: (_: unknown, token: StoredToken) =>
      token.accountId === undefined ? undefined : { email: token.accountId },
  });
  for (const event of ['access_token.saved', 'refresh_token.saved']) {
    provider.on(event, (token: StoredToken) => {
      const account = token.accountId ?? '';
      tokens.set(account, (tokens.get(account) ?? new Set()).add(token));
    });
  }
  provider.use(async (context, next) => {
    if (context.path === '/service/token') return await serve(context);
    await next();
    if (context.path === '/token') note(context, context.oidc?.body ?? {});
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!issuer.intercept?.(request, response)) answer(request, response);
  });

  function note(context: TokenContext, body: TokenRequest['body']): void {
    requests.push({ path: context.path, body: { ...body }, authorization: context.req.headers.authorization ?? null });
  }

  /** The way of Google's token endpoint, its words included. */
  async function serve(context: TokenContext): Promise<void> {
    const body = Object.fromEntries(new URLSearchParams(await textOf(context.req)));
    note(context, body);
    context.type = 'application/json';
    const refuse = (error: string, description: string): void => {
      context.status = 400;
      context.body = { error, error_description: description };
    };
    if (body['grant_type'] !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
      return refuse('unsupported_grant_type', 'Invalid grant_type');
    let account: string;
    try {
      const { payload, protectedHeader } = await jwtVerify(body['assertion'] ?? '', service.publicKey, {
        issuer: serviceEmail,
        audience: `${url}/service/token`,
        maxTokenAge: '1h',
        algorithms: ['RS256'],
        currentDate: new Date(now()),
      });
      assertions.push({ header: { ...protectedHeader }, claims: payload });
      account = payload.sub ?? '';
    } catch {
      return refuse('invalid_grant', 'Invalid JWT Signature.');
    }
    if (account === '' || revoked.has(account)) return refuse('invalid_grant', 'Invalid email or User ID');
    const client = await provider.Client.find('service');
    const token = new provider.AccessToken({
      client,
      accountId: account,
      scope: 'mail',
      extra: { email: account },
      gty: 'jwt-bearer',
    });
    context.body = {
      access_token: await token.save(issuer.lifetimeSeconds),
      token_type: 'Bearer',
      expires_in: issuer.lifetimeSeconds,
    };
  }

  async function forget(account: string, kinds: readonly string[]): Promise<void> {
    for (const token of tokens.get(account) ?? []) if (kinds.includes(token.kind)) await token.destroy();
  }

  const issuer: Issuer = {
    url,
    tokenEndpoint: `${url}/token`,
    serviceTokenEndpoint: `${url}/service/token`,
    introspectionUrl: `http://resource:${resourceSecret}@127.0.0.1:${address.port}/token/introspection`,
    serviceKeyPem: service.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    serviceEmail,
    requests,
    assertions,
    lifetimeSeconds: 3_600,
    intercept: null,
    async consent(account) {
      const client = await provider.Client.find('person');
      const grant = new provider.Grant({ accountId: account, clientId: 'person' });
      grant.addOIDCScope(scopes.join(' '));
      const grantId = await grant.save();
      const token = new provider.RefreshToken({
        client,
        accountId: account,
        grantId,
        scope: scopes.join(' '),
        gty: 'authorization_code',
      });
      return await token.save();
    },
    async revoke(account) {
      revoked.add(account);
      await forget(account, ['AccessToken', 'RefreshToken']);
    },
    forget: (account) => forget(account, ['AccessToken']),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}

function clients(certifiedKey: KeyObject | undefined): readonly Readonly<Record<string, unknown>>[] {
  const common = { redirect_uris: [], response_types: [], scope: scopes.join(' ') };
  const application = { ...common, grant_types: ['client_credentials'] };
  const all: Readonly<Record<string, unknown>>[] = [
    {
      ...application,
      client_id: 'application',
      client_secret: applicationSecret,
      token_endpoint_auth_method: 'client_secret_post',
    },
    {
      ...application,
      client_id: 'application-basic',
      client_secret: applicationSecret,
      token_endpoint_auth_method: 'client_secret_basic',
    },
    {
      ...common,
      client_id: 'person',
      grant_types: ['refresh_token', 'authorization_code'],
      redirect_uris: ['https://app.example/cb'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    { ...application, client_id: 'service', grant_types: [], token_endpoint_auth_method: 'none' },
    {
      ...application,
      client_id: 'resource',
      client_secret: resourceSecret,
      grant_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ];
  if (certifiedKey) {
    const jwk = { ...certifiedKey.export({ format: 'jwk' }), use: 'sig' };
    all.push({
      ...application,
      client_id: 'certified',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
    });
  }
  return all;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
