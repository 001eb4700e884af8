import { describe, expect, test } from 'vitest';
import type { Folder, FolderId, FolderTree, Uid } from './item.ts';
import type { MailboxFacts } from './probe-report.ts';
import { type BothSeen, isReady, needsMessages, readinessOf } from './readiness.ts';
import { everything } from './selection.ts';

const facts = (rest: Partial<MailboxFacts> = {}): MailboxFacts => ({
  namespaces: [],
  separator: '/',
  folders: [],
  messages: 0,
  bytes: 0,
  quotas: [],
  appendLimitBytes: null,
  newKeywords: true,
  ...rest,
});

const tree = (separator: string, ...paths: readonly (readonly string[])[]): FolderTree => ({
  separator,
  folders: paths.map(
    (path): Folder => ({
      id: path.join('/') as FolderId,
      path,
      selectable: true,
      subscribed: true,
      specialUses: [],
      belongsTo: 'personal',
      virtual: false,
      state: null,
    }),
  ),
});

const seen = (rest: Partial<BothSeen>): BothSeen => ({
  source: facts(),
  sourceTree: tree('/', ['INBOX']),
  target: facts(),
  targetTree: tree('/', ['INBOX']),
  messages: null,
  selection: everything,
  ...rest,
});

const kinds = (rest: Partial<BothSeen>): readonly string[] => readinessOf(seen(rest)).remarks.map(({ kind }) => kind);
const storage = (used: number, limit: number, resource = 'STORAGE') => [{ root: 'user', resource, used, limit }];

describe('room on the target', () => {
  test('has to be there for what is still to come, not for what was copied already', () => {
    const source = facts({ bytes: 900 });
    expect(kinds({ source, target: facts({ quotas: storage(100, 500) }) })).toEqual(['no-room']);
    expect(kinds({ source, target: facts({ bytes: 890, quotas: storage(890, 1_200) }) })).toEqual([]);
  });

  test('that will be nearly used up is a note, and the mailbox is ready all the same', () => {
    const report = readinessOf(seen({ source: facts({ bytes: 950 }), target: facts({ quotas: storage(0, 1_000) }) }));
    expect(report.remarks).toMatchObject([{ kind: 'little-room', weight: 'note' }]);
    expect(isReady(report)).toBe(true);
  });

  test('is counted in messages, too, where there is such a limit; a limit of nothing is none', () => {
    const source = facts({ messages: 60 });
    expect(kinds({ source, target: facts({ quotas: storage(0, 50, 'MESSAGE') }) })).toEqual(['no-room']);
    expect(kinds({ source, target: facts({ quotas: storage(70, 0, 'MESSAGE') }) })).toEqual([]);
  });

  test('whose need the source does not tell is known from its messages', () => {
    const target = facts({ quotas: storage(0, 1_000) });
    expect(needsMessages(facts({ bytes: null }), target)).toBe(true);
    expect(needsMessages(facts({ bytes: 5 }), target)).toBe(false);
    const messages = { bytes: 2_000, largest: null, tooLarge: 0, keywords: [] };
    expect(kinds({ source: facts({ bytes: null }), target, messages })).toEqual(['no-room']);
  });
});

test('messages that are too large are counted, and the largest is named', () => {
  const messages = {
    bytes: 9,
    largest: { folder: 'Films', uid: 7 as Uid, bytes: 60_000_000 },
    tooLarge: 3,
    keywords: [],
  };
  const { remarks } = readinessOf(seen({ target: facts({ appendLimitBytes: 35_000_000 }), messages }));
  expect(remarks).toEqual([
    { kind: 'too-large', weight: 'trouble', says: '3 of more than 35 MB; the largest is 60 MB (Films, UID 7)' },
  ]);
  expect(kinds({ target: facts({ appendLimitBytes: 0 }) })).toEqual(['no-append']);
  // Cyrus, where nothing was set.
  expect(needsMessages(facts(), facts({ appendLimitBytes: 2 ** 32 - 1 }))).toBe(false);
});

test('keywords are trouble where the target takes none and people use some', () => {
  const messages = { bytes: 9, largest: null, tooLarge: 0, keywords: ['project-x'] };
  expect(kinds({ target: facts({ newKeywords: false }), messages })).toEqual(['keywords']);
  expect(kinds({ target: facts({ newKeywords: false }), messages: { ...messages, keywords: [] } })).toEqual([]);
  expect(kinds({ target: facts({ newKeywords: null }), messages })).toEqual([]);
});

test('folders whose names the target cannot hold, divides otherwise or may take for one are named', () => {
  const sourceTree = tree('/', ['INBOX'], ['a.b'], ['Süd', 'Ost'], ['Süd', 'ost'], ['x'.repeat(256)]);
  const { remarks } = readinessOf(seen({ sourceTree, targetTree: tree('.', ['INBOX']) }));
  expect(remarks.map(({ kind, says }) => `${kind} ${says.slice(0, 60)}`)).toEqual([
    `folder-name longer than 255 octets: "${'x'.repeat(35)}`,
    'folder-renamed "a.b → a%2Eb"',
    'folder-alike "Süd/Ost", "Süd/ost"',
  ]);
});

test('folders that do not travel are nobody’s trouble', () => {
  const sourceTree = tree('/', ['INBOX'], ['x'.repeat(256)]);
  expect(kinds({ sourceTree, selection: { ...everything, exclude: ['x*'] } })).toEqual([]);
});
