/** What is turned on and asked for with every sign-in, in one write, so that it costs no round trip of its own. */

import type { Log } from '#lib/log.ts';
import * as imap from '#protocols/imap/index.ts';
import { isRefusal } from './folder-tree.ts';
import type { ServerFacts } from './server-memory.ts';

export interface Tuned {
  /** Rejects where one of it failed otherwise than by a refusal. */
  readonly done: Promise<unknown>;
  /** The folders, asked for along with the sign-in; null where that was not done or went wrong. */
  readonly listed: Promise<imap.Listed | null> | null;
}

/** Turns on what we use, in one write, with the listing of all folders behind it. */
export function tune(session: imap.Session, log: Log, facts: ServerFacts, capabilities: imap.Capabilities): Tuned {
  const first = facts.afterSignIn === null;
  facts.afterSignIn = capabilities;
  const running: Promise<unknown>[] = [];
  const tolerate = (what: string, asked: Promise<unknown>): void => {
    running.push(
      asked.catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
        log.debug('refused', { what });
      }),
    );
  };
  const wishes = wishesOf(capabilities, facts);
  if (capabilities.has('ENABLE') && wishes.length > 0) tolerate('ENABLE', enable(session, facts, wishes));
  if (first && capabilities.has('ID')) tolerate('ID', introduce(session, log));
  if (facts.namespaces === null && capabilities.has('NAMESPACE') && !facts.lies.has('namespace')) {
    tolerate('NAMESPACE', askForNamespaces(session, facts));
  }
  const listed = prefetched(session, facts, capabilities);
  return { done: Promise.all(running), listed };
}

function wishesOf(capabilities: imap.Capabilities, facts: ServerFacts): readonly string[] {
  const wishes: string[] = [];
  if (capabilities.has('QRESYNC')) wishes.push('QRESYNC');
  else if (capabilities.has('CONDSTORE')) wishes.push('CONDSTORE');
  const mayUtf8 = capabilities.has('UTF8=ACCEPT') && !facts.lies.has('utf8');
  if (mayUtf8 || capabilities.has('UTF8=ONLY')) wishes.push('UTF8=ACCEPT');
  return wishes;
}

async function enable(session: imap.Session, facts: ServerFacts, wishes: readonly string[]): Promise<void> {
  await imap.enable(session, wishes);
  // iCloud and others answer OK and no ENABLED (MailKit), and then nobody knows how names are to be spelt. It is asked
  // once, and from then on never again.
  if (wishes.includes('UTF8=ACCEPT') && !session.isUtf8) facts.lies.add('utf8');
}

async function introduce(session: imap.Session, log: Log): Promise<void> {
  const fields = await imap.id(session, { name: 'Godwit', version: '0.1' });
  log.debug('server', {
    name: imap.clean(fields.get('name') ?? '', 80),
    version: imap.clean(fields.get('version') ?? '', 80),
  });
}

async function askForNamespaces(session: imap.Session, facts: ServerFacts): Promise<void> {
  try {
    facts.namespaces = await imap.namespace(session);
  } catch (error) {
    // Exchange 2003 drops the connection here and later ones answer BAD (MailKit): never again.
    facts.lies.add('namespace');
    throw error;
  }
}

/** The listing that everybody asks for first; whoever does not ask for it at once gets another. */
function prefetched(
  session: imap.Session,
  facts: ServerFacts,
  capabilities: imap.Capabilities,
): Promise<imap.Listed | null> | null {
  if (!capabilities.hasListStatus || facts.lies.has('list-extended')) return null;
  const specialUse = capabilities.has('SPECIAL-USE') && !facts.lies.has('special-use');
  const highestModSeq = capabilities.has('CONDSTORE') || capabilities.has('QRESYNC');
  return imap.listExtended(session, '*', { specialUse, status: { highestModSeq } }).catch(() => null);
}
