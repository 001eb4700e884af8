import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillNotice } from '#domain/notice-template.ts';
import { noticeKinds } from '#domain/notice-kinds.ts';
import { noticeWords } from '#domain/notice-words.ts';
import { readNoticeTemplates } from './notice-templates.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-notices-'));
});
afterAll(async () => rm(folder, { recursive: true }));

test('Godwit brings every message in English, German and French, and each says something with and without facts', async () => {
  const { languages } = await readNoticeTemplates(null);
  expect([...languages.keys()]).toEqual(['de', 'en', 'fr']);
  const facts = {
    address: 'ann@x.example',
    name: 'Ann',
    organisation: 'Somewhere',
    language: null,
    timezone: null,
    occasion: Date.UTC(2026, 11, 1, 19),
    closesAt: Date.UTC(2026, 11, 2, 6),
    earlierAt: Date.UTC(2026, 10, 1, 19),
    sizeBytes: 2_000_000_000,
    colleagues: { names: ['Bob'], count: 1 },
  };
  const bare = { ...facts, closesAt: null, earlierAt: null, sizeBytes: null, colleagues: { names: [], count: 0 } };
  for (const [language, templates] of languages)
    for (const kind of noticeKinds) {
      const template = templates[kind];
      if (!template) throw new Error(`there is no ${kind} in ${language}`);
      const [full, short] = [facts, bare].map((its) =>
        fillNotice(template, noticeWords({ kind, ...its }, language, 'UTC')),
      );
      expect(full?.text).toContain('Ann');
      expect(full?.text).not.toMatch(/[{}#]/);
      expect(full?.text.includes('Bob')).toBe(kind !== 'T-0');
      expect(full?.text.includes('GB') || full?.text.includes('Go')).toBe(kind === 'T-2' || kind === 'T+1');
      expect(short?.text).not.toMatch(/Bob|null|undefined/);
      expect(short?.text.split('\n\n').length).toBeGreaterThan(2);
    }
});

test('a mistake in a template of one’s own is told by file and line', async () => {
  const own = join(folder, 'own');
  await cp(new URL('../../notices/', import.meta.url), own, { recursive: true });
  await writeFile(join(own, 'en', 'T-2.txt'), 'Subject: a\n\nDear {{nmae}}\n');
  await expect(readNoticeTemplates(own)).rejects.toMatchObject({
    code: 'notice.template.wrong',
    message: expect.stringContaining(
      `${join(own, 'en', 'T-2.txt')}:3: there is no place {{nmae}}. Did you mean {{name}}?`,
    ),
  });
  await writeFile(join(own, 'en', 'T-2.txt'), Buffer.from([0x53, 0xff, 0xfe]));
  await expect(readNoticeTemplates(own)).rejects.toMatchObject({ message: expect.stringContaining('UTF-8') });
  await rm(join(own, 'en', 'T-2.txt'));
  expect((await readNoticeTemplates(own)).languages.get('en')?.['T-2']).toBeUndefined();
});

test('a folder that is not there is told', async () => {
  await expect(readNoticeTemplates(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'notice.template.missing' });
});
