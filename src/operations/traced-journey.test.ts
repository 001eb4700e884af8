/** Who follows a journey by its traces sees each part of it, and nothing of whose it is. */

import { expect, test } from 'vitest';
import { recordSpans } from '#connectors/opentelemetry/recorder.test-kit.ts';
import { openTelemetryTraces } from '#connectors/opentelemetry/traces.ts';
import { fill } from './copy-mailbox.test-kit.ts';
import { aJourney } from './way-home.test-kit.ts';

test('a first copy and a switch are told part by part, with numbers and without an address', async () => {
  using recorder = recordSpans();
  await using journey = await aJourney();
  journey.traces = openTelemetryTraces('1.0');
  fill(journey.source.create(['INBOX']), 1, 20);
  await journey.until('following');
  const copied = recorder.spans();
  expect(copied.map(({ name }) => name)).toEqual(['godwit.carry']);
  expect(copied[0]?.attributes).toMatchObject({ 'godwit.mailbox.id': expect.any(Number), 'godwit.messages': 20 });
  await journey.until('settled', 'switch');
  const spans = recorder.spans().slice(copied.length);
  const switched = spans.find(({ name }) => name === 'godwit.switch');
  expect(switched).toMatchObject({
    isError: false,
    attributes: { 'godwit.outcome': 'turned', 'godwit.to': 'target', 'godwit.interrupted_ms': expect.any(Number) },
  });
  const parts = spans.filter(({ parent }) => parent === 'godwit.switch').map(({ name }) => name);
  expect([...new Set(parts)]).toEqual([
    'godwit.carry',
    'godwit.switch.meet',
    'godwit.switch.hold',
    'godwit.switch.verify',
    'godwit.switch.agree',
    'godwit.switch.point',
    'godwit.switch.turn',
  ]);
  expect(JSON.stringify(recorder.spans())).not.toMatch(/@|example|INBOX/);
});

test('a switch that stays says why by a code', async () => {
  using recorder = recordSpans();
  await using journey = await aJourney();
  fill(journey.source.create(['INBOX']), 1, 5);
  await journey.until('following');
  journey.traces = openTelemetryTraces('1.0');
  journey.order('switch');
  journey.accounts = { ...journey.accounts, target: 'someone-else@elsewhere.example' };
  await journey.work();
  const failed = recorder.spans().find(({ isError }) => isError);
  expect(failed?.attributes['godwit.outcome']).toMatch(/^[a-z-]+\.[a-z.-]+$/);
  expect(JSON.stringify(recorder.spans())).not.toContain('elsewhere');
});
