/** When a mailbox may leave a side: all of it is on the other one, or somebody has accepted what is not. */

import { describe, expect, test } from 'vitest';
import { faithful } from '#connectors/memory/manners.ts';
import type { MemoryOperation } from '#connectors/memory/faults.ts';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import { everything } from '#domain/selection.ts';
import { contents, fill, letter, noon } from './copy-mailbox.test-kit.ts';
import { aJourney, type Journey, settled } from './way-home.test-kit.ts';
import { folderAt, remove } from './way-home-people.test-kit.ts';

const unwanted = { because: 'message', code: null, text: 'Message contains what is not wanted' } as const;

/** A mailbox that does not take one letter, as long as it is asked to. */
function picky(refuses: () => boolean): MemoryMailbox {
  return new MemoryMailbox({
    manners: (message) =>
      refuses() && Buffer.from(message.bytes).includes('Letter 666') ? unwanted : faithful(message),
  });
}

describe('a message that the target refuses', () => {
  /** Following, but for letter 666. */
  async function withoutOne(refuses: () => boolean): Promise<Journey> {
    const journey = await aJourney({ mailboxes: { target: picky(refuses) } });
    fill(journey.source.create(['INBOX']), 665, 667);
    fill(journey.source.create(['Work']), 21, 30);
    await journey.until('following');
    return journey;
  }

  test('keeps its mailbox from switching until a person has a look; once they accept that, it goes without', async () => {
    await using journey = await withoutOne(() => true);
    journey.order('switch');
    await journey.work();
    expect(journey.blocked).toContain('switch.exceptions');
    expect(journey.blocked).toContain('INBOX 2');
    journey.blocked = null;
    journey.accepted.add('INBOX 2');
    await journey.until('settled');
    expect(contents(journey.target)).toHaveLength(12);
  });

  test('is tried again when somebody has mended the reason and says so', async () => {
    let refuses = true;
    await using journey = await withoutOne(() => refuses);
    refuses = false;
    await journey.work();
    expect(contents(journey.target)).toHaveLength(12);
    journey.triesRefused = true;
    await journey.until('settled', 'switch');
    expect(contents(journey.target)).toEqual(contents(journey.source));
  });

  test('does not hide one that is missing besides', async () => {
    await using journey = await withoutOne(() => true);
    journey.accepted.add('INBOX 2');
    journey.order('switch');
    // Behind our back, after all was carried.
    await journey.work('carried');
    remove(journey.target, 'Work', 3);
    await journey.work('verified');
    expect(journey.said + journey.blocked).toMatch(/switch\.(incomplete|exceptions)/);
    expect(journey.stage).toBe('switching');
  });
});

describe('mail that comes in the middle of a switch', () => {
  test.each(['held', 'carried', 'verified'] as const)('(%s) is on the other side when people are', async (point) => {
    await using journey = await aJourney();
    const inbox = journey.source.create(['INBOX']);
    fill(inbox, 1, 3);
    await journey.until('following');
    let comes = true;
    journey.meanwhile = (at) => {
      if (at === point && comes) fill(inbox, 4, 4);
      comes &&= at !== point;
    };
    journey.order('switch');
    await journey.work();
    expect(journey.stage).toBe('settled');
    expect(contents(journey.target)).toEqual(contents(journey.source));
    expect(contents(journey.target)).toHaveLength(4);
  });

  test('where nothing is carried from keeps nobody from switching', async () => {
    await using journey = await aJourney({ selection: { ...everything, exclude: ['Noise'] } });
    fill(journey.source.create(['INBOX']), 1, 3);
    const noise = journey.source.create(['Noise']);
    await journey.until('following');
    let posts = 10;
    journey.meanwhile = () => fill(noise, ++posts, posts);
    journey.order('switch');
    await journey.work();
    expect(journey.stage).toBe('settled');
  });

  test('again and again has the switch wait for a quieter moment', async () => {
    await using journey = await aJourney();
    const inbox = journey.source.create(['INBOX']);
    fill(inbox, 1, 3);
    await journey.until('following');
    let letters = 3;
    journey.meanwhile = (at) => {
      if (at === 'verified') fill(inbox, ++letters, letters);
    };
    journey.order('switch');
    await journey.work();
    expect([journey.stage, journey.failures]).toEqual(['switching', 1]);
    expect(journey.said).toContain('switch.unquiet');
    journey.meanwhile = null;
    await journey.until('settled');
    expect(contents(journey.target)).toEqual(contents(journey.source));
  });
});

test('who goes home is not kept by what home refuses for ever: a person accepts it', async () => {
  const target = new MemoryMailbox();
  await using journey = await settled({ mailboxes: { source: picky(() => true), target } });
  fill(target.create(['New']), 666, 667);
  journey.order('go-back');
  await journey.work();
  expect([journey.stage, journey.blocked]).toEqual(['returning', expect.stringContaining('switch.exceptions')]);
  journey.blocked = null;
  journey.accepted.add('New 1');
  await journey.until('following');
  expect(contents(journey.source, false).filter((line) => line.startsWith('New '))).toHaveLength(1);
});

test.each([
  ['INBOX', 'INBOX'],
  ['New', 'New'],
  ['New/Er', 'New%2FEr'],
])('nobody goes home while the source lacks mail that they have (in %s)', async (path, home) => {
  let refuses = true;
  const source = picky(() => refuses);
  const target = new MemoryMailbox({ separator: '.' });
  await using journey = await settled({ mailboxes: { source, target } });
  fill(target.create([path]), 666, 666);
  journey.order('go-back');
  await journey.work();
  expect([journey.stage, journey.blocked]).toEqual(['returning', expect.stringContaining('switch.exceptions')]);
  journey.blocked = null;
  refuses = false;
  folderAt(source, home).add({ bytes: letter(666), flags: [], internalDate: noon });
  await journey.until('following');
  expect(contents(source, false).filter((line) => line.startsWith(`${home} `))).toHaveLength(path === 'INBOX' ? 21 : 1);
});

describe('while people wait', () => {
  /** Listings of the side that is left, by folder, from the hold on. */
  async function listedInHold(meanwhile: (journey: Journey) => void): Promise<readonly string[]> {
    const listed: string[] = [];
    let isHeld = false;
    const before = (operation: MemoryOperation): null => {
      if (isHeld && operation.kind === 'list') listed.push(operation.folder);
      return null;
    };
    await using journey = await aJourney({ source: { faults: { before } } });
    fill(journey.source.create(['INBOX']), 1, 20);
    fill(journey.source.create(['Work']), 21, 30);
    fill(journey.source.create(['Home']), 31, 40);
    await journey.until('following');
    journey.meanwhile = (at) => {
      if (at !== 'closer') return;
      isHeld = true;
      meanwhile(journey);
    };
    await journey.until('settled', 'switch');
    expect(contents(journey.target)).toEqual(contents(journey.source));
    return [...new Set(listed)];
  }

  test('what was compared before, and stands as it stood, is not compared again', async () => {
    expect(await listedInHold(() => undefined)).toEqual([]);
  });

  test('a folder to which something has come since is compared again, and only that', async () => {
    expect(await listedInHold(({ source }) => fill(folderAt(source, 'Work'), 600, 601))).toEqual(['Work']);
  });

  test('what has left the other side meanwhile, behind our back, is missed all the same', async () => {
    await using journey = await aJourney();
    fill(journey.source.create(['INBOX']), 1, 20);
    await journey.until('following');
    journey.meanwhile = (at) => {
      // After the last pass: only a comparison can find it.
      if (at === 'carried') remove(journey.target, 'INBOX', 3);
    };
    journey.order('switch');
    await journey.work();
    expect(journey.said + journey.blocked).toMatch(/switch\.(incomplete|exceptions)/);
    expect(journey.stage).toBe('switching');
  });
});
