/** Which mailboxes are meant: `organisation=RXY kind=person,shared stage=following`. All of the words hold, any of the values. */

import { nearest } from '#lib/nearest.ts';
import { mailboxKinds } from './estate.ts';
import { marks, stages } from './journey.ts';

export const selectorKeys = ['address', 'organisation', 'kind', 'stage', 'wave', 'mark', 'hint'] as const;
export type SelectorKey = (typeof selectorKeys)[number];

export type Selector = Readonly<Partial<Record<SelectorKey, readonly string[]>>>;

const values: Partial<Record<SelectorKey, readonly string[]>> = {
  kind: mailboxKinds,
  stage: stages,
  mark: [...marks, 'none'],
};

/** Answers with words for a person where `text` is no selector. An address may hold `*`. */
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
      if (!allowed || allowed.includes(one)) continue;
      const near = nearest(one, allowed);
      return {
        problem: `${known}=${one}: there is no such ${known}${near ? `; did you mean ${near}?` : `. There are ${allowed.join(', ')}.`}`,
      };
    }
    (selector[known] ??= []).push(...wanted);
  }
  return selector;
}
