import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mapFolders } from './folder-map.ts';
import type { Folder, FolderId, FolderTree, SpecialUse } from './item.ts';
import { everything, type Selection } from './selection.ts';

function folder(name: string, more: Partial<Folder> = {}): Folder {
  return {
    id: name as FolderId,
    path: name.split('/'),
    selectable: true,
    subscribed: true,
    specialUses: [],
    belongsTo: 'personal',
    virtual: false,
    state: null,
    ...more,
  };
}

const tree = (separator: string | null, ...folders: Folder[]): FolderTree => ({ separator, folders });
const nothing = tree('/', folder('INBOX'));
const use = (name: SpecialUse) => ({ specialUses: [name] });

function goes(
  source: FolderTree,
  target: FolderTree = nothing,
  selection: Partial<Selection> = {},
): Record<string, string> {
  const { folders } = mapFolders(source, target, { ...everything, ...selection });
  return Object.fromEntries(folders.map((mapped) => [mapped.source.id, mapped.path.join('/')]));
}

describe('where a folder goes', () => {
  test('to the same path, and nothing is said about it', () => {
    const source = tree('.', folder('INBOX'), folder('Work'), folder('Work/2020'));
    const { folders } = mapFolders(source, nothing, everything);
    expect(folders.map(({ path, reason }) => [path.join('/'), reason])).toEqual([
      ['INBOX', null],
      ['Work', null],
      ['Work/2020', null],
    ]);
  });

  test('a special folder to the one that plays its part, and what lies below goes along', () => {
    const source = tree('/', folder('INBOX'), folder('Gesendet', use('\\Sent')), folder('Gesendet/2020'));
    const target = tree('/', folder('INBOX'), folder('Sent Items', use('\\Sent')));
    expect(goes(source, target)).toEqual({
      INBOX: 'INBOX',
      Gesendet: 'Sent Items',
      'Gesendet/2020': 'Sent Items/2020',
    });
  });

  test('a server that marks no special folders is understood by the names people gave them', () => {
    const source = tree('/', folder('Corbeille'), folder('Work/Trash'));
    const target = tree('/', folder('INBOX'), folder('Deleted Items', use('\\Trash')));
    expect(goes(source, target)).toEqual({ Corbeille: 'Deleted Items', 'Work/Trash': 'Work/Trash' });
  });

  test('two folders never meet in one unless the operator said so', () => {
    const source = tree(
      '/',
      folder('Sent', use('\\Sent')),
      folder('Sent Items'),
      folder('Caf\u00e9'),
      folder('Cafe\u0301'),
    );
    const target = tree('/', folder('Sent Items', use('\\Sent')));
    expect(goes(source, target)).toEqual({
      Sent: 'Sent Items',
      'Sent Items': 'Sent Items (2)',
      'Caf\u00e9': 'Caf\u00e9',
      'Cafe\u0301': 'Cafe\u0301 (2)',
    });
    const map = [
      { from: 'A', to: 'All' },
      { from: 'B', to: 'All' },
    ];
    expect(goes(tree('/', folder('A'), folder('B'), folder('B/C')), nothing, { map })).toEqual({
      A: 'All',
      B: 'All',
      'B/C': 'All/C',
    });
  });

  test("a name that holds the target's separator is written so that it can be read back", () => {
    const source = tree('.', folder('x', { path: ['a/b', 'c'] }), folder('y', { path: ['100%2F', 'a/b'] }));
    expect(goes(source, nothing)).toEqual({ x: 'a%2Fb/c', y: '100%2F/a%2Fb' });
  });

  test('no two paths become one on the way to another separator, whatever the names', () => {
    const name = fc.string({ unit: fc.constantFrom('a', '/', '%', '2', 'F', '5', '.'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.array(name, { minLength: 1, maxLength: 3 }), { selector: (path) => path.join('\0') }),
        (paths) => {
          const source = tree('.', ...paths.map((path, i) => folder(`f${i}`, { path })));
          const { folders } = mapFolders(source, nothing, everything);
          const reached = folders.map(({ path }) => path.join('\0'));
          expect(new Set(reached).size).toBe(paths.length);
          for (const mapped of folders) for (const part of mapped.path) expect(part).not.toContain('/');
        },
      ),
    );
  });
});

describe('what is left out', () => {
  test("other people's, shared and virtual folders are named with the reason, unless asked for", () => {
    const source = tree(
      '/',
      folder('INBOX'),
      folder('user/ben', { belongsTo: 'other-users' }),
      folder('Public', { belongsTo: 'shared' }),
      folder('All', { virtual: true }),
    );
    const { leftOut } = mapFolders(source, nothing, everything);
    expect(leftOut.map(({ source: { id } }) => id)).toEqual(['user/ben', 'Public', 'All']);
    expect(goes(source, nothing, { include: ['Public'] })).toEqual({ Public: 'Public' });
  });

  test('globs and roles choose folders: * stays within a name, ** goes across', () => {
    const source = tree(
      '/',
      folder('INBOX'),
      folder('Work'),
      folder('Work/A'),
      folder('Work/A/B'),
      folder('Bin', use('\\Trash')),
    );
    expect(Object.keys(goes(source, nothing, { exclude: ['\\Trash', 'Work/*'] }))).toEqual([
      'INBOX',
      'Work',
      'Work/A/B',
    ]);
    expect(Object.keys(goes(source, nothing, { include: ['Work/**'] }))).toEqual(['Work/A', 'Work/A/B']);
    expect(Object.keys(goes(source, nothing, { include: ['work'] }))).toEqual([]);
  });
});
