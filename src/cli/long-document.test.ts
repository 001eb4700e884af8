import { expect, test } from 'vitest';
import { LongDocument } from './long-document.ts';

async function* pages<Item>(...all: readonly (readonly Item[])[]): AsyncGenerator<readonly Item[]> {
  yield* all;
}

/** What is written while `make` makes it. */
async function written(make: (document: LongDocument) => Promise<void> | void): Promise<string> {
  let text = '';
  await make(new LongDocument((part) => (text += part)));
  return text;
}

test('a document that is written as it comes reads as if it had been written at once', async () => {
  const text = await written(async (document) => {
    document.value('a', { b: [1, { c: null }], 'd"': 'ä\n' });
    await document.list('items', pages<unknown>([1, { two: 2 }], [], ['three']));
    await document.list('none', pages<number>());
    document.value('z', true);
    document.end();
  });
  expect(JSON.parse(text)).toEqual({
    a: { b: [1, { c: null }], 'd"': 'ä\n' },
    items: [1, { two: 2 }, 'three'],
    none: [],
    z: true,
  });
  expect(JSON.parse(await written((document) => document.end()))).toEqual({});
});

test('one that breaks off inside a list ends as a document, with what went wrong, once', async () => {
  const text = await written(async (document) => {
    document.value('a', 1);
    async function* breaking(): AsyncGenerator<readonly number[]> {
      yield [1, 2];
      throw new Error('gone');
    }
    await document.list('items', breaking()).catch(() => document.fail({ code: 'gone' }));
    document.fail({ code: 'again' });
    document.end();
  });
  expect(JSON.parse(text)).toEqual({ a: 1, items: [1, 2], error: { code: 'gone' } });
});
