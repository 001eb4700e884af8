/** What a server can do and what it is, in sentences for the person who plans a move. Pure. */

import type { MailboxFacts, Remark, ServerFacts, ServerKind } from './probe-report.ts';

type Weight = Remark['weight'];

export function remark(weight: Weight, topic: Remark['topic'], says: string): Remark {
  return { weight, topic, says };
}

/** What its extensions save or cost. */
export function onAbilities(server: ServerFacts, can: ReadonlySet<string>, mailbox: MailboxFacts | null): Remark[] {
  const has = (name: string): boolean => can.has(name) || (can.has('IMAP4REV2') && inRev2.has(name));
  const selectable = mailbox?.folders.filter((folder) => folder.selectable).length ?? 0;
  const literals = has('LITERAL+') || has('LITERAL-');
  return [
    has('UIDPLUS')
      ? remark('fine', 'exactness', 'As a target it tells where each message went (UIDPLUS).')
      : remark(
          'note',
          'exactness',
          'As a target it does not tell where a message went (no UIDPLUS): we find each by its content, which costs a reading, and --delete can remove nothing there.',
        ),
    has('MULTIAPPEND')
      ? remark('fine', 'speed', 'As a target it takes many messages in one command (MULTIAPPEND).')
      : remark(
          'note',
          'speed',
          'As a target it takes messages one by one (no MULTIAPPEND): about three times its work for each.',
        ),
    literals
      ? remark('fine', 'speed', 'Messages can be sent to it without asking first (LITERAL+ or LITERAL-).')
      : remark(
          'note',
          'speed',
          `As a target it wants to be asked before every message (no LITERAL+): a round trip of ${server.roundTripMs} ms each, ${Math.ceil(server.roundTripMs)} s for a thousand.`,
        ),
    has('QRESYNC')
      ? remark(
          'fine',
          'again',
          'As a source it tells what changed and what left since last time (QRESYNC): later runs are short.',
        )
      : has('CONDSTORE')
        ? remark(
            'fine',
            'again',
            'As a source it tells which flags changed since last time (CONDSTORE); what left is found by listing UIDs.',
          )
        : remark(
            'note',
            'again',
            'As a source it cannot tell what changed (no CONDSTORE): each later run lists every message, some 60 octets each.',
          ),
    has('LIST-STATUS') || selectable < 2
      ? remark('fine', 'again', 'The state of all folders comes in one answer (LIST-STATUS).')
      : remark(
          'note',
          'again',
          `Each folder is asked for its state by itself (no LIST-STATUS): ${selectable} questions a run, sent together.`,
        ),
    ...(has('SPECIAL-USE')
      ? []
      : [
          remark(
            'note',
            'folders',
            'It does not say which folder is for sent mail, drafts, junk and trash (no SPECIAL-USE): they are known by their names.',
          ),
        ]),
    ...(has('SPECIAL-USE') && !can.has('CREATE-SPECIAL-USE')
      ? [
          remark(
            'note',
            'folders',
            'As a target it does not take a special use for a new folder (no CREATE-SPECIAL-USE): its own marked folders are used, others stay unmarked.',
          ),
        ]
      : []),
    ...(can.has('OBJECTID')
      ? [
          remark(
            'note',
            'clients',
            'It gives ids to messages and folders (OBJECTID, RFC 8474); they are its own and cannot be carried: JMAP and some webmail clients start afresh.',
          ),
        ]
      : []),
  ];
}

/** What IMAP4rev2 contains (RFC 9051 Appendix E), as far as we ask. */
const inRev2 = new Set(['UIDPLUS', 'LITERAL-', 'LIST-STATUS', 'SPECIAL-USE', 'ENABLE', 'NAMESPACE']);

/** From docs/quirks.md. Starting values, some of them years old: what the server says on the day counts. */
const ways: Partial<Record<ServerKind, readonly string[]>> = {
  dovecot: [
    'Dovecot usually allows 10 connections of one user from one address (mail_max_userip_connections); more are refused.',
    'As a target, Dovecot stores NUL octets as 0x80, line feeds alone as CR LF, and dates after 2038 as now: such messages are listed as different.',
  ],
  cyrus: [
    'As a target, Cyrus refuses messages with NUL octets, line feeds alone or a broken header, and turns octets above 127 in headers into X: such messages are listed.',
  ],
  courier: [
    'Courier often allows 4 connections from one address (MAXPERIP), divides names by "." and keeps all folders below INBOX.',
    'Courier may tell another UIDVALIDITY until a folder was once opened for writing; then its numbers are proven again by content.',
  ],
  exchange: [
    'Exchange estimates sizes, re-renders what it stores and throttles: waits it asks for are kept, and are no errors.',
    'Exchange refuses messages with very long lines or above its size limit (35 MB unless set otherwise); they are listed.',
  ],
  gmail: [
    'Gmail shows labels as folders: a message with three labels arrives three times. It allows 15 connections, and about 2,500 MB down and 500 MB up a day.',
    'As a target, Gmail merges messages of the same content, and its All Mail shows everything.',
  ],
  zimbra: ['Zimbra shows mounted folders of others among one’s own; they are left out unless included by name.'],
  icloud: ['iCloud takes app passwords only, and announces extensions that it does not keep to.'],
  yahoo: ['Yahoo takes app passwords only, and commands of no more than 1,000 octets.'],
};

/** What programs have met with servers of its kind. */
export function onKind(kind: ServerKind): Remark[] {
  return (ways[kind] ?? []).map((says) => remark('note', kind === 'courier' ? 'folders' : 'exactness', says));
}
