/** The values that files of an estate hold, each with its form, and with words for a person where it has another. */

import { nearest } from '#lib/nearest.ts';
import { addressKey, type Day } from './estate.ts';
import { isTimezone } from './window.ts';

export type Read<T> = { readonly value: T } | { readonly problem: string };

/** RFC 5321 §4.5.3.1: 64 octets before the "@", 255 after it; of both together no more than a path allows. */
const localMost = 64;
const addressMost = 254;
/** Most addresses, told at a glance; what this does not know is looked at more closely. */
const plainAddress =
  /^[a-z0-9!#$%&'*+\-/=?^_`{|}~.]{1,64}@[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)*$/;
/** What separates words, or would need quotes in an address (RFC 5321 §4.1.2), which the systems that we speak to do not take. */
const notInLocal = /[\s"(),:;<>@[\\\]\p{Cc}\p{Cf}]/u;
/** A label of a domain, also an internationalised one (RFC 5890 §2.3.1), and `_` as some estates have it inside. */
const domainLabel = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_-]*[\p{L}\p{M}\p{N}])?$/u;
const labelMost = 63;

/** An address in the form by which addresses are compared. */
export function readAddress(text: string): Read<string> {
  const value = addressKey(text);
  if (value.length <= addressMost && plainAddress.test(value)) return { value };
  const wrong = (why: string): Read<string> => ({ problem: `${quoted(text)} is no address: ${why}.` });
  const at = value.lastIndexOf('@');
  if (at < 0) return wrong('it has no "@"');
  const [local, domain] = [value.slice(0, at), value.slice(at + 1)];
  if (local === '') return wrong('nothing stands before the "@"');
  if (domain === '') return wrong('nothing follows the "@"');
  const [odd] = notInLocal.exec(local) ?? [];
  if (odd) return wrong(`${named(odd)} stands before the "@"`);
  if (Buffer.byteLength(local) > localMost) return wrong(`more than ${localMost} octets stand before the "@"`);
  if (Buffer.byteLength(value) > addressMost) return wrong(`it is longer than ${addressMost} octets`);
  const label = domain.split('.').find((each) => !domainLabel.test(each) || each.length > labelMost);
  if (label !== undefined)
    return wrong(label === '' ? 'a dot too many stands in its domain' : `${quoted(label)} is no part of a domain`);
  return { value };
}

/** Between the addresses of a list: blanks, semicolons, commas or bars, none of which an address can hold. */
const betweenAddresses = /[\s;,|]+/;
/** More than any directory keeps for one mailbox (Exchange: 300). */
const aliasesMost = 500;

/** Further addresses of a mailbox, each once, its own left out. */
export function readAliases(text: string, own: string): Read<readonly string[]> {
  const aliases = new Set<string>();
  for (const word of text.split(betweenAddresses)) {
    if (word === '') continue;
    const read = readAddress(word);
    if ('problem' in read) return read;
    if (read.value !== own) aliases.add(read.value);
    if (aliases.size > aliasesMost) return { problem: `There are more than ${aliasesMost} aliases.` };
  }
  return { value: [...aliases] };
}

/** A code is typed into selectors (`organisation=RXY,R0A`), so it holds nothing that would end it there. */
const code = /^[^\s,;=*"'\p{Cc}\p{Cf}]{1,64}$/u;

export function readCode(text: string): Read<string> {
  if (code.test(text)) return { value: text };
  return {
    problem:
      text.length > 64
        ? `The code ${quoted(text)} is longer than 64 characters.`
        : `${quoted(text)} is no code: blanks, commas, semicolons, quotes, "=" and "*" cannot stand in one.`,
  };
}

export function readOneOf<Word extends string>(text: string, words: readonly Word[], what: string): Read<Word> {
  const found = words.find((word) => word === text);
  if (found) return { value: found };
  const near = nearest(text, words);
  return {
    problem: `${quoted(text)} is no ${what}${near ? `; did you mean ${near}?` : `. There are ${words.join(', ')}.`}`,
  };
}

/** A count or a number of octets: digits, and no more of them than can be counted exactly (2^53). */
export function readWhole(text: string): Read<number> {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return { value };
  return {
    problem: /^\d+$/.test(text)
      ? `${quoted(text)} is too large.`
      : `${quoted(text)} is no whole number: write digits only, e.g. 1048576.`,
  };
}

export function readDay(text: string): Read<Day> {
  if (/^[12]\d{3}-\d\d-\d\d$/.test(text)) {
    const at = Date.parse(`${text}T00:00Z`);
    // `Date.parse` takes the 31st of November for the 1st of December.
    if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(text)) return { value: text as Day };
    return { problem: `There is no day ${text}.` };
  }
  return { problem: `${quoted(text)} is no day: write it as 2026-12-01.` };
}

/** Words that a person reads, or a name by which a server knows somebody. Nothing invisible stands in them. */
export function readWords(text: string, most: number): Read<string> {
  const [odd] = /[\p{Cc}\p{Zl}\p{Zp}]/u.exec(text) ?? [];
  if (odd) return { problem: `${quoted(text)} holds ${named(odd)}.` };
  if (text.length > most) return { problem: `${quoted(text)} is longer than ${most} characters.` };
  return { value: text };
}

/** Looking a zone or a language up takes some ten microseconds, and an estate has a handful. */
const zones = new Map<string, boolean>();
const languages = new Map<string, string | null>();
/** Whatever a file may hold: beyond these nothing is remembered. */
const rememberedMost = 1_000;

/** A time zone by its IANA name. */
export function readTimezone(text: string): Read<string> {
  const isOne = remembered(zones, text, () => text.length <= 64 && isTimezone(text));
  return isOne ? { value: text } : { problem: `${quoted(text)} is no time zone: write it as Europe/London.` };
}

/** A language tag (RFC 5646), in its usual spelling. */
export function readLanguage(text: string): Read<string> {
  const tag = remembered(languages, text, () => {
    try {
      return text.length > 64 ? null : (Intl.getCanonicalLocales(text)[0] ?? null);
    } catch {
      return null;
    }
  });
  return tag === null ? { problem: `${quoted(text)} is no language: write it as en or cy-GB.` } : { value: tag };
}

function remembered<T>(known: Map<string, T>, key: string, find: () => T): T {
  const there = known.get(key);
  if (there !== undefined) return there;
  const found = find();
  if (known.size < rememberedMost) known.set(key, found);
  return found;
}

/** What was written there, so that it can be found again; whoever shows it makes it fit for a terminal. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

function named(character: string): string {
  if (/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u.test(character))
    return `the invisible character U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}`;
  return /\s/.test(character) ? 'a blank' : JSON.stringify(character);
}
