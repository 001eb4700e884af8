/** CAPABILITY, NOOP, LOGOUT, ID, STARTTLS, ENABLE, COMPRESS, IDLE. */

import { Malformed, textOf, type Value, wordOf } from './parse.ts';
import { bad, no, ok, type Reply } from './reply.ts';
import type { Session } from './session.ts';

export function capability(session: Session): Reply {
  session.say(`CAPABILITY ${session.announced()}`);
  return ok('Capability completed.');
}

export function noop(): Reply {
  return ok('Done.');
}

export function logout(session: Session): Reply {
  session.say('BYE Logging out');
  session.leave();
  setImmediate(() => session.wire.end());
  return ok('Logout completed.');
}

export function id(session: Session): Reply {
  if (!session.has('ID')) return bad('Unknown command ID');
  // Honest about what it is: nobody should take its answers for a real server's.
  session.say(
    'ID ("name" "godwit-sim" "vendor" "Godwit" "remark" "a simulated server for tests, mail lives in memory")',
  );
  return ok('ID completed.');
}

export async function startTls(session: Session, _values: readonly Value[], tag: string): Promise<Reply | null> {
  const { tls } = session.house;
  if (!tls || !session.has('STARTTLS') || session.wire.secure) return bad('STARTTLS is not offered');
  if (session.wire.unread) session.violation('data was sent after STARTTLS without waiting');
  session.wire.send(`${tag} OK Begin TLS negotiation now.\r\n`);
  await new Promise(setImmediate);
  await session.wire.startTls(tls);
  return null;
}

export function enable(session: Session, values: readonly Value[]): Reply {
  if (!session.has('ENABLE')) return bad('Unknown command ENABLE');
  const known = values
    .map(wordOf)
    .filter((word) => session.has(word) && /^(CONDSTORE|QRESYNC|UTF8=ACCEPT)$/.test(word));
  for (const word of known) session.enabled.add(word);
  // RFC 7162 §3.2.3: QRESYNC brings CONDSTORE with it.
  if (known.includes('QRESYNC')) session.enabled.add('CONDSTORE');
  if (!session.house.quirks.enablesInSilence) session.say(`ENABLED${known.map((word) => ` ${word}`).join('')}`);
  return ok('Enabled.');
}

export async function compress(session: Session, values: readonly Value[], tag: string): Promise<Reply | null> {
  if (!session.has('COMPRESS=DEFLATE') || wordOf(values[0]) !== 'DEFLATE') return no('No such compression');
  session.wire.send(`${tag} OK DEFLATE active\r\n`);
  await new Promise(setImmediate);
  session.wire.compress();
  return null;
}

/** RFC 2177: says what changes until the client says DONE. */
export async function idle(session: Session): Promise<Reply> {
  if (!session.has('IDLE')) return bad('Unknown command IDLE');
  session.wire.send('+ idling\r\n');
  session.selected?.update(session, 'all');
  const stop = session.mailbox?.watch(() => session.selected?.update(session, 'all'));
  try {
    const line = await session.wire.line(1_000);
    if (line?.toUpperCase() !== 'DONE')
      throw new Malformed(`IDLE ended by ${textOf({ kind: 'atom', text: line ?? '' })}`);
  } finally {
    stop?.();
  }
  return ok('Idle completed.');
}
