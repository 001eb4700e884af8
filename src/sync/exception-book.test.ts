import { expect, test } from 'vitest';
import type { FolderId, Uid } from '#domain/item.ts';
import type { Exception } from '#ports/ledger.ts';
import { ExceptionBook } from './engine.ts';

function exception(folder: string, uid: number, kind: Exception['kind'] = 'refused'): Exception {
  const nothing = { sizeBytes: null, messageId: null, elementRead: null, elementServed: null };
  return { folder: folder as FolderId, uid: uid as Uid, kind, code: 'too-big', detail: '', ...nothing } as Exception;
}

test('what is known of one folder is found without a look at the exceptions of the others', () => {
  let looks = 0;
  const ofAnother = Object.defineProperties(exception('Work', 1), {
    folder: { get: () => (looks++, 'Work') },
    kind: { get: () => (looks++, 'refused') },
  });
  const book = new ExceptionBook([ofAnother, exception('INBOX', 1), exception('INBOX', 2, 'kept')]);
  looks = 0;
  expect(book.of('INBOX' as FolderId, 'refused')).toHaveLength(1);
  expect(book.of('Sent' as FolderId, 'refused')).toEqual([]);
  expect([book.has('INBOX' as FolderId), book.has('Sent' as FolderId)]).toEqual([true, false]);
  expect(looks).toBe(0);
});

test('an exception is one per folder, number and kind, and a folder whose last one was struck out is as if none had been', () => {
  const inbox = 'INBOX' as FolderId;
  const book = new ExceptionBook([exception('INBOX', 1), exception('INBOX', 1, 'different')]);
  book.add({ ...exception('INBOX', 1), code: 'quota' });
  expect([...book.all()].map(({ code }) => code).toSorted()).toEqual(['quota', 'too-big']);
  expect(book.get(inbox, 1 as Uid, 'refused')?.code).toBe('quota');
  const gone = { kind: 'exception-gone', folder: inbox, uid: 1, what: 'refused' };
  expect(book.remove(inbox, 1 as Uid, 'refused')).toEqual([gone]);
  expect(book.remove(inbox, 1 as Uid, 'refused')).toEqual([]);
  expect(book.has(inbox)).toBe(true);
  book.remove(inbox, 1 as Uid, 'different');
  expect(book.has(inbox)).toBe(false);
});
