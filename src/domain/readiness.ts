/**
 * What will go wrong with a mailbox when its wave comes, as far as both platforms tell days before: sign-ins, room, sizes, names
 * of folders, keywords. Pure: what was seen in, remarks out.
 */

import { mapFolders } from './folder-map.ts';
import type { FolderTree } from './item.ts';
import type { SideName } from './platform.ts';
import type { MailboxFacts, QuotaFacts } from './probe-report.ts';
import type { Selection } from './selection.ts';
import { sizeText } from '#lib/size-text.ts';

/** What a kind of trouble is, and what to do about it. `trouble`: it will go wrong; `note`: it will go otherwise than people expect. */
export const readinessKinds = {
  'source-sign-in': {
    weight: 'trouble',
    is: 'cannot be signed in to on the source',
    remedy: 'Check that the mailbox is there under that name, its secret, and what the administrator may do.',
  },
  'target-sign-in': {
    weight: 'trouble',
    is: 'cannot be signed in to on the target',
    remedy:
      'Check that the mailbox has been made there, under that name, its secret, and what the administrator may do.',
  },
  'no-room': {
    weight: 'trouble',
    is: 'has more mail than there is room for on the target',
    remedy: 'Raise the quota there, or have its owner tidy up.',
  },
  'no-append': {
    weight: 'trouble',
    is: 'is on a server that takes no messages by IMAP',
    remedy: 'Have APPEND allowed on the target.',
  },
  'too-large': {
    weight: 'trouble',
    is: 'has messages that are larger than the target takes',
    remedy:
      'Raise the limit there, or leave them out by max-size; else they are listed as refused, and somebody has to accept that before it switches.',
  },
  'folder-name': {
    weight: 'trouble',
    is: 'has folders whose names the target cannot hold',
    remedy:
      'Have them renamed, or map them elsewhere (folders.map); else their messages are listed as refused, and somebody has to accept that before it switches.',
  },
  keywords: {
    weight: 'trouble',
    is: 'has keywords (tags), and the target takes none',
    remedy: 'Have keywords allowed on the target; else they are listed as lost.',
  },
  'little-room': {
    weight: 'note',
    is: 'will fill nine tenths of its quota on the target, or more',
    remedy: 'Raise the quota there before its owner notices.',
  },
  'folder-renamed': {
    weight: 'note',
    is: 'has folders that get another name on the target',
    remedy: 'Tell its owner, or map them elsewhere (folders.map).',
  },
  'folder-alike': {
    weight: 'note',
    is: 'has folders whose names differ in case only, which some servers take for one',
    remedy: 'Have one of them renamed where the target is such a server.',
  },
} as const satisfies Record<
  string,
  { readonly weight: 'trouble' | 'note'; readonly is: string; readonly remedy: string }
>;

export type ReadinessKind = keyof typeof readinessKinds;

export interface ReadinessRemark {
  readonly kind: ReadinessKind;
  readonly weight: 'trouble' | 'note';
  /** Of this mailbox, for people. */
  readonly says: string;
}

export interface ReadinessReport {
  /** The gravest first; empty where nothing is in the way. */
  readonly remarks: readonly ReadinessRemark[];
}

export function isReady({ remarks }: ReadinessReport): boolean {
  return remarks.every(({ weight }) => weight === 'note');
}

/** What the messages of the source are like. */
export interface MessagesSeen {
  readonly bytes: number;
  readonly largest: { readonly folder: string; readonly uid: number; readonly bytes: number } | null;
  /** Those that are larger than the target takes. */
  readonly tooLarge: number;
  /** The keywords that people use, some of them. */
  readonly keywords: readonly string[];
}

export interface BothSeen {
  readonly source: MailboxFacts;
  readonly sourceTree: FolderTree;
  readonly target: MailboxFacts;
  readonly targetTree: FolderTree;
  /** Null where nothing asked for a look at them. */
  readonly messages: MessagesSeen | null;
  readonly selection: Selection;
}

/** Whether the messages have to be looked at one by one, which costs a listing of each folder. */
export function needsMessages(source: MailboxFacts, target: MailboxFacts): boolean {
  const limit = limitOf(target);
  return limit !== null || target.newKeywords === false || (source.bytes === null && storageOf(target) !== null);
}

/** The largest message that the target takes; null where it does not say. */
export function limitOf({ appendLimitBytes }: MailboxFacts): number | null {
  return appendLimitBytes === null || appendLimitBytes >= noLimitBytes ? null : appendLimitBytes;
}

/** Cyrus says 2^32-1 where nothing was set. */
const noLimitBytes = 2 ** 32 - 1;

export function readinessOf(seen: BothSeen): ReadinessReport {
  const remarks = [...onRoom(seen), ...onMessages(seen), ...onFolders(seen)];
  return { remarks: remarks.toSorted((a, b) => Number(a.weight === 'note') - Number(b.weight === 'note')) };
}

/** Of a mailbox that could not be opened on that side. */
export function notOpened(side: SideName, says: string): ReadinessReport {
  return { remarks: [remark(`${side}-sign-in`, says)] };
}

function remark(kind: ReadinessKind, says: string): ReadinessRemark {
  return { kind, weight: readinessKinds[kind].weight, says };
}

const fullShare = 0.9;

function onRoom({ source, target, messages }: BothSeen): ReadinessRemark[] {
  const remarks: ReadinessRemark[] = [];
  const storage = storageOf(target);
  const has = messages?.bytes ?? source.bytes;
  // What was copied already takes its room already.
  if (storage && has !== null)
    remarks.push(...onQuota(storage, Math.max(0, has - (target.bytes ?? 0)), (n) => sizeText(n)));
  const count = quotaOf(target, 'MESSAGE');
  if (count)
    remarks.push(
      ...onQuota(count, Math.max(0, source.messages - target.messages), (n) => `${n.toLocaleString('en')} messages`),
    );
  return remarks;
}

function onQuota({ used, limit }: QuotaFacts, comes: number, amount: (n: number) => string): ReadinessRemark[] {
  const says = `${amount(comes)} are to come, and of ${amount(limit)} ${amount(used)} are used`;
  if (used + comes > limit) return [remark('no-room', `${says}: ${amount(used + comes - limit)} too many`)];
  return used + comes > limit * fullShare ? [remark('little-room', says)] : [];
}

function storageOf(target: MailboxFacts): QuotaFacts | null {
  return quotaOf(target, 'STORAGE');
}

/** The tightest of that resource; a limit of nothing is none. */
function quotaOf({ quotas }: MailboxFacts, resource: string): QuotaFacts | null {
  const found = quotas.filter((quota) => quota.resource.toUpperCase() === resource && quota.limit > 0);
  return found.toSorted((a, b) => a.limit - a.used - (b.limit - b.used))[0] ?? null;
}

function onMessages({ target, messages }: BothSeen): ReadinessRemark[] {
  const remarks: ReadinessRemark[] = [];
  const limit = limitOf(target);
  if (limit === 0) remarks.push(remark('no-append', 'APPENDLIMIT is 0'));
  else if (limit !== null && messages && messages.tooLarge > 0 && messages.largest) {
    const { folder, uid, bytes } = messages.largest;
    remarks.push(
      remark(
        'too-large',
        `${messages.tooLarge.toLocaleString('en')} of more than ${sizeText(limit)}; the largest is ${sizeText(bytes)} (${folder}, UID ${uid})`,
      ),
    );
  }
  if (target.newKeywords === false && messages && messages.keywords.length > 0)
    remarks.push(remark('keywords', named(messages.keywords)));
  return remarks;
}

/** What file systems and most servers take for one name. */
const nameOctetsMax = 255;

function onFolders({ sourceTree, targetTree, selection }: BothSeen): ReadinessRemark[] {
  const { folders } = mapFolders(sourceTree, targetTree, selection);
  const tooLong = folders.filter(({ path }) => path.some((name) => Buffer.byteLength(name) > nameOctetsMax));
  // What somebody asked for is no news to them, and a folder that plays the same part is where people expect it.
  const renamed = folders.filter(({ reason }) => reason !== null && /divide names|already goes to/.test(reason));
  const unwritable = folders.filter((folder) => !renamed.includes(folder) && folder.path.some(isUnwritable));
  const alike = Map.groupBy(folders, ({ path }) => path.join('\0').normalize('NFC').toLowerCase());
  const pairs = [...alike.values()].filter((of) => new Set(of.map(({ path }) => path.join('\0'))).size > 1).flat();
  const names = (of: typeof folders): string => named(of.map(({ source }) => source.path.join('/')));
  return [
    ...(tooLong.length > 0 ? [remark('folder-name', `longer than ${nameOctetsMax} octets: ${names(tooLong)}`)] : []),
    ...(renamed.length > 0
      ? [
          remark(
            'folder-renamed',
            named(renamed.map(({ source, path }) => `${source.path.join('/')} → ${path.join('/')}`)),
          ),
        ]
      : []),
    ...(unwritable.length > 0 ? [remark('folder-renamed', `with control characters: ${names(unwritable)}`)] : []),
    ...(pairs.length > 0 ? [remark('folder-alike', names(pairs))] : []),
  ];
}

function isUnwritable(name: string): boolean {
  return /\p{Cc}/u.test(name);
}

const namesMax = 5;

function named(names: readonly string[]): string {
  const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : '';
  return `${names
    .slice(0, namesMax)
    .map((name) => JSON.stringify(name))
    .join(', ')}${more}`;
}
