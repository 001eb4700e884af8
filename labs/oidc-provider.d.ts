/** What we use of oidc-provider, which comes without types. */

declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface StoredToken {
    readonly accountId?: string;
    readonly clientId?: string;
    readonly kind: string;
    save(ttlSeconds?: number): Promise<string>;
    destroy(): Promise<void>;
  }
  type TokenClass = new (properties: Readonly<Record<string, unknown>>) => StoredToken;

  interface GrantEntity {
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }

  export interface TokenContext {
    readonly oidc?: {
      readonly body?: Readonly<Record<string, string>>;
      readonly params?: Readonly<Record<string, string>>;
    };
    readonly path: string;
    readonly method: string;
    readonly req: IncomingMessage;
    body: unknown;
    status: number;
    type: string;
    set(name: string, value: string): void;
  }

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>);
    readonly AccessToken: TokenClass;
    readonly RefreshToken: TokenClass;
    readonly Grant: new (
      properties: Readonly<Record<string, unknown>>,
    ) => GrantEntity;
    readonly Client: { find(id: string): Promise<object | undefined> };
    use(middleware: (context: TokenContext, next: () => Promise<void>) => Promise<void>): void;
    on(event: string, listener: (...parameters: never[]) => void): this;
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
  }
  export default Provider;
}
