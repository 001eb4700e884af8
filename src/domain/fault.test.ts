import { expect, test } from 'vitest';
import { Fault, type FaultCode, fault, faults, isFault } from './fault.ts';

const codes = Object.keys(faults) as FaultCode[];
/** Answers to any name, so that every message can be made. */
const anything: unknown = new Proxy({}, { get: (_, name) => (typeof name === 'string' ? `<${name}>` : undefined) });

test.each(codes)('%s says what happened and what to do, in whole sentences', (code) => {
  const { says, remedy } = faults[code];
  const said = (says as (about: unknown) => string)(anything);
  expect(said).not.toMatch(/undefined|NaN|\[object/);
  expect(said).toMatch(/^["<A-Z]/);
  // A message may end in the words of a server; a remedy is ours.
  expect(said).toMatch(/[.>)]$/);
  expect(remedy).toMatch(/^[A-Z][\s\S]*\.$/);
});

test('a code is lasting: words of lower case, from the wide to the narrow', () => {
  for (const code of codes) expect(code).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/);
});

test('the entries of a group stand together, so that the page can be read', () => {
  const groups = codes.map((code) => code.split('.')[0]);
  const changes = groups.filter((group, i) => group !== groups[i - 1]);
  expect(new Set(changes).size).toBe(changes.length);
});

test('a fault bears its code, what it is about, how far it reaches, when again, what to do, and its cause', () => {
  const cause = new Error('ECONNREFUSED');
  const thrown: unknown = fault('imap.connect.refused', { host: 'old.example', port: 993 }, { cause });
  expect(thrown).toBeInstanceOf(Fault);
  expect(thrown).toMatchObject({
    name: 'Fault',
    code: 'imap.connect.refused',
    about: { host: 'old.example', port: 993 },
    message: 'old.example accepts no connection on port 993.',
    reach: 'platform',
    retry: 'paced',
    cause,
  });
  expect((thrown as Fault).remedy).toContain('firewall');
});

test('a fault is known by its code and by nothing else', () => {
  const thrown: unknown = fault('internal', { detail: 'x' });
  expect(isFault(thrown, 'internal')).toBe(true);
  expect(isFault(thrown, 'target.quota')).toBe(false);
  expect(isFault({ code: 'internal' }, 'internal')).toBe(false);
});
