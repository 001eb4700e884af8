/** The two ways by which a mailbox is reached, tried as the world comes by them: a message by the MX, and a sign-in through the proxies. */

import { Fault } from '#domain/fault.ts';
import { type SideName, sideNames } from '#domain/platform.ts';
import type { DoctorParts, Finding, Patient, PatientRoute } from './doctor-parts.ts';
import { apart } from './doctor-sides.ts';

/** One of the two, found where it belongs. */
export type Home = Patient & PatientRoute;

/** Whether a message finds it, and which side it came to; null where it did not, or where that is not known. */
export async function delivered(
  { address, side, named }: Home,
  messageId: string,
  parts: DoctorParts,
  signal: AbortSignal,
): Promise<{ readonly finding: Finding; readonly arrived: SideName | null }> {
  const common = { check: 'delivery', about: address } as const;
  const ended = (state: Finding['state'], says: string, remedy: string | null, arrived: SideName | null = null) => ({
    finding: { ...common, state, says, remedy },
    arrived,
  });
  const { send, clock, withinMs } = parts;
  if (send === null)
    return ended('not tried', 'no message was sent: no MX was named', 'Name one: --mx mail.corp.example:25');
  parts.tell(`a message to ${address}`);
  const handed = await trying(() => send(address, messageId, signal), signal);
  if ('failed' in handed)
    return ended('wrong', handed.failed, 'See that the MX is there, and takes mail from this machine.');
  if (handed.kind !== 'sent')
    return ended(
      'wrong',
      `the MX did not take it: ${handed.why}`,
      'See what its log says of it, and that relay-recipients is asked of the door.',
    );
  const begun = clock.now();
  let lastSaid = '';
  for (;;) {
    const holding: SideName[] = [];
    for (const each of sideNames) {
      const inbox = await trying(() => parts.inboxOn(each, named, messageId, signal), signal);
      if ('failed' in inbox) {
        if (each === side) lastSaid = `; that inbox cannot be looked into: ${inbox.failed}`;
      } else if (inbox.hasMessage) holding.push(each);
    }
    const [arrived, ...others] = holding;
    if (arrived !== undefined) {
      const took = `after ${((clock.now() - begun) / 1000).toFixed(1)} s`;
      // Whoever keeps both sides alike may have been faster than we looked: which it came to is not known then.
      if (others.length > 0)
        return ended(
          'wrong',
          `a message is on both sides ${took}: ${messageId}`,
          'Try it again; or name a mailbox that nothing is carried for.',
        );
      if (arrived === side)
        return ended('ok', `a message arrived on the ${side} ${took}, and stays there: ${messageId}`, null, side);
      const says = `a message arrived on the ${arrived} ${took}, and belongs on the ${side}; it stays there: ${messageId}`;
      const remedy =
        'See that transport_maps of that Postfix asks the door, and the transports of its view (doors.postfix.views).';
      return ended('wrong', says, remedy, arrived);
    }
    if (clock.now() - begun >= withinMs) break;
    await clock.sleep(lookAgainMs, signal);
  }
  const says = `a message was taken and did not arrive in the inbox of either side within ${Math.round(withinMs / 1000)} s: ${messageId}${lastSaid}`;
  return ended(
    'wrong',
    says,
    'Look for it in the queue of the MX (postqueue -p) and in its log; a filter may have put it elsewhere.',
  );
}

const lookAgainMs = 500;

/** Whether the person gets in through the proxies, to the right side. */
export async function signedIn(
  { address, side, named }: Home,
  { messageId, arrived }: { readonly messageId: string; readonly arrived: SideName | null },
  parts: DoctorParts,
  signal: AbortSignal,
): Promise<Finding> {
  const common = { check: 'sign-in', about: address } as const;
  const through = parts.inboxThrough(address);
  if (through === null) {
    const remedy =
      'Name the proxies and the password: --imap imaps://mail.corp.example --moved-secret REF --unmoved-secret REF';
    return { ...common, state: 'not tried', says: 'nobody signed in: no proxy or no password was named', remedy };
  }
  parts.tell(`a sign-in as ${address}`);
  const sought = arrived === null ? null : messageId;
  const met = await trying(() => through(sought, signal), signal);
  if ('failed' in met) {
    const remedy =
      'See that the proxy is there and asks the door, and that this password is that of the person on their side.';
    return { ...common, state: 'wrong', says: met.failed, remedy };
  }
  const source = await trying(() => parts.inboxOn('source', named, sought, signal), signal);
  const target = await trying(() => parts.inboxOn('target', named, sought, signal), signal);
  const reached = apart(met, 'failed' in source ? null : source, 'failed' in target ? null : target);
  if (reached === side) return { ...common, state: 'ok', says: `the proxy leads to the ${side}`, remedy: null };
  if (reached === null) {
    const remedy = 'Send a message as well (--mx), by which they differ.';
    return { ...common, state: 'wrong', says: 'it got in, and the two inboxes cannot be told apart', remedy };
  }
  const remedy =
    'See that the proxy asks the door at each sign-in and remembers nothing (auth_cache_size = 0), and where doors.source and doors.target lead.';
  return {
    ...common,
    state: 'wrong',
    says: `the proxy leads to the ${reached}, and the mailbox lives on the ${side}`,
    remedy,
  };
}

/** What went wrong in words, where something did. */
async function trying<T>(what: () => Promise<T>, signal: AbortSignal): Promise<T | { readonly failed: string }> {
  try {
    return await what();
  } catch (error) {
    signal.throwIfAborted();
    return { failed: wordsOf(error) };
  }
}

/** A fault says what it is about; of anything else no more than its name is told where it may hold what was said on the wire. */
export function wordsOf(error: unknown): string {
  if (error instanceof Fault) return error.message;
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === 'string' ? code : error instanceof Error ? error.message : String(error);
}
