import { expect, test } from 'vitest';
import { Places } from './places.ts';

test('one who asks has half of the places at most, all together no more than there are, and each is free again', () => {
  const places = new Places(4);
  const ann = [places.take('ann'), places.take('ann')];
  expect([ann.includes(null), places.take('ann')]).toEqual([false, null]);
  const bob = places.take('bob');
  const cat = places.take('cat');
  expect([bob === null, cat === null, places.take('dan')]).toEqual([false, false, null]);
  ann[0]?.[Symbol.dispose]();
  expect(places.take('dan')).not.toBeNull();
  expect(places.take('ann')).toBeNull();
  bob?.[Symbol.dispose]();
  expect(places.take('ann')).not.toBeNull();
});
