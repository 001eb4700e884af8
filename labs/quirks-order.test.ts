/** Sources that answer in an order of their own, and targets that lie about what was in the middle of a stream. */

import { describe, expect, test } from 'vitest';
import { likeCyrus } from '#connectors/memory/manners.ts';
import { aCopy, contents, fill, noon } from './quirks.test-kit.ts';
import { everyCapability } from './sim/server.ts';

describe('a source that answers FETCH from the last message to the first', () => {
  const backwards = { server: { quirks: { backwards: true } } };

  test('has every message but one of a refused batch on the target, and that one named', async () => {
    await using copy = await aCopy(backwards, { mailbox: { manners: likeCyrus } });
    fill(copy.source, ['Work'], 30);
    copy.source.folder('Work')?.add({ bytes: Buffer.from('A: b\r\n\r\n\0'), flags: [], internalDate: noon });
    fill(copy.source, ['Work'], 30);
    expect(await copy.run()).toMatchObject({ copied: 60, refused: [{ uid: 31, code: 'message' }], fault: null });
    expect(copy.target.folder('Work')?.messages).toHaveLength(60);
    // At the first attempt: nothing was dropped on the way and noticed only in the end.
    expect(copy.sourceServer.counts.get('LOGIN')).toBe(1);
    expect(await copy.run()).toMatchObject({ copied: 0, alreadyThere: 60, refused: [{ uid: 31 }], fault: null });
  });

  test('and cannot tell which flags changed keeps what people flag on the target', async () => {
    const capabilities = everyCapability.filter((word) => word !== 'CONDSTORE' && word !== 'QRESYNC');
    await using copy = await aCopy({ server: { quirks: { backwards: true }, capabilities } });
    fill(copy.source, ['Work'], 30);
    await copy.run();
    const work = copy.target.folder('Work');
    const message = work?.messages[6];
    if (work && message) work.setFlags(message, ['\\Answered', '\\Flagged']);
    expect(await copy.run()).toMatchObject({ copied: 0, flagsChanged: 0, fault: null });
    expect(work?.messages[6]?.flags).toEqual(['\\Answered', '\\Flagged']);
  });
});

describe('a source that puts the UID behind the body', () => {
  test('is not asked for every number that a small folder could hold', async () => {
    await using copy = await aCopy({ server: { quirks: { uidBehindBody: true } } });
    for (const name of ['A', 'B', 'C']) {
      fill(copy.source, [name], 3_000);
      copy.source.folder(name)?.expunge([[1, 2_990]] as never);
    }
    expect(await copy.run()).toMatchObject({ copied: 30, refused: [], fault: null });
    expect(contents(copy.target)).toEqual(contents(copy.source));
    expect(copy.sourceServer.counts.get('UID FETCH')).toBeLessThan(60);
  });
});

describe('a target that says OK and stores nothing in the middle of a long folder', () => {
  test.each([9, 10, 11, 12, 13])('is found out, whichever batch it was: number %i', async (number) => {
    let appends = 0;
    const storing = () => (++appends === number ? 'nothing-stored' : null);
    await using copy = await aCopy({ server: { quirks: { pieces: 500 } } }, { server: { faults: { storing } } });
    fill(copy.source, ['Work'], 4_500);
    const report = await copy.run();
    const there = new Set(contents(copy.target));
    const lost = contents(copy.source).filter((line) => !there.has(line));
    expect(report.refused).toHaveLength(lost.length);
    expect(report.copied + report.alreadyThere + report.refused.length).toBe(4_500);
    expect(copy.target.folder('Work')?.messages).toHaveLength(4_500 - lost.length);
  });
});
