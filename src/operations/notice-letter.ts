/** A letter to somebody: the template in their language, filled with what is known of them. */

import { fault } from '#domain/fault.ts';
import { type NoticeKind } from '#domain/notice-kinds.ts';
import { noticeMessageId } from '#domain/notice.ts';
import type { NoticeSettings } from '#domain/notice-settings.ts';
import { fillNotice, type NoticeTemplate } from '#domain/notice-template.ts';
import { languageFor, localeFor, type NoticeFacts, noticeWords } from '#domain/notice-words.ts';
import type { Letter } from '#ports/notices.ts';

/** All templates there are, by language; of a language some may be missing. */
export interface NoticeTemplates {
  /** Where they were read. */
  readonly folder: string;
  readonly languages: ReadonlyMap<string, Readonly<Partial<Record<NoticeKind, NoticeTemplate>>>>;
}

export interface LetterOptions {
  readonly settings: Pick<NoticeSettings, 'from' | 'replyTo' | 'language'>;
  /** Of the programme. */
  readonly timezone: string;
  readonly templates: NoticeTemplates;
  /** Instead of the reader's own; null for that. */
  readonly language: string | null;
  readonly date: Date;
}

/** Throws `notice.template.missing` where neither their language nor that of the programme has one. */
export function letterTo(facts: NoticeFacts, { settings, timezone, templates, language, date }: LetterOptions): Letter {
  const wanted = language ?? facts.language;
  const chosen = chosenTemplate(templates, facts.kind, wanted, settings.language);
  const words = noticeWords(facts, localeFor(wanted, chosen.language), timezone);
  const { from, replyTo } = settings;
  return {
    messageId: noticeMessageId(facts, from.address.slice(from.address.lastIndexOf('@') + 1)),
    from,
    replyTo,
    to: { name: facts.name, address: facts.address },
    ...fillNotice(chosen.template, words),
    language: chosen.language,
    date,
  };
}

function chosenTemplate(
  { folder, languages }: NoticeTemplates,
  kind: NoticeKind,
  wanted: string | null,
  usual: string,
): { readonly language: string; readonly template: NoticeTemplate } {
  const having = [...languages].flatMap(([language, templates]) => (templates[kind] ? [language] : []));
  const language = languageFor(wanted, having, languageFor(usual, having, usual));
  const template = languages.get(language)?.[kind];
  if (!template)
    throw fault('notice.template.missing', { file: `${folder}/${language}/${kind}.txt`, text: 'there is none.' });
  return { language, template };
}
