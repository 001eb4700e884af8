import { expect, test } from 'vitest';
import { Together } from './together.ts';

/** A look that ends when it is told to, and answers with its number. */
function made() {
  const together = new Together<number>();
  const ends: ((fails?: Error) => void)[] = [];
  const look = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const number = ends.length;
      ends.push((fails) => (fails ? reject(fails) : resolve(number)));
    });
  return { ends, ask: (key = 'status') => together.answer(key, look) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test('those who ask while others are answered share one look, and it begins after they asked', async () => {
  const { ends, ask } = made();
  const first = ask();
  const [second, third] = [ask(), ask()];
  expect(ends).toHaveLength(1);
  ends[0]?.();
  expect(await first).toBe(0);
  await settled();
  expect(ends).toHaveLength(2);
  const fourth = ask();
  ends[1]?.();
  expect([await second, await third]).toEqual([1, 1]);
  await settled();
  ends[2]?.();
  expect(await fourth).toBe(2);
});

test('who asks something else waits for nobody, and who comes later begins a look of their own', async () => {
  const { ends, ask } = made();
  const [status, waves] = [ask('status'), ask('waves')];
  expect(ends).toHaveLength(2);
  ends[1]?.();
  expect(await waves).toBe(1);
  ends[0]?.();
  expect(await status).toBe(0);
  await settled();
  const later = ask('status');
  expect(ends).toHaveLength(3);
  ends[2]?.();
  expect(await later).toBe(2);
});

test('a look that fails fails for those who wait for it, and for nobody else', async () => {
  const { ends, ask } = made();
  const first = ask();
  const second = ask();
  ends[0]?.(new Error('the database is away'));
  await expect(first).rejects.toThrow('away');
  await settled();
  ends[1]?.();
  expect(await second).toBe(1);
});
