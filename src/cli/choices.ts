/** From typed flags to the choices of a run, every mistake told at once. */

import { type Selection } from '#domain/selection.ts';
import type { Instant } from '#domain/item.ts';
import { nearest } from '#lib/nearest.ts';
import type { CopyChoices } from '#operations/copy-mailbox.ts';
import type { CopyFlags, SelectionFlags } from './flags.ts';
import { parseDuration, parseMoment, parseSize } from './quantities.ts';
import type { Place, Problems } from './usage.ts';

const roles = ['\\Inbox', '\\All', '\\Archive', '\\Drafts', '\\Flagged', '\\Junk', '\\Sent', '\\Trash', '\\Important'];

/** Which folders and messages; what is wrong is added to `problems`. */
export function readSelection(flags: SelectionFlags, nowMs: number, problems: Problems): Selection {
  const selection: Selection = {
    include: readGlobs('--include', flags.include ?? [], problems),
    exclude: readGlobs('--exclude', flags.exclude ?? [], problems),
    map: (flags.map ?? []).flatMap((text) => readMapping(text, problems)),
    since: readMoment('--since', flags.since, nowMs, problems),
    before: readMoment('--before', flags.before, nowMs, problems),
    maxSizeBytes: readSize(flags.maxSize, problems),
  };
  if (selection.since !== null && selection.before !== null && selection.since >= selection.before) {
    problems.add('--since is not earlier than --before: no message can be meant.');
  }
  const froms = selection.map.map(({ from }) => from);
  for (const from of new Set(froms.filter((from, i) => froms.indexOf(from) < i)))
    problems.add(`--map names "${from}" twice.`);
  return selection;
}

/** All choices of `copy`. */
export function readChoices(flags: CopyFlags, nowMs: number, problems: Problems): CopyChoices {
  const followSeconds = flags.follow === undefined ? null : parseDuration(flags.follow);
  if (flags.follow !== undefined && followSeconds === null)
    problems.add(`--follow ${JSON.stringify(flags.follow)} is no time: write 60s, 5m or 1h.`);
  if (flags.follow !== undefined && flags.dryRun)
    problems.add('--dry-run looks once and writes nothing; it cannot --follow.');
  return {
    selection: readSelection(flags, nowMs, problems),
    delete: flags.delete === true,
    prove: flags.prove ?? 'sample',
    dryRun: flags.dryRun === true,
    followSeconds,
    retryRefused: flags.retryRefused === true,
  };
}

/** `--at-once`: from 1 to 1,000 mailboxes; each has two connections, and more would be no faster. */
export function readAtOnce(text: string | undefined, otherwise: number, problems: Problems): number {
  if (text === undefined) return otherwise;
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 1_000) problems.add(`--at-once ${JSON.stringify(text)} is no number from 1 to 1000.`);
  return number;
}

/** Folders to include or exclude, as the flag or setting `flag` names them; `at` says where the one of an index stands. */
export function readGlobs(
  flag: string,
  globs: readonly string[],
  problems: Problems,
  at?: (index: number) => Place,
): readonly string[] {
  for (const [i, glob] of globs.entries()) {
    if (glob === '') problems.add(`${flag} is empty.`, at?.(i));
    else if (
      glob.startsWith('\\') &&
      !glob.includes('/') &&
      !roles.some((role) => role.toLowerCase() === glob.toLowerCase())
    ) {
      const near = nearest(glob, roles);
      problems.add(
        `${flag} ${glob}: there is no such role${near ? `; did you mean ${near}?` : `. The roles are ${roles.join(', ')}.`}`,
        at?.(i),
      );
    }
  }
  return globs;
}

/** `Old/Path=New/Path`; an `=` that belongs to a name is written `\=`. */
function readMapping(text: string, problems: Problems): Selection['map'] {
  const parts = text.split(/(?<!\\)=/).map((part) => part.replaceAll('\\=', '='));
  const [from, to] = parts.map((part) => part.replace(/^\/+|\/+$/g, ''));
  if (parts.length !== 2 || !from || !to) {
    problems.add(
      `--map ${JSON.stringify(text)}: write 'Old/Path=New/Path', both without a "/" at their ends. An "=" inside a name is written "\\=".`,
    );
    return [];
  }
  return [{ from, to }];
}

function readMoment(flag: string, text: string | undefined, nowMs: number, problems: Problems): Instant | null {
  if (text === undefined) return null;
  const moment = parseMoment(text, nowMs);
  if (moment === null)
    problems.add(
      `${flag} ${JSON.stringify(text)} is no date: write 2024-03-31, 2024-03-31T12:00:00Z or an age such as 30d, 2w, 1y.`,
    );
  return moment;
}

function readSize(text: string | undefined, problems: Problems): number | null {
  if (text === undefined) return null;
  const size = parseSize(text);
  if (size === null)
    problems.add(`--max-size ${JSON.stringify(text)} is no size: write 25M, 512k or a number of bytes.`);
  return size;
}
