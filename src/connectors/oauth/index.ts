/** Sign-in by OAuth 2.0: a file of settings in, fresh tokens out. The libraries behind it are loaded where this is. */

export { OAuthFiles, oauthCredentials } from './credentials.ts';
export { type IdentityOptions, OpenIdProvider } from './identity.ts';
export { type OAuthSettings, readOAuthFile } from './settings.ts';
export { type TokenOptions, Tokens } from './tokens.ts';
