/**
 * A message as it stands in a plain file: lines that begin with `#` for whoever writes it, `Subject: …`, an empty line, and the
 * text. `{{name}}` is a place for something about the reader. A paragraph in which a place has nothing to say is left out. Its lines
 * run on, so that mail programs can break them as wide as their windows are; one that begins with a blank or a dash stands alone.
 */

import { cleanText } from '#lib/clean-text.ts';
import { nearest } from '#lib/nearest.ts';
import { fault } from './fault.ts';

/** Places that have something to say in every message. */
export const certainPlaces = ['name', 'address', 'organisation', 'day', 'time', 'timezone'] as const;
/** Places that may have nothing to say. */
export const possiblePlaces = ['until', 'earlier-day', 'colleagues', 'colleague-count', 'download'] as const;
export const noticePlaces = [...certainPlaces, ...possiblePlaces] as const;
export type NoticePlace = (typeof noticePlaces)[number];

type Part = { readonly text: string } | { readonly place: NoticePlace };
type Line = readonly Part[];

export interface NoticeTemplate {
  readonly subject: Line;
  /** Each of one line or more; between two an empty line stands. */
  readonly paragraphs: readonly (readonly Line[])[];
}

/** What is filled in; null where there is nothing to say. */
export type NoticeWords = Readonly<Record<(typeof certainPlaces)[number], string>> &
  Readonly<Record<(typeof possiblePlaces)[number], string | null>>;

/** Longer than any name, address or list of five colleagues. */
const wordsOctetsMax = 1_000;

/** Reads what stands in `file`. Throws `notice.template.wrong` with the line. */
export function readNoticeTemplate(text: string, file: string): NoticeTemplate {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n/);
  const wrong = (index: number, says: string) => fault('notice.template.wrong', { file, line: index + 1, text: says });
  const parse = (line: string, index: number): Line => partsOf(line, (says) => wrong(index, says));
  const at = lines.findIndex((line) => !line.startsWith('#') && line.trim() !== '');
  const subject = /^Subject:\s*(\S.*)$/i.exec(lines[at] ?? '')?.[1];
  if (subject === undefined) throw wrong(Math.max(0, at), 'the first line must be "Subject: " and what it is about.');
  const unsure = parse(subject, at).find((part) => 'place' in part && isPossible(part.place));
  if (unsure && 'place' in unsure)
    throw wrong(at, `{{${unsure.place}}} may have nothing to say, and cannot stand in the subject.`);
  if ((lines[at + 1] ?? '').trim() !== '') throw wrong(at + 1, 'below the subject an empty line must stand.');
  const paragraphs: Line[][] = [];
  let isWithin = false;
  for (const [index, line] of lines.entries()) {
    if (index <= at + 1) continue;
    if (line.trim() === '') isWithin = false;
    else if (isWithin) paragraphs.at(-1)?.push(parse(line.trimEnd(), index));
    else {
      paragraphs.push([parse(line.trimEnd(), index)]);
      isWithin = true;
    }
  }
  if (paragraphs.length === 0) throw wrong(at + 1, 'it has a subject and no text.');
  return { subject: parse(subject.trimEnd(), at), paragraphs };
}

/** The message with its places filled. Whatever is filled in stays on one line and can neither begin a header nor hide. */
export function fillNotice(
  { subject, paragraphs }: NoticeTemplate,
  words: NoticeWords,
): { readonly subject: string; readonly text: string } {
  const told = paragraphs.filter((lines) => lines.flat().every((part) => 'text' in part || words[part.place] !== null));
  return {
    subject: cleanText(filled(subject, words), wordsOctetsMax),
    text: `${told.map((lines) => runOn(lines.map((line) => filled(line, words)))).join('\n\n')}\n`,
  };
}

function runOn(lines: readonly string[]): string {
  return lines.reduce((whole, line) => (/^[\s-]/.test(line) ? `${whole}\n${line}` : `${whole} ${line}`));
}

function filled(line: Line, words: NoticeWords): string {
  return line.map((part) => ('text' in part ? part.text : cleanText(words[part.place] ?? '', wordsOctetsMax))).join('');
}

function partsOf(line: string, wrong: (says: string) => Error): Line {
  const parts: Part[] = [];
  let end = 0;
  for (const found of line.matchAll(/\{\{([^{}]*)\}\}/g)) {
    const place = (found[1] as string).trim();
    if (!isPlace(place)) throw wrong(unknownPlace(place));
    parts.push(...textOf(line.slice(end, found.index), wrong), { place });
    end = found.index + found[0].length;
  }
  return [...parts, ...textOf(line.slice(end), wrong)];
}

/** Between places: no half of one is left over. */
function textOf(text: string, wrong: (says: string) => Error): readonly Part[] {
  const half = /\{\{|\}\}/.exec(text)?.[0];
  if (half !== undefined) throw wrong(`"${half}" stands alone; a place is written {{name}}.`);
  return text === '' ? [] : [{ text }];
}

function unknownPlace(place: string): string {
  const near = nearest(place, noticePlaces);
  const instead = near === null ? `The places are ${noticePlaces.join(', ')}.` : `Did you mean {{${near}}}?`;
  return `there is no place {{${cleanText(place, 60)}}}. ${instead}`;
}

function isPlace(word: string): word is NoticePlace {
  return (noticePlaces as readonly string[]).includes(word);
}

function isPossible(place: NoticePlace): boolean {
  return (possiblePlaces as readonly string[]).includes(place);
}
