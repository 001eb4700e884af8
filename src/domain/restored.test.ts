/** Whoever changed sides after the dump is found, and nobody else is stopped. */

import { expect, test } from 'vitest';
import { type Stage, stages } from './journey.ts';
import type { SideName } from './platform.ts';
import { judged, type SeenSince, type StandingThen } from './restored.ts';

function standing(stage: Stage, side: SideName, mayHaveSwitched = false): StandingThen {
  const named = { address: 'ann@corp.example', sourceUser: null, targetUser: null };
  return { id: 1, ...named, stage, side, mayHaveSwitched };
}

const at = (side: SideName, standing: SeenSince['standing'] = 'open'): SeenSince => ({ side, standing });

test.each<[Stage, SideName, SideName, readonly string[] | null]>([
  ['following', 'source', 'target', ['switch', 'settle']],
  ['switching', 'source', 'target', ['settle']],
  ['copying', 'source', 'target', ['catch-up', 'switch', 'settle']],
  ['settled', 'target', 'source', ['go-back', 'come-home']],
  ['returning', 'target', 'source', ['come-home']],
  // It had no copy that its ledger would know of: a person has to look.
  ['planned', 'source', 'target', null],
  ['released', 'target', 'source', null],
])('who was %s on the %s and is seen on the %s takes the steps that are missing', (stage, here, seen, steps) => {
  expect(judged(standing(stage, here), at(seen))).toEqual({ kind: 'elsewhere', side: seen, steps });
});

test('who is seen where the database has them is as they were, in whatever stage, unless they were on the way across', () => {
  const quiet = stages.filter((stage) => stage !== 'switching' && stage !== 'returning');
  for (const stage of quiet)
    expect(judged(standing(stage, 'source', true), at('source'))).toEqual({ kind: 'as-it-was' });
});

test('where nobody has seen them, those are unclear whose window was open since, and nobody else', () => {
  expect(judged(standing('following', 'source', true), null)).toEqual({ kind: 'unclear' });
  expect(judged(standing('following', 'source', false), null)).toEqual({ kind: 'as-it-was' });
  expect(judged(standing('settled', 'target', true), null)).toEqual({ kind: 'as-it-was' });
  for (const stage of ['switching', 'returning'] as const)
    expect(judged(standing(stage, 'source'), null)).toEqual({ kind: 'unclear' });
});

test('a door that last heard of a hold cannot say how it ended', () => {
  expect(judged(standing('following', 'source'), at('source', 'held'))).toEqual({ kind: 'unclear' });
  expect(judged(standing('following', 'source', true), at('source', 'announced'))).toEqual({ kind: 'unclear' });
});
