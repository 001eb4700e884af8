import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fault } from '#domain/fault.ts';
import { silent } from '#lib/log.ts';
import { openTracing } from './tracing.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-traces-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function module(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function refusalOf(path: string): Promise<Fault> {
  const refused: unknown = await openTracing(path, '1.0', silent).catch((error: unknown) => error);
  if (!(refused instanceof Fault)) throw new Error(`no fault: ${String(refused)}`);
  return refused;
}

test('a module that is not there, breaks, or registers nothing stops the start, and says what is needed', async () => {
  const nowhere = await refusalOf(join(folder, 'nowhere.mjs'));
  expect([nowhere.code, nowhere.remedy]).toEqual(['traces.unusable', expect.stringContaining('docs/traces.md')]);
  expect((await refusalOf(await module('lacks.mjs', `import 'no-such-sdk';`))).message).toContain('no-such-sdk');
  expect((await refusalOf(await module('nothing.mjs', 'export default () => undefined;'))).message).toContain(
    'no provider',
  );
});

test('the module of an operator receives spans, and is told when it is over', async () => {
  const told = join(folder, 'told');
  const path = await module(
    'mine.mjs',
    `import { trace } from ${JSON.stringify(import.meta.resolve('@opentelemetry/api'))};
     import { writeFileSync } from 'node:fs';
     const names = [];
     const span = { setAttributes() { return span; }, setStatus() { return span; }, end() {} };
     const tracer = { startSpan(name) { names.push(name); return span; },
                      startActiveSpan(name, options, work) { names.push(name); return work(span); } };
     trace.setGlobalTracerProvider({ getTracer: () => tracer });
     export default () => writeFileSync(${JSON.stringify(told)}, names.join());`,
  );
  {
    await using traces = await openTracing(path, '1.0', silent);
    await traces.within('journey', { mailbox: 1 }, async () => undefined);
  }
  expect(await readFile(told, 'utf8')).toBe('godwit.journey');
  trace.disable();
});

test('without a module nobody looks, and nothing is loaded', async () => {
  await using traces = await openTracing(null, '1.0', silent);
  expect(await traces.within('journey', {}, async () => 'done')).toBe('done');
});
