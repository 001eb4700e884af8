/** LOGIN and AUTHENTICATE with PLAIN (RFC 4616), LOGIN, XOAUTH2 (Google's) and OAUTHBEARER (RFC 7628). */

import { textOf, type Value, wordOf } from './parse.ts';
import { bad, no, ok, type Reply } from './reply.ts';
import type { Session, SignInAttempt } from './session.ts';

export function login(session: Session, values: readonly Value[]): Reply {
  if (session.has('LOGINDISABLED') && !session.wire.secure)
    return no('Plain text is not allowed here', 'PRIVACYREQUIRED');
  return signIn(session, {
    mechanism: 'LOGIN',
    user: utf8(textOf(values[0])),
    authorization: '',
    secret: utf8(textOf(values[1])),
  });
}

export async function authenticate(session: Session, values: readonly Value[]): Promise<Reply> {
  const mechanism = wordOf(values[0]);
  if (!session.has(`AUTH=${mechanism}`)) return no('Unsupported mechanism', 'CANNOT');
  if (values.length > 1 && !session.has('SASL-IR')) {
    session.violation('an initial response without SASL-IR');
    return bad('SASL-IR is not offered');
  }
  if (mechanism === 'LOGIN') return loginMechanism(session);
  const initial = values[1] ? textOf(values[1]) : await challenge(session, '');
  if (initial === '*') return bad('Authentication was given up');
  const answer = Buffer.from(initial === '=' ? '' : initial, 'base64').toString('utf8');
  if (mechanism === 'PLAIN') {
    const [authorization = '', user = '', secret = ''] = answer.split('\0');
    return signIn(session, { mechanism: 'PLAIN', user, authorization, secret });
  }
  if (mechanism === 'XOAUTH2' || mechanism === 'OAUTHBEARER') {
    const user = /(?:^user=|^n,a=)([^\u0001,]*)/.exec(answer)?.[1] ?? '';
    const secret = /\u0001auth=Bearer ([^\u0001]*)/.exec(answer)?.[1] ?? '';
    const reply = signIn(session, { mechanism, user, authorization: '', secret });
    if (reply.status === 'OK') return reply;
    // The reason comes as a challenge, which the client answers before it is told NO (RFC 7628 §3.2.3).
    await challenge(session, Buffer.from('{"status":"invalid_token","schemes":"bearer"}').toString('base64'));
    return reply;
  }
  return no('Unsupported mechanism', 'CANNOT');
}

async function loginMechanism(session: Session): Promise<Reply> {
  const decoded = async (question: string): Promise<string> =>
    Buffer.from(await challenge(session, Buffer.from(question).toString('base64')), 'base64').toString('utf8');
  const user = await decoded('User Name\0');
  return signIn(session, { mechanism: 'LOGIN', user, authorization: '', secret: await decoded('Password\0') });
}

async function challenge(session: Session, base64: string): Promise<string> {
  session.wire.send(`+ ${base64}\r\n`);
  return (await session.wire.line(session.house.quirks.maxLineOctets)) ?? '*';
}

function signIn(session: Session, attempt: SignInAttempt): Reply {
  if (session.mailbox) return bad('Already signed in');
  const outcome = session.house.signIn(attempt);
  const mailbox = 'mailbox' in outcome ? session.house.platform.mailboxes.get(outcome.mailbox) : undefined;
  if (!mailbox) return no('refused' in outcome ? outcome.refused : '[AUTHENTICATIONFAILED] Authentication failed.');
  session.mailbox = mailbox;
  return ok('Logged in', `CAPABILITY ${session.announced()}`);
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
