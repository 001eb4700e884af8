import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { initText } from '#cli/init-text.ts';
import { estatePage, estateSchema } from './estate-pages.ts';

const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
const validate = ajv.compile(JSON.parse(estateSchema()) as object);
const side = (url: string) => ({ url, admin: 'mover' });
const written = parse(
  initText({ schema: 's', timezone: 'UTC', source: side('imaps://a.example'), target: side('imaps://b.example') }),
) as object;

describe('what an editor knows of godwit.yaml', () => {
  test('the file that godwit init writes is in order', () => {
    expect(validate(written)).toBe(true);
  });

  test('only the platforms and their URLs have to be written', () => {
    expect(validate({})).toBe(false);
    expect(validate.errors?.map(({ params }) => params)).toEqual([
      { missingProperty: 'source' },
      { missingProperty: 'target' },
    ]);
    expect(validate({ source: { url: 'imaps://a' }, target: { url: 'imaps://b' } })).toBe(true);
  });

  test.each([
    ['an unknown key', { ...written, colour: 'red' }],
    ['a secret in the place of its reference', { ...written, source: { url: 'imaps://a', secret: 'hunter2' } }],
    ['a time that is none', { ...written, 'follow-every': 'soon' }],
    ['a share that is none', { ...written, 'error-budget': 'few' }],
    ['a number that is too large', { ...written, workers: { 'at-once': 5_000 } }],
  ])('%s is not', (_, settings) => {
    expect(validate(settings)).toBe(false);
  });

  test('every setting has a description', () => {
    const schema = estateSchema();
    expect(schema).not.toContain('undefined');
    expect(schema).not.toContain('"about"');
    expect(estatePage()).not.toContain('undefined');
  });
});
