/** What docs/quirks.md promises about names and trees of folders, played as in `quirks.test.ts`. */

import { describe, expect, test } from 'vitest';
import type { MailboxReport } from '#domain/report.ts';
import type { VerifyReport } from '#domain/verify-report.ts';
import { aCopy, contents, type End, fill } from './quirks.test-kit.ts';
import { everyCapability } from './sim/server.ts';

const withoutSpecialUse = {
  server: { capabilities: everyCapability.filter((word) => !word.endsWith('SPECIAL-USE')) },
};

describe('folders', () => {
  test('INBOX has no case, also above others', async () => {
    await using copy = await aCopy();
    fill(copy.source, ['Inbox', 'Case'], 2);
    expect(await copy.run()).toMatchObject({ copied: 2, fault: null });
    expect(copy.target.folder('INBOX/Case')?.messages).toHaveLength(2);
  });

  test('a parent that only holds folders stays one', async () => {
    await using copy = await aCopy();
    fill(copy.source, ['shelf', 'box'], 2);
    expect(await copy.run()).toMatchObject({ copied: 2, fault: null });
    expect(copy.target.folder('shelf')?.selectable).toBe(false);
  });

  test('blanks at either end, wildcards and other characters of a name survive', async () => {
    await using copy = await aCopy();
    const names = [
      ' lead',
      'trail ',
      'two  blanks',
      '*star',
      '100%',
      'quote " and \\',
      '.dot',
      'CON',
      'R&D',
      '日本語',
      '📁',
    ];
    for (const name of names) fill(copy.source, [name], 1);
    expect(await copy.run()).toMatchObject({ copied: names.length, folders: [], fault: null });
    expect(contents(copy.target)).toEqual(contents(copy.source));
  });

  test('names that are equal to the eye, or but for their case, stay apart', async () => {
    await using copy = await aCopy();
    for (const name of ['caf\u00e9', 'cafe\u0301', 'Case', 'CASE']) fill(copy.source, [name], 1);
    expect(await copy.run()).toMatchObject({ copied: 4, fault: null });
    expect(copy.target.folders.filter(({ messages }) => messages.length === 1)).toHaveLength(4);
  });

  test('a name that holds the separator of the target is spelt otherwise, and that is told', async () => {
    await using copy = await aCopy({ mailbox: { separator: '/' } }, { mailbox: { separator: '.' } });
    fill(copy.source, ['v1.2'], 1);
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 1, folders: [{ source: 'v1.2' }], fault: null });
  });

  test('special folders of another language or name are found, subscriptions to nothing are not carried', async () => {
    await using copy = await aCopy(withoutSpecialUse);
    copy.target.create(['Sent Messages'], true, ['\\Sent']);
    fill(copy.source, ['Gesendete Elemente'], 2);
    copy.source.subscriptions.add('Gesendete Elemente').add('Gone long ago');
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 2, fault: null });
    expect(copy.target.folder('Sent Messages')?.messages).toHaveLength(2);
    expect(copy.target.subscriptions.has('Gone long ago')).toBe(false);
  });

  test('hundreds of them, and twenty deep, cost no round trip each', async () => {
    await using copy = await aCopy();
    fill(
      copy.source,
      Array.from({ length: 22 }, (_, depth) => `level ${depth}`),
      1,
    );
    for (let n = 0; n < 300; n++) copy.source.create(['many', `folder ${n}`]);
    const report = await copy.run();
    expect(report).toMatchObject({ copied: 1, fault: null });
    expect(copy.target.folders.length).toBe(copy.source.folders.length);
    expect(copy.sourceServer.connections + copy.targetServer.connections).toBe(2);
    const asked = copy.sourceServer.counts.get('LIST') ?? 0;
    await copy.run();
    expect(copy.sourceServer.counts.get('EXAMINE') ?? 0).toBeLessThan(310);
    expect(asked).toBeLessThan(5);
  });
});

describe('a comparison knows the homes that a copy has chosen', () => {
  const folding: End = { server: { quirks: { foldsCase: true } } };
  const ways: readonly {
    readonly what: string;
    readonly paths: readonly string[][];
    readonly target?: End;
    readonly second: string;
  }[] = [
    { what: 'names that differ in case', paths: [['CASE'], ['Case']], second: 'Case (2)' },
    {
      what: 'folders below such names',
      paths: [
        ['WORK', 'x'],
        ['Work', 'x'],
      ],
      second: 'WORK/x (2)',
    },
    { what: 'such folders with folders below', paths: [['Up'], ['up'], ['up', 'x']], second: 'up (2)' },
    {
      what: 'a name that reads as the escape of another',
      paths: [['v1.2'], ['v1%2E2']],
      target: { mailbox: { separator: '.' } },
      second: 'v1%2E2 (2)',
    },
    {
      what: 'a third and a fourth name that differ in case, and one that is numbered already',
      paths: [['CASE'], ['Case'], ['Case (2)'], ['cASE'], ['case']],
      second: 'case (5)',
    },
    {
      what: 'names that the target refuses, as it does the escape of its separator',
      paths: [['v1%2E2'], ['v1.2'], ['a%b'], ['a_b'], ['50%'], ['50%', 'say "no"']],
      target: { mailbox: { separator: '.' }, server: { quirks: { refusesInNames: '%"' } } },
      second: 'a_b (2)',
    },
  ];
  test.each(ways)('$what: nothing is said to be missing', async ({ paths, second, target = folding }) => {
    await using copy = await aCopy({}, target);
    for (const [i, path] of paths.entries()) fill(copy.source, path, i + 2);
    for (const run of ['first', 'again']) {
      const report = await copy.run();
      expect([run, report.fault, report.refused]).toEqual([run, null, []]);
      expect(copy.target.folders.map(({ path }) => path.join('/'))).toContain(second);
      const seen = await copy.verify();
      expect(seen).toMatchObject({ verdict: 'equal', missing: [], extra: [] });
      expect([run, homesSeen(seen)]).toEqual([run, homesIn(report)]);
    }
  });

  test('folders merged into one whose name is refused are together under another', async () => {
    await using copy = await aCopy({}, { server: { quirks: { refusesInNames: '%' } } });
    for (const name of ['a', 'b']) fill(copy.source, [name], 2);
    const map = ['a', 'b'].map((from) => ({ from, to: 'all%' }));
    expect(await copy.run({}, { map })).toMatchObject({ copied: 4, refused: [], fault: null });
    expect(copy.target.folder('all_')?.messages).toHaveLength(4);
    expect(await copy.verify({ map })).toMatchObject({ verdict: 'equal', missing: [], extra: [] });
  });

  test('a folder that no name gives a home is named once, with the reason and its messages', async () => {
    await using copy = await aCopy({}, { mailbox: { separator: '.' }, server: { quirks: { refusesInNames: '%_' } } });
    fill(copy.source, ['v1.2'], 2);
    const report = await copy.run();
    const reason = expect.stringContaining('Invalid mailbox name');
    expect(report.folders).toEqual([{ source: 'v1.2', target: null, reason }]);
    expect(report.refused).toHaveLength(2);
    expect(homesSeen(await copy.verify())).toEqual(homesIn(report));
  });

  test('a name that the target writes otherwise is found under that name', async () => {
    await using copy = await aCopy({}, folding);
    fill(copy.source, ['WORK'], 2);
    copy.target.create(['Work']);
    const report = await copy.run();
    const seen = await copy.verify();
    expect(seen).toMatchObject({ verdict: 'equal', sourceMessages: 2, targetMessages: 2 });
    expect([homesSeen(seen), homesIn(report)]).toEqual([[['WORK', 'Work']], [['WORK', 'Work']]]);
  });

  test('a tenth name for which no home was found is missing to both', async () => {
    await using copy = await aCopy({}, folding);
    const names = ['CASE', 'CASe', 'CAsE', 'CAse', 'CaSE', 'CaSe', 'CasE', 'Case', 'cASE', 'cASe'];
    for (const name of names) fill(copy.source, [name], 1);
    const report = await copy.run();
    const seen = await copy.verify();
    expect(report.refused).toHaveLength(1);
    expect(seen.verdict).toBe('differs');
    expect(homesSeen(seen)).toEqual(homesIn(report));
  });

  test('people’s own folder is nobody’s home because its name is like that of one that is', async () => {
    await using copy = await aCopy();
    fill(copy.source, ['Case'], 2);
    copy.target.create(['CASE']);
    fill(copy.target, ['Case (2)'], 3);
    await copy.run();
    const seen = await copy.verify();
    expect(seen).toMatchObject({ verdict: 'more-on-target', missing: [] });
    expect(homesSeen(seen)).toEqual([]);
  });

  test('shared by others that is not shown any more keeps with --delete what it has, and the user’s own does not', async () => {
    await using copy = await aCopy({ server: { quirks: { namespace: 'shared' } } });
    fill(copy.source, ['Shared', 'Team'], 3);
    fill(copy.source, ['Work'], 2);
    const wanted = { include: ['**'] };
    expect(await copy.run({}, wanted)).toMatchObject({ copied: 5, fault: null });
    for (const name of ['Shared/Team', 'Shared', 'Work']) copy.source.delete(name);
    expect(await copy.run({ delete: true }, wanted)).toMatchObject({ removed: 0, fault: { code: 'folder.in-doubt' } });
    expect(await copy.run({ delete: true }, wanted)).toMatchObject({ removed: 2, fault: { code: 'folder.in-doubt' } });
    expect(copy.target.folder('Shared/Team')?.messages).toHaveLength(3);
  });
});

/** What a copy says of folders that live elsewhere, or nowhere. */
function homesIn(report: MailboxReport): readonly Home[] {
  return report.folders.map(({ source, target }): Home => [source, target]).toSorted(bySource);
}

function homesSeen(report: VerifyReport): readonly Home[] {
  return report.folderNotes
    .filter(({ kind }) => kind === 'elsewhere' || kind === 'missing')
    .map(({ kind, source, target }): Home => [source, kind === 'missing' ? null : target])
    .toSorted(bySource);
}

type Home = readonly [source: string | null, target: string | null];

function bySource([a]: Home, [b]: Home): number {
  return String(a) < String(b) ? -1 : 1;
}
