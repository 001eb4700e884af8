/** What docs/quirks.md promises about names and trees of folders, played as in `quirks.test.ts`. */

import { describe, expect, test } from 'vitest';
import { aCopy, contents, fill } from './quirks.test-kit.ts';
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
