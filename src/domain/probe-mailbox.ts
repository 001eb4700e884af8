/** What is in a mailbox and what that means for a move, in sentences for the person who plans it. Pure. */

import { remark } from './probe-abilities.ts';
import type { DeepFacts, DeepKind, MailboxFacts, Remark, ServerFacts } from './probe-report.ts';
import { sizeText } from '#lib/size-text.ts';

/** What is in it, and what of that a move leaves out. */
export function onFolders(mailbox: MailboxFacts): Remark[] {
  const remarks: Remark[] = [];
  const { folders } = mailbox;
  const own = folders.filter(({ belongsTo, virtual }) => belongsTo === 'personal' && !virtual);
  const others = folders.filter(({ belongsTo }) => belongsTo !== 'personal');
  const virtual = folders.filter((folder) => folder.virtual && folder.belongsTo === 'personal');
  remarks.push(
    remark(
      'fine',
      'folders',
      `${count(own.length, 'folder')} with ${count(mailbox.messages, 'message')}${mailbox.bytes === null ? '' : `, ${sizeText(mailbox.bytes)}`}.`,
    ),
  );
  if (others.length > 0) {
    remarks.push(
      remark(
        'note',
        'folders',
        `${count(others.length, 'folder')} of others can be seen here and stay where they are; --include takes them along.`,
      ),
    );
  }
  if (virtual.length > 0) {
    remarks.push(
      remark(
        'note',
        'folders',
        `${quoted(virtual.map(({ path }) => path))} only show messages of other folders and are left out.`,
      ),
    );
  }
  return remarks;
}

/** How names are spelt in it, and which of people's own words it takes. */
export function onNames({ separator, namespaces, newKeywords }: MailboxFacts): Remark[] {
  const remarks: Remark[] = [];
  const prefix = namespaces.find(({ belongsTo }) => belongsTo === 'personal')?.prefix ?? '';
  if (prefix !== '')
    remarks.push(
      remark(
        'note',
        'folders',
        `All folders lie below "${prefix}"; it is added and taken away in a move, so that people see the names they know.`,
      ),
    );
  if (separator === '.')
    remarks.push(
      remark('note', 'folders', 'Names are divided by "."; as a target it gets a dot inside a name as %2E.'),
    );
  if (separator === null)
    remarks.push(
      remark(
        'note',
        'folders',
        'There are no folders within folders here; as a target it gets their names joined by %2F.',
      ),
    );
  if (newKeywords === false) {
    remarks.push(
      remark(
        'trouble',
        'exactness',
        'As a target it takes no keywords beyond its own: the tags people made are lost and listed.',
      ),
    );
  }
  return remarks;
}

/** Cyrus says 2^32-1 where nothing was set. */
const noLimitBytes = 2 ** 32 - 1;

/** Whether there is room for more. */
export function onRoom(mailbox: MailboxFacts): Remark[] {
  const remarks = mailbox.quotas
    .filter(({ limit }) => limit > 0)
    .map(({ resource, used, limit }) => {
      const share = Math.round((used / limit) * 100);
      const amounts =
        resource.toUpperCase() === 'STORAGE'
          ? `${sizeText(used)} of ${sizeText(limit)}`
          : `${used} of ${limit} ${resource.toLowerCase()}`;
      return remark(share >= 90 ? 'trouble' : 'fine', 'room', `${amounts} are used (${share} %).`);
    });
  const limit = mailbox.appendLimitBytes;
  if (limit === 0)
    remarks.push(
      remark('trouble', 'room', 'It takes no messages at all by IMAP (APPENDLIMIT 0): it cannot be a target.'),
    );
  else if (limit !== null && limit < noLimitBytes)
    remarks.push(
      remark(
        'note',
        'room',
        `As a target it takes messages of up to ${sizeText(limit)} (APPENDLIMIT); larger ones are listed as refused, or left out by --max-size.`,
      ),
    );
  return remarks;
}

/** What people's programs will notice of a move. */
export function onClients(mailbox: MailboxFacts, server: ServerFacts | null): Remark[] {
  const much =
    mailbox.bytes ?? mailbox.quotas.find(({ resource }) => resource.toUpperCase() === 'STORAGE')?.used ?? null;
  const about = much === null ? count(mailbox.messages, 'message') : `about ${sizeText(much)}`;
  const uidl =
    server?.kind === 'dovecot' || server?.kind === 'cyrus' ? ' (here most likely made of UIDVALIDITY and UID)' : '';
  return [
    remark(
      'note',
      'clients',
      `UIDs cannot be carried by IMAP: after a switch, programs that keep a copy of their mail download it again, ${about} for this mailbox.`,
    ),
    remark(
      'note',
      'clients',
      `Programs that fetch by POP3 and leave mail on the server know messages by their UIDL${uidl}: unless the new server is made to give the same, they fetch everything once more.`,
    ),
  ];
}

const meaning: Record<DeepKind, (n: string) => string> = {
  nul: (n) => `${n} with NUL octets: Dovecot stores 0x80 instead, Cyrus refuses them.`,
  header8bit: (n) => `${n} with octets above 127 in the header: Cyrus stores X instead.`,
  bareLineFeed: (n) => `${n} served with line feeds alone: Dovecot serves CR LF, Cyrus refuses them.`,
  longLine: (n) => `${n} with lines of more than 9,900 octets: Exchange refuses or folds them.`,
  brokenHeader: (n) => `${n} whose header holds lines that are no fields: Cyrus refuses them.`,
  empty: (n) => `${n} of no octets at all: no server takes them.`,
  large: (n) => `${n} of more than 35 MB: many targets refuse them (APPENDLIMIT).`,
  date: (n) => `${n} dated before 1970-01-01T00:00:01 or after 2037: servers change such dates.`,
  unreadable: (n) => `${n} that the server lists and does not give out.`,
  folderName: (n) => `${n.replace('message', 'folder')} with names that some servers refuse or change.`,
};

/** Single messages and folders that servers are known to trip over. */
export function onMessages(deep: DeepFacts): Remark[] {
  const remarks = deep.findings.map(({ kind, count: n }) =>
    remark(kind === 'unreadable' ? 'trouble' : 'note', 'messages', meaning[kind](count(n, 'message'))),
  );
  const most = deep.keywordsMost;
  if (most && most.count > 26) {
    remarks.push(
      remark(
        'note',
        'messages',
        `"${most.folder}" uses ${most.count} keywords: servers that keep mail as Maildir name 26 in a folder, Cyrus about 90.`,
      ),
    );
  }
  if (remarks.length === 0)
    remarks.push(
      remark(
        'fine',
        'messages',
        `Nothing in ${count(deep.messagesRead, 'message')} that servers are known to trip over.`,
      ),
    );
  return remarks;
}

function count(n: number, what: string): string {
  return `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
}

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${name}"`);
  return `${shown.join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
}
