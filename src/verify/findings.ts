/** What is found out about one folder, in the words of the report. */

import type { Folder, Instant } from '#domain/item.ts';
import type {
  DifferenceClass,
  DifferentMessage,
  OneSided,
  UnreadableMessage,
  VerifiedFolder,
} from '#domain/verify-report.ts';
import { cleanText } from '#lib/clean-text.ts';
import { type Columns, type FlagSets, gone, hashed, outlined } from './columns.ts';
import type { Pair } from './match.ts';
import type { SteadyReader } from './steady-reader.ts';

export interface FolderFindings {
  readonly folder: VerifiedFolder;
  readonly missing: readonly OneSided[];
  readonly extra: readonly OneSided[];
  readonly different: readonly DifferentMessage[];
  readonly unreadable: readonly UnreadableMessage[];
}

/** One folder of one side while it is compared. */
export interface Side {
  readonly name: 'source' | 'target';
  readonly steady: SteadyReader;
  readonly folder: Folder;
  readonly path: string;
  readonly columns: Columns;
  readonly unreadable: UnreadableMessage[];
}

export interface Findings {
  equal: number;
  readonly missing: OneSided[];
  readonly extra: OneSided[];
  readonly different: DifferentMessage[];
  readonly unreadable: readonly UnreadableMessage[];
}

/** The findings with their counts. */
export function findingsOf(findings: Findings, sources: readonly Side[], target: Side): FolderFindings {
  const { equal, missing, extra, different, unreadable } = findings;
  return {
    folder: {
      sources: sources.map(({ path }) => path),
      target: target.path,
      sourceMessages: sources.reduce((count, side) => count + messagesOf(side), 0),
      targetMessages: messagesOf(target),
      equal,
      missing: missing.length,
      extra: extra.length,
      different: different.length,
      unreadable: unreadable.length,
    },
    missing,
    extra,
    different,
    unreadable,
  };
}

function messagesOf(side: Side): number {
  return side.columns.content.reduce((count, state) => count + (state === gone ? 0 : 1), 0);
}

/** Whether a message can still be looked at: it has neither left nor been withheld. */
export function isThere(side: Side, row: number): boolean {
  return side.columns.content[row] === hashed || side.columns.content[row] === outlined;
}

/** How the two copies of one message differ: by content, as the caller found, and by date, flags and keywords. */
export function different(
  source: Side,
  target: Side,
  pair: Pair,
  flagSets: FlagSets,
  byContent: DifferentMessage['differences'],
  messageId: string | null,
): DifferentMessage {
  return {
    folder: source.path,
    uid: source.columns.uid(pair.source),
    targetFolder: target.path,
    targetUid: target.columns.uid(pair.target),
    messageId,
    differences: [
      ...byContent,
      ...dateDifference(source, target, pair),
      ...flagDifferences(source, target, pair, flagSets),
    ],
  };
}

function dateDifference(source: Side, target: Side, pair: Pair): DifferentMessage['differences'] {
  const [ours, theirs] = [source.columns.internalDate(pair.source), target.columns.internalDate(pair.target)];
  if (ours === theirs) return [];
  const words = (date: Instant | null): string => isoOf(date) ?? 'no valid date';
  return [{ class: 'date', detail: `${words(ours)} on the source, ${words(theirs)} on the target` }];
}

function flagDifferences(source: Side, target: Side, pair: Pair, flagSets: FlagSets): DifferentMessage['differences'] {
  const [ours, theirs] = [source.columns.flagSets[pair.source], target.columns.flagSets[pair.target]];
  if (ours === theirs) return [];
  const lacks = without(flagSets.flags(ours as number), flagSets.flags(theirs as number));
  const has = without(flagSets.flags(theirs as number), flagSets.flags(ours as number));
  const differences: { class: DifferenceClass; detail: string }[] = [];
  for (const kind of ['flags', 'keywords'] as const) {
    const isOfKind = (flag: string): boolean => flag.startsWith('\\') === (kind === 'flags');
    const parts = [];
    if (lacks.some(isOfKind)) parts.push(`the target lacks ${shown(lacks.filter(isOfKind))}`);
    if (has.some(isOfKind)) parts.push(`the target has besides ${shown(has.filter(isOfKind))}`);
    if (parts.length > 0) differences.push({ class: kind, detail: parts.join(', ') });
  }
  return differences;
}

function without(flags: readonly string[], others: readonly string[]): readonly string[] {
  const names = new Set(others.map((flag) => flag.toLowerCase()));
  return flags.filter((flag) => !names.has(flag.toLowerCase()));
}

/** A message by everything by which a person may find it. */
export function oneSided(side: Side, row: number, messageId: string | null): OneSided {
  const { columns } = side;
  return {
    folder: side.path,
    uid: columns.uid(row),
    uidValidity: columns.uidValidity,
    sizeBytes: columns.sizeBytes(row),
    internalDate: isoOf(columns.internalDate(row)),
    messageId,
  };
}

function isoOf(instant: Instant | null): string | null {
  if (instant === null) return null;
  const date = new Date(instant * 1000);
  return Number.isNaN(date.getTime()) ? `${instant} s since 1970` : date.toISOString().replace('.000Z', 'Z');
}

/** Keywords are a server's words. */
function shown(flags: readonly string[]): string {
  return cleanText(flags.join(' '), 300);
}
