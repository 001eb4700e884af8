/** Which mailboxes are meant: `organisation=RXY kind=person,shared stage=following`. All of the words hold, any of the values. */

import { nearest } from '#lib/nearest.ts';
import { mailboxKinds } from './estate.ts';
import { faults } from './fault.ts';
import { marks, stages } from './journey.ts';

/**
 * `under`: an organisation and all that are below it. `fault`: the code of what a mailbox is blocked for. `way-home`: whether what people
 * change after the switch is carried home. `name`: words of a display name, or of an address before its @ where there is none.
 */
export const selectorKeys = [
  'address',
  'name',
  'organisation',
  'under',
  'kind',
  'stage',
  'wave',
  'mark',
  'fault',
  'way-home',
  'hint',
] as const;
export type SelectorKey = (typeof selectorKeys)[number];

export type Selector = Readonly<Partial<Record<SelectorKey, readonly string[]>>>;

/** What a selector names and the estate does not have. */
export interface UnknownName {
  readonly kind: 'unknown';
  readonly key: 'organisation' | 'under' | 'wave';
  readonly value: string;
  /** The one that may have been meant. */
  readonly nearest: string | null;
}

const values: Partial<Record<SelectorKey, readonly string[]>> = {
  kind: mailboxKinds,
  // A mark keeps a mailbox where it is, and to people that is a place as well.
  stage: [...stages, ...marks],
  mark: [...marks, 'none'],
  fault: Object.keys(faults),
  'way-home': ['kept', 'late'],
};

/** Answers with words for a person where `text` is no selector. In an address and in the code of a fault `*` may stand for anything. */
export function readSelector(text: string): Selector | { readonly problem: string } {
  const selector: Partial<Record<SelectorKey, string[]>> = {};
  for (const word of text.trim().split(/\s+/).filter(Boolean)) {
    const at = word.indexOf('=');
    const [key, value] = [word.slice(0, Math.max(0, at)), word.slice(at + 1)];
    const known = selectorKeys.find((each) => each === key);
    if (at <= 0 || !known) {
      const near = nearest(at < 0 ? word : key, selectorKeys);
      return {
        problem: `${JSON.stringify(word)} selects nothing: write key=value${near ? `; did you mean ${near}=…?` : `, with one of ${selectorKeys.join(', ')}.`}`,
      };
    }
    const wanted = value.split(',').filter(Boolean);
    if (wanted.length === 0) return { problem: `${known}= wants a value.` };
    const allowed = values[known];
    for (const one of wanted) {
      if (known === 'name' && nameWords(one).length === 0) return { problem: `name=${one}: there is no word in it.` };
      if (!allowed || allowed.includes(one) || (known === 'fault' && faultCodes([one]).length > 0)) continue;
      const near = nearest(one, allowed);
      return {
        problem: `${known}=${one}: there is no such ${known}${near ? `; did you mean ${near}?` : `. ${known === 'fault' ? 'docs/faults.md lists them' : `There are ${allowed.join(', ')}`}.`}`,
      };
    }
    (selector[known] ??= []).push(...wanted);
  }
  return selector;
}

/** As it is typed: no value that was read has a blank or a comma in it. */
export function selectorText(selector: Selector): string {
  return Object.entries(selector)
    .map(([key, its]) => `${key}=${its.join(',')}`)
    .join(' ');
}

/** What stands between the words of a name; migration 0030 of the store has the same. */
const betweenWords = /[\s"(),\-./:;@_&+]+/;

/** The words of a value of `name`, in lower case: `O'Neil.zoe` has two. Nobody is called by longer ones. */
export function nameWords(value: string): readonly string[] {
  const words = value
    .toLowerCase()
    .replace(/['\u2019]/g, '')
    .split(betweenWords);
  return words.filter(Boolean).map((word) => word.slice(0, 64));
}

/** What a value of `stage` means: a stage, or a mark beside it. */
export function stagesAndMarks(values: readonly string[]): {
  readonly stages: readonly string[];
  readonly marks: readonly string[];
} {
  const isMark = (value: string): boolean => marks.some((mark) => mark === value);
  return { stages: values.filter((value) => !isMark(value)), marks: values.filter(isMark) };
}

/** The codes of the catalogue that values of `fault` mean. */
export function faultCodes(values: readonly string[]): readonly string[] {
  return Object.keys(faults).filter((code) => values.some((glob) => isLike(code, glob)));
}

function isLike(text: string, glob: string): boolean {
  const [head = '', ...rest] = glob.split('*');
  const tail = rest.pop();
  if (tail === undefined) return text === head;
  if (!text.startsWith(head)) return false;
  let end = head.length;
  for (const part of rest) {
    const at = text.indexOf(part, end);
    if (at < 0) return false;
    end = at + part.length;
  }
  return text.length - tail.length >= end && text.endsWith(tail);
}
