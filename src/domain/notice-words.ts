/** What a message says of its reader, in their language: days, sizes and names as people there write them. */

import type { NoticeKind } from './notice-kinds.ts';
import { dayOf } from './notice-hours.ts';
import type { NoticeWords } from './notice-template.ts';

/** The facts of one message. Times are milliseconds since 1970. */
export interface NoticeFacts {
  readonly kind: NoticeKind;
  readonly address: string;
  readonly name: string | null;
  readonly organisation: string;
  /** As the list of mailboxes has it; null: that of the programme. */
  readonly language: string | null;
  readonly timezone: string | null;
  /** What it tells of: the opening of the window, or of T+1 the switch. */
  readonly occasion: number;
  /** Of the window; null where the mailbox is in it no more. */
  readonly closesAt: number | null;
  /** Another day that its reader was told before this one. */
  readonly earlierAt: number | null;
  readonly sizeBytes: number | null;
  /** Those one works with who are on the other side meanwhile. */
  readonly colleagues: { readonly names: readonly string[]; readonly count: number };
}

/** `locale` says how days and numbers are written; the time zone of the programme is that of everybody who has none. */
export function noticeWords(facts: NoticeFacts, locale: string, programme: string): NoticeWords {
  const timezone = facts.timezone ?? programme;
  const { closesAt, earlierAt, colleagues } = facts;
  const has = colleagues.count > 0;
  return {
    name: facts.name ?? facts.address,
    address: facts.address,
    organisation: facts.organisation,
    day: dayText(facts.occasion, locale, timezone),
    time: timeText(facts.occasion, locale, timezone),
    timezone,
    until: closesAt === null ? null : endText(facts.occasion, closesAt, locale, timezone),
    'earlier-day': earlierAt === null ? null : dayText(earlierAt, locale, timezone),
    colleagues: has ? namesText(colleagues, locale) : null,
    'colleague-count': has ? new Intl.NumberFormat(locale).format(colleagues.count) : null,
    download: facts.sizeBytes ? sizeText(facts.sizeBytes, locale) : null,
  };
}

/** Of the languages there are templates in, the one that is nearest to what somebody reads; `usual` where none is near. */
export function languageFor(wanted: string | null, languages: readonly string[], usual: string): string {
  const find = (tag: string): string | undefined => languages.find((each) => each.toLowerCase() === tag.toLowerCase());
  const parts = wanted?.split('-') ?? [];
  for (let length = parts.length; length > 0; length--) {
    const found = find(parts.slice(0, length).join('-'));
    if (found !== undefined) return found;
  }
  return find(usual) ?? usual;
}

/** How days and numbers are written in a message in `language`: as where its reader lives, if that is their language. */
export function localeFor(wanted: string | null, language: string): string {
  const isTheirs = wanted !== null && wanted.split('-')[0]?.toLowerCase() === language.split('-')[0]?.toLowerCase();
  const locale = isTheirs ? wanted : language;
  // Of English that names no country: the day before the month, and twenty-four hours.
  return locale.toLowerCase() === 'en' ? 'en-GB' : locale;
}

function dayText(at: number, locale: string, timeZone: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeZone }).format(at);
}

function timeText(at: number, locale: string, timeZone: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone }).format(at);
}

/** With its day where that is another. */
function endText(from: number, until: number, locale: string, timeZone: string): string {
  if (dayOf(from, timeZone) === dayOf(until, timeZone)) return timeText(until, locale, timeZone);
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short', timeZone }).format(until);
}

/** As octets are counted in mail programs: powers of 1000, and a digit behind the point where that tells more. */
function sizeText(bytes: number, locale: string): string {
  const [unit, octets] =
    bytes >= 1e9
      ? (['gigabyte', 1e9] as const)
      : bytes >= 1e6
        ? (['megabyte', 1e6] as const)
        : (['kilobyte', 1e3] as const);
  const value = Math.max(1, bytes / octets);
  const maximumFractionDigits = value < 10 && unit === 'gigabyte' ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits }).format(
    value,
  );
}

function namesText({ names, count }: NoticeFacts['colleagues'], locale: string): string {
  if (names.length < count) return `${names.join(', ')}, …`;
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(names);
}
