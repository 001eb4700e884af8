/** How things that people should know of are written down: refusals, differences, and what adoption changes. */

import { besides, between, dateWords, flagWords } from '#domain/difference-words.ts';
import { DigestSum } from '#domain/digest.ts';
import type { Instant, Uid, UidValidity } from '#domain/item.ts';
import { RunCollector } from '#domain/uid-map.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Exception, LedgerChange } from '#ports/ledger.ts';
import type { Content } from './content.ts';
import type { Engine, FolderWork } from './engine.ts';
import type { Match } from './matching.ts';

/** The words of a server as we keep and show them. */
const wordsOctetsMax = 300;

/** A message that did not arrive, and why. `code` and what it means to a person: docs/report.md. */
export function refusalOf(
  folder: { readonly work: FolderWork; readonly listing: { readonly state: { readonly uidValidity: UidValidity } } },
  uid: Uid,
  code: string,
  text: string,
  sizeBytes: number | null,
): Exception {
  return {
    folder: folder.work.source.id,
    sourceUidValidity: folder.listing.state.uidValidity,
    uid,
    kind: 'refused',
    code,
    detail: cleanText(text, wordsOctetsMax),
    sizeBytes,
    messageId: null,
    elementRead: null,
    elementServed: null,
  };
}

/**
 * Whether a refusal says nothing lasting about the message, so that every run tries again: somebody may have mended its
 * folder or the server, made room, or what was withheld is given now.
 */
export function isTriedAgain(code: string): boolean {
  return code.startsWith('folder-') || code === 'quota' || code === 'server-fault' || code === 'withheld';
}

/** One way in which a message that arrived is served otherwise. */
export interface Difference {
  readonly class:
    | 'nul'
    | 'header8bit'
    | 'lineEnds'
    | 'content'
    | 'unreadable'
    | 'date'
    | 'flags'
    | 'keywords'
    | 'conflict'
    | 'source-only';
  readonly detail: string;
}

/** All differences of one message in one exception; classes and details stand in the same order. */
export function differenceOf(
  work: FolderWork,
  uid: Uid,
  sizeBytes: number | null,
  differences: readonly Difference[],
  elements: { readonly read: Uint8Array | null; readonly served: Uint8Array | null },
): Exception {
  return {
    folder: work.source.id,
    sourceUidValidity: (work.record.sourceUidValidity ?? work.source.state?.uidValidity ?? 0) as UidValidity,
    uid,
    kind: 'different',
    code: differences.map((difference) => difference.class).join(','),
    detail: differences.map(({ detail }) => cleanText(detail.replaceAll(between, ' '), wordsOctetsMax)).join(between),
    sizeBytes,
    messageId: null,
    elementRead: elements.read,
    elementServed: elements.served,
  };
}

/** The differences that `differenceOf` put into one exception. */
export function differencesIn(exception: Exception): readonly { readonly class: string; readonly detail: string }[] {
  const details = exception.detail.split(between);
  return exception.code.split(',').map((name, i) => ({ class: name, detail: details[i] ?? '' }));
}

/** What in a message explains that a server serves other octets than it was given. */
export function classOfChange(read: Content, served: Pick<Content, 'sizeBytes'>): Difference['class'] {
  if (read.hasNul) return 'nul';
  if (read.sizeBytes !== served.sizeBytes) return 'lineEnds';
  return read.has8BitHeader ? 'header8bit' : 'content';
}

const noDifference = { missing: [], extra: [] } as const;

/** Flags that one side has and the other lacks; names are compared without case, as servers do. */
export function flagDifference(
  wanted: readonly string[],
  served: readonly string[],
): { readonly missing: readonly string[]; readonly extra: readonly string[] } {
  if (wanted.length === served.length && wanted.every((flag, i) => flag === served[i])) return noDifference;
  const wantedNames = new Set(wanted.map((flag) => flag.toLowerCase()));
  const servedNames = new Set(served.map((flag) => flag.toLowerCase()));
  return {
    missing: wanted.filter((flag) => !servedNames.has(flag.toLowerCase())),
    extra: served.filter((flag) => !wantedNames.has(flag.toLowerCase())),
  };
}

/** What `flagDifferences` wrote down as being on the target besides: whether a flag is of it. Of a list cut short all are. */
export function isBesides(exception: Exception | null): (flag: string) => boolean {
  if (!exception) return () => false;
  const lists = differencesIn(exception)
    .filter(({ class: name, detail }) => (name === 'flags' || name === 'keywords') && detail.includes(besides))
    .map(({ class: name, detail }) => ({ name, flags: detail.slice(detail.indexOf(besides) + besides.length).trim() }));
  return (flag) =>
    lists.some(
      ({ name, flags }) =>
        (name === 'flags') === flag.startsWith('\\') &&
        (flags.endsWith('…') || flags.toLowerCase().split(' ').includes(flag.toLowerCase())),
    );
}

/** The same difference in words, by kind of flag; empty when there is none. */
export function flagDifferences(missing: readonly string[], extra: readonly string[]): readonly Difference[] {
  const differences: Difference[] = [];
  for (const [name, isOfKind] of [
    ['flags', (flag: string) => flag.startsWith('\\')],
    ['keywords', (flag: string) => !flag.startsWith('\\')],
  ] as const) {
    const lacks = missing.filter(isOfKind);
    const has = extra.filter(isOfKind);
    if (lacks.length + has.length === 0) continue;
    differences.push({ class: name, detail: flagWords(lacks, has) });
  }
  return differences;
}

/** Two instants in words, as a difference of dates; null when they are the same. */
export function dateDifference(read: Instant | null, served: Instant | null): Difference | null {
  if (read === served) return null;
  return { class: 'date', detail: dateWords(instantWords(read), instantWords(served)) };
}

function instantWords(instant: Instant | null): string {
  if (instant === null) return 'no valid date';
  const date = new Date(instant * 1000);
  return Number.isNaN(date.getTime()) ? `${instant} s` : date.toISOString();
}

/**
 * Takes messages that were found on the target into the map, marked as adopted (never removed by us) unless proven ours.
 * `flagsBesides`: what people have set there and the source has not; it is listed at once, since what is listed is left to them.
 */
export function adoptionChanges(
  engine: Engine,
  folder: { readonly work: FolderWork; readonly listing: { readonly state: { readonly uidValidity: UidValidity } } },
  matches: Iterable<Match>,
  flagsBesides: (match: Match) => readonly string[] = () => [],
): LedgerChange[] {
  const { work } = folder;
  const digest = new DigestSum(work.record.digest);
  let count = 0;
  let bytes = 0;
  const [found, ours] = [new RunCollector(true), new RunCollector(false)];
  const unrefused: LedgerChange[] = [];
  const different: LedgerChange[] = [];
  // Once over them all: there may be very many, of which each is made as it is asked for.
  for (const match of matches) {
    const { uid, sizeBytes, element, servedAs } = match;
    digest.add(element);
    count++;
    bytes += sizeBytes;
    (match.sentByUs ? ours : found).add(uid, match.targetUid);
    unrefused.push(...engine.exceptions.remove(work.source.id, uid, 'refused'));
    const differences: Difference[] = [...flagDifferences([], flagsBesides(match))];
    if (servedAs) {
      const kind = servedAs.sizeBytes === sizeBytes ? 'content' : 'lineEnds';
      differences.push({ class: kind, detail: 'served with other octets by the target' });
    }
    if (differences.length === 0) continue;
    const elements = { read: element, served: null };
    different.push(engine.exceptions.add(differenceOf(work, uid, sizeBytes, differences, elements)));
  }
  if (count === 0) return [];
  const runs = [...found.runs(), ...ours.runs()];
  work.map = work.map.with(runs);
  work.record = {
    ...work.record,
    digest: digest.octets(),
    messages: work.record.messages + count,
    bytes: work.record.bytes + bytes,
    sourceUidValidity: folder.listing.state.uidValidity,
    targetUidValidity: work.target.state?.uidValidity ?? null,
  };
  return [
    ...unrefused,
    { kind: 'mapped', folder: work.source.id, runs },
    { kind: 'folder', record: work.record },
    ...different,
  ];
}
