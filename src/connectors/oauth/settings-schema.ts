/**
 * The form of the file given with `--source-oauth` and `--target-oauth` (docs/oauth.md shows whole ones). One schema
 * for each kind of sign-in; a description completes the sentence "must be …" in what a person reads.
 */

import Type from 'typebox';

const reference = (of: string) =>
  Type.String({
    pattern: String.raw`^(env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0]+)$`,
    maxLength: 4_096,
    description: `a reference to ${of}, env:NAME or file:PATH, never the secret itself`,
  });
const text = (what: string) =>
  Type.String({ minLength: 1, maxLength: 4_096, pattern: String.raw`^[^\x00-\x1f\x7f]+$`, description: what });

/** Where tokens are had: a tenant of Entra ID, an issuer whose metadata tell (RFC 8414), or the endpoint itself. */
const place = {
  tenant: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$',
      description: 'the id or a domain of a tenant of Microsoft Entra ID',
    }),
  ),
  issuer: Type.Optional(text('the https:// address of an issuer')),
  token_endpoint: Type.Optional(text('the https:// address of a token endpoint')),
  scope: Type.Optional(text('a scope, or several with blanks between')),
  timeout_seconds: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 300, description: 'a number of seconds from 1 to 300' }),
  ),
};

export const schemas = {
  /** RFC 6749 §4.4, with a secret or a certificate (RFC 7523 §2.2). */
  'client-credentials': Type.Object(
    {
      kind: Type.Literal('client-credentials'),
      client_id: text('the id of the application'),
      client_secret: Type.Optional(reference('the secret of the application')),
      client_authentication: Type.Optional(Type.Enum(['post', 'basic'], { description: '"post" or "basic"' })),
      certificate: Type.Optional(text('the path of a certificate (PEM)')),
      private_key: Type.Optional(reference("the certificate's private key (PEM)")),
      private_key_passphrase: Type.Optional(reference('the passphrase of the private key')),
      signing: Type.Optional(Type.Enum(['PS256', 'RS256'], { description: '"PS256" or "RS256"' })),
      ...place,
    },
    { additionalProperties: false },
  ),
  /** RFC 7523 §2.1 with the key of a Google service account: one token for each mailbox. */
  'service-account': Type.Object(
    {
      kind: Type.Literal('service-account'),
      key: reference("the service account's key (JSON, as Google gives it out)"),
      ...place,
    },
    { additionalProperties: false },
  ),
  /** RFC 6749 §6: one person's consent. */
  'refresh-token': Type.Object(
    {
      kind: Type.Literal('refresh-token'),
      client_id: text('the id of the application'),
      client_secret: Type.Optional(reference('the secret of the application')),
      client_authentication: Type.Optional(Type.Enum(['post', 'basic'], { description: '"post" or "basic"' })),
      refresh_token: reference('the refresh token'),
      ...place,
    },
    { additionalProperties: false },
  ),
} as const;

export type Kind = keyof typeof schemas;
export type Written = { [K in Kind]: Type.Static<(typeof schemas)[K]> }[Kind];

/** What we use of a service account's key file. */
export const serviceAccountKey = Type.Object({
  client_email: text('an address'),
  private_key: Type.String({ minLength: 1, description: 'a private key' }),
  private_key_id: Type.Optional(text('the id of the key')),
});
