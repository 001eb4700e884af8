/** A credential presented to a server, in the best manner that it offers and we speak. */

import { fault } from '#domain/fault.ts';
import type { Credential } from '#ports/credentials.ts';
import * as imap from '#protocols/imap/index.ts';
import { signInFaultOf } from './faults.ts';
import { maskedError, maskOf } from './masking.ts';
import type { ImapEndpoint } from './options.ts';

/** Signs in; true when the server told its capabilities along with the answer. Throws faults. */
export async function present(
  session: imap.Session,
  endpoint: ImapEndpoint,
  credential: Credential,
  offered: imap.Capabilities,
): Promise<boolean> {
  try {
    return await presenting(session, endpoint, credential, offered);
  } catch (error) {
    throw signInFaultOf(maskedError(error, maskOf(credential)), endpoint, userOf(credential));
  }
}

function presenting(
  session: imap.Session,
  endpoint: ImapEndpoint,
  credential: Credential,
  offered: imap.Capabilities,
): Promise<boolean> {
  return credential.kind === 'oauth'
    ? presentToken(session, endpoint, credential, offered)
    : presentPassword(session, endpoint, credential, offered);
}

function presentToken(
  session: imap.Session,
  { host, port }: ImapEndpoint,
  { user, token }: Extract<Credential, { kind: 'oauth' }>,
  offered: imap.Capabilities,
): Promise<boolean> {
  const mechanisms = new Set(offered.mechanisms);
  const bearer = { user, token, host, port };
  const mechanism = mechanisms.has('OAUTHBEARER')
    ? imap.sasl.oauthbearer(bearer)
    : mechanisms.has('XOAUTH2')
      ? imap.sasl.xoauth2(bearer)
      : null;
  if (mechanism) return imap.authenticate(session, mechanism);
  throw noMechanism(host, offered);
}

function presentPassword(
  session: imap.Session,
  { host }: ImapEndpoint,
  { user, password, onBehalfOf }: Extract<Credential, { kind: 'password' }>,
  offered: imap.Capabilities,
): Promise<boolean> {
  const mechanisms = new Set(offered.mechanisms);
  const master = onBehalfOf?.style === 'user*master' ? `${onBehalfOf.mailbox}*${user}` : user;
  const authorizeAs = onBehalfOf?.style === 'authzid' ? onBehalfOf.mailbox : '';
  const identity = { user: master, password, authorizeAs };
  // Some servers have no literals at LOGIN (met by Thunderbird), so it carries only what quotes can hold.
  const isPlainText = /^[\x20-\x7e]{0,400}$/.test(master) && /^[\x20-\x7e]{0,400}$/.test(password);
  if (authorizeAs === '' && isPlainText && !offered.has('LOGINDISABLED')) return imap.login(session, master, password);
  const mechanism =
    mechanisms.has('PLAIN') || authorizeAs !== ''
      ? imap.sasl.plain(identity)
      : mechanisms.has('LOGIN')
        ? imap.sasl.login(identity)
        : null;
  const isOffered = mechanism !== null && mechanisms.has(mechanism.name);
  if (mechanism && isOffered) return imap.authenticate(session, mechanism);
  if (authorizeAs === '' && !offered.has('LOGINDISABLED')) return imap.login(session, master, password);
  throw noMechanism(host, offered);
}

function noMechanism(host: string, offered: imap.Capabilities): unknown {
  return fault('imap.sign-in.no-mechanism', {
    host,
    offered: offered.mechanisms.slice(0, 20).join(', ').slice(0, 200),
  });
}

function userOf(credential: Credential): string {
  return credential.kind === 'password' && credential.onBehalfOf
    ? `${credential.onBehalfOf.mailbox} (by ${credential.user})`
    : credential.user;
}
