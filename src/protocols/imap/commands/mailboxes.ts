/** The commands about mailboxes as a whole: LIST, LSUB, STATUS, NAMESPACE, CREATE, RENAME, SUBSCRIBE, UNSUBSCRIBE, GETQUOTAROOT (RFC 9051 §6.3). */

import { mustBeOk, refusal } from '../command.ts';
import { ImapError } from '../errors.ts';
import type { ListedMailbox, MailboxStatus, Namespaces, Quota } from '../mailbox-data.ts';
import type { Session } from '../session.ts';
import type { Tagged } from '../response.ts';

/** More folders than any mailbox has: RFC 9051 sets no bound, a malicious server would set none either. */
const mailboxesMax = 200_000;

export interface Listed {
  /** In the order of the server; one that came twice counts once. */
  readonly mailboxes: readonly ListedMailbox[];
  /** By name, where asked for. */
  readonly statuses: ReadonlyMap<string, MailboxStatus>;
}

class Listing implements Listed {
  readonly #mailboxes = new Map<string, ListedMailbox>();
  readonly statuses = new Map<string, MailboxStatus>();

  get mailboxes(): readonly ListedMailbox[] {
    return [...this.#mailboxes.values()];
  }

  add(mailbox: ListedMailbox): void {
    // Some servers list a mailbox twice (Roundcube met it); what is said of it is put together.
    const known = this.#mailboxes.get(mailbox.name);
    this.#mailboxes.set(
      mailbox.name,
      known ? { ...known, attributes: new Set([...known.attributes, ...mailbox.attributes]) } : mailbox,
    );
    if (this.#mailboxes.size > mailboxesMax)
      throw new ImapError({ kind: 'endless', limit: `${mailboxesMax} mailboxes` });
  }
}

export interface StatusItems {
  readonly highestModSeq: boolean;
}

function statusItems({ highestModSeq }: StatusItems): string {
  return `(MESSAGES UIDNEXT UIDVALIDITY${highestModSeq ? ' HIGHESTMODSEQ' : ''})`;
}

/**
 * LIST of everything with subscriptions, special uses and, for each, STATUS: one round trip (RFC 5258, RFC 5819, RFC
 * 6154). `pattern` is in the server's octets, `*` for all.
 */
export function listExtended(
  session: Session,
  pattern: string,
  asking: { readonly specialUse: boolean; readonly status: StatusItems | null },
): Promise<Listed> {
  const wanted = [
    'SUBSCRIBED',
    ...(asking.specialUse ? ['SPECIAL-USE'] : []),
    ...(asking.status ? [`STATUS ${statusItems(asking.status)}`] : []),
  ];
  const listing = new Listing();
  return session.run({
    name: 'LIST',
    compose: (writer) =>
      writer
        .raw('LIST "" ')
        .string(pattern)
        .raw(` RETURN (${wanted.join(' ')})`),
    take(response) {
      if (response.kind === 'list') listing.add(response.mailbox);
      else if (response.kind === 'mailbox-status') listing.statuses.set(response.of.name, response.of);
      else return false;
      return true;
    },
    end(answer): Listed {
      mustBeOk('LIST', answer);
      return listing;
    },
  });
}

/** LIST or LSUB as they were in RFC 3501 §6.3.8 and §6.3.9. */
export function list(session: Session, pattern: string, which: 'LIST' | 'LSUB'): Promise<readonly ListedMailbox[]> {
  const listing = new Listing();
  return session.run({
    name: which,
    compose: (writer) => writer.raw(`${which} "" `).string(pattern),
    take(response) {
      // Some servers answer LSUB with LIST lines.
      if (response.kind !== which.toLowerCase() && !(which === 'LSUB' && response.kind === 'list')) return false;
      if (response.kind === 'list' || response.kind === 'lsub') listing.add(response.mailbox);
      return true;
    },
    end(answer) {
      mustBeOk(which, answer);
      return listing.mailboxes;
    },
  });
}

/** STATUS (RFC 9051 §6.3.11); null where the server refuses to tell. */
export function status(session: Session, mailbox: string, items: StatusItems): Promise<MailboxStatus | null> {
  let told: MailboxStatus | null = null;
  return session.run({
    name: 'STATUS',
    compose: (writer) =>
      writer
        .raw('STATUS ')
        .mailbox(mailbox)
        .raw(` ${statusItems(items)}`),
    take(response) {
      if (response.kind !== 'mailbox-status' || !isSameName(response.of.name, mailbox) || told) return false;
      told = response.of;
      return true;
    },
    end: (answer) => (answer.status === 'OK' ? told : null),
  });
}

/** INBOX is the one name in which case does not count (RFC 9051 §5.1). */
function isSameName(a: string, b: string): boolean {
  return a === b || (a.toUpperCase() === 'INBOX' && b.toUpperCase() === 'INBOX');
}

/** NAMESPACE (RFC 9051 §6.3.10). Rejects with `refused` where the server does not know it. */
export function namespace(session: Session): Promise<Namespaces> {
  let told: Namespaces | null = null;
  return session.run({
    name: 'NAMESPACE',
    compose: (writer) => writer.raw('NAMESPACE'),
    take(response) {
      if (response.kind !== 'namespace') return false;
      told = response.namespaces;
      return true;
    },
    end(answer) {
      if (answer.status !== 'OK' || !told) throw refusal('NAMESPACE', answer);
      return told;
    },
  });
}

/** CREATE (RFC 9051 §6.3.4), with uses where given (RFC 6154 §3). Resolves with the answer, OK or not. */
export function create(session: Session, mailbox: string, uses: readonly string[]): Promise<Tagged> {
  return session.run({
    name: 'CREATE',
    compose(writer) {
      writer.raw('CREATE ').mailbox(mailbox);
      if (uses.length > 0) writer.raw(` (USE (${uses.join(' ')}))`);
    },
    end: (answer) => answer,
  });
}

/** SUBSCRIBE (RFC 9051 §6.3.7). Resolves with the answer, OK or not. */
export function subscribe(session: Session, mailbox: string): Promise<Tagged> {
  return session.run({
    name: 'SUBSCRIBE',
    compose: (writer) => writer.raw('SUBSCRIBE ').mailbox(mailbox),
    end: (answer) => answer,
  });
}

/** UNSUBSCRIBE (RFC 9051 §6.3.8). Resolves with the answer, OK or not. */
export function unsubscribe(session: Session, mailbox: string): Promise<Tagged> {
  return session.run({
    name: 'UNSUBSCRIBE',
    compose: (writer) => writer.raw('UNSUBSCRIBE ').mailbox(mailbox),
    end: (answer) => answer,
  });
}

/** RENAME (RFC 9051 §6.3.6). Resolves with the answer, OK or not. */
export function rename(session: Session, mailbox: string, to: string): Promise<Tagged> {
  return session.run({
    name: 'RENAME',
    compose: (writer) => writer.raw('RENAME ').mailbox(mailbox).raw(' ').mailbox(to),
    end: (answer) => answer,
  });
}

/** GETQUOTAROOT (RFC 9208 §4.1.2): the quotas that a mailbox counts against. */
export function quotaRoot(session: Session, mailbox: string): Promise<readonly Quota[]> {
  const quotas: Quota[] = [];
  return session.run({
    name: 'GETQUOTAROOT',
    compose: (writer) => writer.raw('GETQUOTAROOT ').mailbox(mailbox),
    take(response) {
      if (response.kind === 'quota') quotas.push(response.quota);
      return response.kind === 'quota' || response.kind === 'quota-root';
    },
    end(answer) {
      mustBeOk('GETQUOTAROOT', answer);
      return quotas;
    },
  });
}
