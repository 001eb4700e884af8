/** What is written into a directory, and how an entry is found: nobody's address can find the entry of somebody else. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { directoryTemplateProblem, entryFilter, escapedInFilter, isSameEntry, valuesOn } from './directory.ts';

const ann = { address: 'ann@corp.example', sourceUser: 'CORP\\ann', targetUser: null };
const settings = {
  source: { mailHost: 'old.example', targetAddress: null },
  target: { mailHost: 'new.example', mailRoutingAddress: '{local}@new.{domain}', targetAddress: 'SMTP:{target_user}' },
};

test('an attribute says what its template says of the mailbox, and is not there where a side has none', () => {
  expect(valuesOn('target', settings, ann)).toEqual({
    mailHost: ['new.example'],
    mailRoutingAddress: ['ann@new.corp.example'],
    targetAddress: ['SMTP:ann@corp.example'],
  });
  expect(valuesOn('source', settings, ann)).toEqual({
    mailHost: ['old.example'],
    mailRoutingAddress: [],
    targetAddress: [],
  });
});

test('what would be a part of the filter is written by its number', () => {
  expect(entryFilter('(mail={address})', { ...ann, address: '*)(uid=*' })).toBe(String.raw`(mail=\2a\29\28uid=\2a)`);
  expect(entryFilter('(sam={source_user})', ann)).toBe(String.raw`(sam=CORP\5cann)`);
  expect(escapedInFilter('\0é')).toBe(String.raw`\00é`);
});

test('whatever an address is, a filter has the brackets and stars of its template only, and says it again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (address) => {
      const filter = entryFilter('(mail={address})', { ...ann, address });
      const value = filter.slice('(mail='.length, -1);
      expect(value).not.toMatch(/[*()\0]/);
      const read = value.replaceAll(/\\([0-9a-f]{2})/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
      expect(read).toBe(address);
    }),
  );
});

test('what stands in the place of a value is not looked at for further templates', () => {
  const odd = { ...ann, address: '{target_user}@x', targetUser: 'secret' };
  expect(entryFilter('(mail={address})', odd)).toBe('(mail={target_user}@x)');
});

test('a template with a name that there is not is refused, with the nearest that there is', () => {
  expect(directoryTemplateProblem('{adress}')).toBe('there is no {adress}; did you mean {address}?');
  expect(directoryTemplateProblem('{local')).toContain('brace');
  expect(directoryTemplateProblem('mail.example')).toBeNull();
});

test('entries are the same in whatever order and case their values stand', () => {
  expect(isSameEntry({ a: ['X', 'y'], b: [] }, { a: ['Y', 'x'] })).toBe(true);
  expect(isSameEntry({ a: ['x'] }, { a: [] })).toBe(false);
});
