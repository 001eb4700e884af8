/**
 * An identity provider on the loopback, made of oidc-provider: it signs people in by its own form, and says who they are and in which
 * groups. And a browser, as far as signing in takes one: it keeps cookies, follows where it is sent, and fills in the form.
 */

import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Provider } from 'oidc-provider';

export interface IdentityProviderOptions {
  /** Where it sends people back to. */
  readonly callback: string;
  /** By what they sign in as. */
  readonly people: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Whether what it says stands in the ID token; else it has to be asked for. */
  readonly inIdToken?: boolean;
}

export interface LabIdentityProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Answers in place of the provider while it is set; false lets it answer after all. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
}

export const clientId = 'godwit';
export const clientSecret = 'lab-client-secret-51c7e0';

export async function startIdentityProvider({
  callback,
  people,
  inIdToken = true,
}: IdentityProviderOptions): Promise<LabIdentityProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the kernel gave no port');
  const issuer = `http://127.0.0.1:${address.port}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider: Provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [callback],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', kid: 'lab', alg: 'RS256' }] },
    cookies: { keys: ['lab'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
    conformIdTokenClaims: !inIdToken,
    pkce: { required: () => true },
    ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
    findAccount: (_: unknown, id: string) =>
      people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
    // Nobody is asked whether we may know who they are.
    async loadExistingGrant({ oidc }: { readonly oidc: GrantContext }) {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid email groups');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  const lab: LabIdentityProvider = {
    issuer,
    intercept: null,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('request', (request, response) => {
    if (!lab.intercept?.(request, response)) answer(request, response);
  });
  return lab;
}

interface GrantContext {
  readonly client: { readonly clientId: string };
  readonly session: { readonly accountId: string };
}

/** Keeps what it is given by each origin, and gives it back there. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** Of that origin; undefined where it has none of that name. */
  cookie(origin: string, name: string): string | undefined {
    return this.#cookies.get(origin)?.get(name);
  }

  async ask(url: URL, init: RequestInit = {}): Promise<Response> {
    const jar = this.#cookies.get(url.origin) ?? new Map<string, string>();
    this.#cookies.set(url.origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Readonly<Record<string, string>>), ...(cookie === '' ? {} : { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /;\s*max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Signs in as `login` with the provider that `url` is of; answers with where it sends one back. */
  async signIn(url: URL, login: string): Promise<URL> {
    const { origin } = url;
    let at = url;
    for (let hops = 0; hops < 10; hops++) {
      const isForm = at.pathname.startsWith('/interaction/');
      const form = new URLSearchParams({ prompt: 'login', login, password: 'any will do' });
      const response = await this.ask(at, isForm ? { method: 'POST', body: form } : {});
      const location = response.headers.get('location');
      if (location === null) throw new Error(`${at.pathname}: ${response.status} ${await response.text()}`);
      at = new URL(location, at);
      if (at.origin !== origin) return at;
    }
    throw new Error('the provider sends one round in a circle');
  }
}
