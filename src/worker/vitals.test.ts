import { expect, test } from 'vitest';
import { heartbeatMs } from '#ports/workforce.ts';
import { Vitals } from './vitals.ts';

function vitalsAt(): { vitals: Vitals; pass: (ms: number) => void } {
  let now = 0;
  return { vitals: new Vitals(() => now), pass: (ms) => (now += ms) };
}

test('a process is not ready before it is at work, and says what it waits for', () => {
  const { vitals } = vitalsAt();
  expect(vitals.readiness()).toEqual({ ready: false, why: 'starting' });
  vitals.waitsFor('no godwit serve has published settings yet');
  expect(vitals.readiness()).toEqual({ ready: false, why: 'no godwit serve has published settings yet' });
  vitals.begins(() => 7, 0);
  expect(vitals.readiness()).toEqual({ ready: true });
  expect(vitals.msLeft()).toBe(7);
});

test('a process is not ready while the database is away: told so, or having heard nothing of two heartbeats', () => {
  const { vitals, pass } = vitalsAt();
  vitals.begins(() => 0, 0);
  pass(2 * heartbeatMs + 1);
  expect(vitals.readiness()).toEqual({ ready: false, why: 'the database is away' });
  vitals.heard();
  expect(vitals.readiness()).toEqual({ ready: true });
  vitals.unheard();
  expect(vitals.readiness()).toEqual({ ready: false, why: 'the database is away' });
});

test('a process is not ready while it lacks secrets, nor once it goes', () => {
  const { vitals } = vitalsAt();
  vitals.begins(() => 0, 2);
  expect(vitals.readiness()).toEqual({ ready: false, why: 'secrets are lacking' });
  vitals.goes();
  expect(vitals.readiness()).toEqual({ ready: false, why: 'draining' });
  // Unless it was only to begin anew.
  vitals.begins(() => 0, 0);
  expect(vitals.readiness()).toEqual({ ready: true });
});
