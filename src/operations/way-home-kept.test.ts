/** A side that was left and takes nothing more is told of at once, and keeps nothing back that goes the other way. */

import { expect, test } from 'vitest';
import type { MemoryOperation, Mishap } from '#connectors/memory/faults.ts';
import { contents, fill } from './copy-mailbox.test-kit.ts';
import { settled } from './way-home.test-kit.ts';
import { folderAt, ofPeople } from './way-home-people.test-kit.ts';

type Refuses = 'nothing' | 'quota' | 'read-only' | 'message';

/** A journey that has settled, and whose source refuses what is written to it as long as `refuses` says so. */
async function withSource(): Promise<{ refuses: Refuses; readonly journey: Awaited<ReturnType<typeof settled>> }> {
  const state: { refuses: Refuses } = { refuses: 'nothing' };
  const before = (operation: MemoryOperation): Mishap | null => {
    if (operation.kind !== 'append-message' || state.refuses === 'nothing') return null;
    const because = state.refuses;
    return { kind: 'refused', refusal: { because, code: null, text: `it says ${because}` } };
  };
  return Object.assign(state, { journey: await settled({ source: { faults: { before } } }) });
}

test('a full one is told once, blocks nobody, and what comes to it is carried forward; with room again all is well', async () => {
  const source = await withSource();
  await using journey = source.journey;
  fill(folderAt(journey.target, 'INBOX'), 100, 103);
  source.refuses = 'quota';
  fill(folderAt(journey.source, 'INBOX'), 500, 501);
  await journey.work();
  await journey.work();
  expect(journey.alarms).toEqual(['the side that was left takes nothing more: target.quota']);
  expect(journey.blocked).toBeNull();
  expect(folderAt(journey.target, 'INBOX').messages).toHaveLength(26);
  // Still full, and something else comes.
  fill(folderAt(journey.source, 'Work'), 510, 511);
  for (let look = 0; look < 3; look++) await journey.work();
  expect(folderAt(journey.target, 'Work').messages).toHaveLength(12);
  expect(folderAt(journey.target, 'INBOX').messages).toHaveLength(26);
  source.refuses = 'nothing';
  await journey.work();
  expect([journey.homeLate, journey.alarms.length]).toEqual([null, 1]);
  expect(ofPeople(journey.source)).toEqual(contents(journey.target));
});

test('a full side to which people went is a person’s business, and no alarm over the way home', async () => {
  let isFull = false;
  const before = ({ kind }: MemoryOperation): Mishap | null =>
    isFull && kind === 'append-message'
      ? { kind: 'refused', refusal: { because: 'quota', code: 'OVERQUOTA', text: 'full' } }
      : null;
  await using journey = await settled({ target: { faults: { before } } });
  isFull = true;
  fill(folderAt(journey.source, 'INBOX'), 500, 501);
  await journey.work();
  expect(journey.blocked).toContain('target.quota');
  expect([journey.alarms, journey.homeLate]).toEqual([[], null]);
});

test('one whose folders take no messages is told of, although its passes come to their end', async () => {
  const source = await withSource();
  await using journey = source.journey;
  fill(folderAt(journey.target, 'INBOX'), 100, 103);
  source.refuses = 'read-only';
  for (let look = 0; look < 3; look++) await journey.work();
  expect(journey.alarms).toEqual(['the side that was left takes nothing more: way-home.refused']);
  source.refuses = 'nothing';
  await journey.work();
  expect(journey.homeLate).toBeNull();
});

test('a single message that it does not like is listed, and no alarm', async () => {
  const source = await withSource();
  await using journey = source.journey;
  fill(folderAt(journey.target, 'INBOX'), 100, 100);
  source.refuses = 'message';
  for (let look = 0; look < 3; look++) await journey.work();
  expect(await journey.exceptions('back')).toMatchObject([{ kind: 'refused' }]);
  expect([journey.alarms, journey.homeLate]).toEqual([[], null]);
});
