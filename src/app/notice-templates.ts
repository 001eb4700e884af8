/** Reads the templates of messages to people: a folder for each language, and in it a file for each message (docs/notices.md). */

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whyUnreadable } from '#cli/secret.ts';
import { fault } from '#domain/fault.ts';
import { type NoticeKind, noticeKinds } from '#domain/notice-kinds.ts';
import { type NoticeTemplate, readNoticeTemplate } from '#domain/notice-template.ts';
import type { NoticeTemplates } from '#operations/notice-letter.ts';

/** By way of the root, to which it is as far from a bundle (`tools/bundle.ts`) as from here. */
const ours = fileURLToPath(new URL('../../notices/', import.meta.url)).replace(/\/$/, '');
/** Far more than anybody reads. */
const largestOctets = 256 * 1024;

/** Those in `folder`, else those that Godwit brings. Throws `notice.template.*`. */
export async function readNoticeTemplates(folder: string | null): Promise<NoticeTemplates> {
  const place = folder ?? ours;
  const languages = new Map<string, Partial<Record<NoticeKind, NoticeTemplate>>>();
  for (const language of await foldersIn(place)) {
    const templates: Partial<Record<NoticeKind, NoticeTemplate>> = {};
    for (const kind of noticeKinds) {
      const template = await templateIn(join(place, language, `${kind}.txt`));
      if (template) templates[kind] = template;
    }
    languages.set(language, templates);
  }
  return { folder: place, languages };
}

/** Those whose names are language tags. */
async function foldersIn(place: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(place, { withFileTypes: true });
    return entries.flatMap(({ name }) => (/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(name) ? [name] : [])).toSorted();
  } catch (error) {
    throw fault('notice.template.missing', { file: place, text: `${whyUnreadable(error)}.` }, { cause: error });
  }
}

/** Null: of this language there is none. */
async function templateIn(file: string): Promise<NoticeTemplate | null> {
  const refuse = (text: string) => fault('notice.template.missing', { file, text });
  try {
    if ((await stat(file)).size > largestOctets) throw refuse('it is larger than any message (256 kB).');
    return readNoticeTemplate(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)), file);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw refuse('it is not written in UTF-8.');
    throw typeof code === 'string' && /^E[A-Z]+$/.test(code) ? refuse(`${whyUnreadable(error)}.`) : error;
  }
}
