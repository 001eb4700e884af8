import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readNamedAddress, readSmtpUrl } from './notice-settings.ts';
import { fillNotice, type NoticeWords, readNoticeTemplate } from './notice-template.ts';
import { languageFor, localeFor, type NoticeFacts, noticeWords } from './notice-words.ts';

const words: NoticeWords = {
  name: 'Ann',
  address: 'ann@x.example',
  organisation: 'Somewhere',
  day: 'Tuesday',
  time: '19:00',
  timezone: 'UTC',
  until: null,
  'earlier-day': null,
  colleagues: null,
  'colleague-count': null,
  download: '2 GB',
};

function filled(text: string, changes: Partial<NoticeWords> = {}) {
  return fillNotice(readNoticeTemplate(text, 'en/T-2.txt'), { ...words, ...changes });
}

function refused(text: string): string {
  try {
    readNoticeTemplate(text, 'en/T-2.txt');
  } catch (error) {
    return (error as Error).message;
  }
  return 'read';
}

describe('a template', () => {
  test('is filled in, its lines run on, and a paragraph that has nothing to say is left out', () => {
    const text = [
      '# For whoever writes it.',
      'Subject: {{name}}, on {{day}}',
      '',
      'Dear {{ name }},',
      '',
      'you download',
      '{{download}} again.',
      '',
      'With you work {{colleagues}}.',
      '',
      'Please:',
      '- wait',
      '- smile',
      '',
    ].join('\r\n');
    expect(filled(text)).toEqual({
      subject: 'Ann, on Tuesday',
      text: 'Dear Ann,\n\nyou download 2 GB again.\n\nPlease:\n- wait\n- smile\n',
    });
    expect(filled(text, { colleagues: 'Bob' }).text).toContain('With you work Bob.');
  });

  test('with a place that does not exist is refused by file and line, and the nearest is offered', () => {
    expect(refused('Subject: a\n\nfine\n\nyou download {{downlaod}}')).toBe(
      'en/T-2.txt:5: there is no place {{downlaod}}. Did you mean {{download}}?',
    );
    expect(refused('Subject: {{everything}}\n\ntext')).toContain(
      'en/T-2.txt:1: there is no place {{everything}}. The places are',
    );
  });

  test('is refused where it is no message, with the line', () => {
    expect(refused('Dear {{name}}')).toContain('en/T-2.txt:1: the first line must be "Subject: "');
    expect(refused('')).toContain('en/T-2.txt:1: the first line must be');
    expect(refused('Subject: a\nDear')).toContain('en/T-2.txt:2: below the subject an empty line must stand');
    expect(refused('Subject: a\n\n')).toContain('it has a subject and no text');
    expect(refused('Subject: a\n\nDear {{name')).toContain('en/T-2.txt:3: "{{" stands alone');
    expect(refused('# note\nSubject: {{download}}\n\na')).toContain(
      'en/T-2.txt:2: {{download}} may have nothing to say',
    );
  });

  test('lets no value begin a header, a line of its own or another message, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (evil) => {
        const { subject, text } = filled('Subject: for {{name}}\n\nDear {{name}},\n\nbye', {
          name: `${evil}\r\nBcc: eve@x.example`,
        });
        expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
        expect(text.split('\n')).toHaveLength(4);
        expect(text).not.toMatch(/^Bcc:/m);
      }),
    );
  });

  test('does not take what is filled in for a place', () => {
    expect(filled('Subject: a\n\n{{name}}', { name: '{{download}} {{nothing}}' }).text).toBe(
      '{{download}} {{nothing}}\n',
    );
  });
});

describe('what a message says of its reader', () => {
  const facts: NoticeFacts = {
    kind: 'T-2',
    address: 'ann@x.example',
    name: 'Ann',
    organisation: 'Somewhere',
    language: null,
    timezone: null,
    occasion: Date.UTC(2026, 11, 1, 19),
    closesAt: Date.UTC(2026, 11, 2, 6),
    earlierAt: null,
    sizeBytes: 2_340_000_000,
    colleagues: { names: ['Bob', 'Carl', 'Dan'], count: 3 },
  };

  test('is written as people in their country write it, by the clocks where they live', () => {
    expect(noticeWords(facts, 'en-GB', 'Europe/London')).toMatchObject({
      day: expect.stringMatching(/^Tuesday,? 1 December 2026$/),
      time: '19:00',
      timezone: 'Europe/London',
      until: expect.stringMatching(/^Wednesday,? 2 December 2026.* 06:00$/),
      download: '2.3 GB',
      colleagues: 'Bob, Carl and Dan',
      'colleague-count': '3',
    });
    expect(noticeWords({ ...facts, timezone: 'Europe/Berlin' }, 'de', 'Europe/London')).toMatchObject({
      day: 'Dienstag, 1. Dezember 2026',
      time: '20:00',
      download: expect.stringMatching(/^2,3\sGB$/),
      colleagues: 'Bob, Carl und Dan',
    });
  });

  test('leaves out what nobody knows, and names some of many', () => {
    const none = { ...facts, sizeBytes: null, closesAt: null, name: null, colleagues: { names: [], count: 0 } };
    expect(noticeWords(none, 'en', 'UTC')).toMatchObject({
      name: 'ann@x.example',
      download: null,
      until: null,
      colleagues: null,
      'colleague-count': null,
    });
    const many = { ...facts, colleagues: { names: ['Bob', 'Carl'], count: 1_200 } };
    expect(noticeWords(many, 'en', 'UTC')).toMatchObject({ colleagues: 'Bob, Carl, …', 'colleague-count': '1,200' });
  });

  test('comes in the nearest language there is, else in that of the programme', () => {
    const having = ['de', 'en', 'pt-BR'];
    expect(languageFor('de-AT', having, 'en')).toBe('de');
    expect(languageFor('PT-br', having, 'en')).toBe('pt-BR');
    expect(languageFor('cy-GB', having, 'en')).toBe('en');
    expect(languageFor(null, having, 'de')).toBe('de');
    expect(localeFor('de-AT', 'de')).toBe('de-AT');
    expect(localeFor('cy-GB', 'en')).toBe('en-GB');
    expect(localeFor('en-US', 'en')).toBe('en-US');
  });
});

test('the URL of a mail server names how it is protected, and holds neither user nor password', () => {
  expect(readSmtpUrl('smtps://Mail.Example')).toEqual({ host: 'mail.example', port: 465, security: 'tls' });
  expect(readSmtpUrl('smtp://[::1]:2525/')).toEqual({ host: '::1', port: 2525, security: 'starttls' });
  expect(readSmtpUrl('smtp+plain://localhost')).toEqual({ host: 'localhost', port: 25, security: 'clear' });
  for (const text of ['mail.example', 'smtps://ann:secret@mail.example', 'smtp://a b', 'imaps://a', 'smtp://a:99999'])
    expect(JSON.stringify(readSmtpUrl(text))).toMatch(/^\{"problem":(?!.*secret)/);
});

test('an address may have a name', () => {
  expect(readNamedAddress('move@x.example')).toEqual({ name: null, address: 'move@x.example' });
  expect(readNamedAddress('"The move" <move@x.example>')).toEqual({ name: 'The move', address: 'move@x.example' });
  for (const text of ['move', 'a@b, c@d', 'x <a b@c>', '<>', 'a@b c@d']) expect(readNamedAddress(text)).toBeNull();
});
