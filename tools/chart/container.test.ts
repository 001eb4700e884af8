/** The Dockerfile, read and held against the clone. It was NOT built: there is no daemon where our tests run. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../project.ts';

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** One for each instruction, with those lines joined that go on. */
function instructionsIn(text: string): readonly Instruction[] {
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      return { word, rest };
    });
}

const file = readFileSync(join(root, 'deploy/container/Dockerfile'), 'utf8');
const all = instructionsIn(file);
const last = all.slice(all.findLastIndex(({ word }) => word === 'FROM'));
const restOf = (word: string): string | undefined => last.findLast((each) => each.word === word)?.rest;

describe('the container image', () => {
  test('has nothing in it that Docker has no word for', () => {
    const words = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'ARG', 'USER', 'ENV', 'VOLUME', 'EXPOSE', 'HEALTHCHECK'];
    for (const { word } of all) expect([...words, 'STOPSIGNAL', 'ENTRYPOINT', 'CMD']).toContain(word);
  });

  test('is made in one stage and shipped in another, which gets the tree of the package and no tool', () => {
    expect(all.filter(({ word }) => word === 'FROM').map(({ rest }) => rest)).toEqual([
      expect.stringMatching(/^node:24-.* AS build$/),
      expect.stringMatching(/^debian:\w+-slim$/),
    ]);
    expect(last.filter(({ word }) => word === 'COPY').map(({ rest }) => rest)).toEqual(['--from=build /tree/usr /usr']);
    for (const { rest } of last.filter(({ word }) => word === 'RUN')) expect(rest).not.toMatch(/npm|curl|wget/);
  });

  test('runs as a number that is not root, asks itself how it does, and is told to go by a signal that it heeds', () => {
    expect(restOf('USER')).toMatch(/^[1-9]\d+:[1-9]\d+$/);
    const check = JSON.parse(/CMD (\[.*\])$/.exec(restOf('HEALTHCHECK') ?? '')?.[1] ?? 'null') as readonly string[];
    expect(check[0]).toBe('/usr/lib/godwit/bin/node');
    expect(check[2]).toContain('http://127.0.0.1:8025/healthz');
    expect(restOf('STOPSIGNAL')).toBe('SIGTERM');
    expect([restOf('ENTRYPOINT'), restOf('CMD')]).toEqual(['["/usr/bin/godwit"]', '["serve"]']);
  });

  test('fetches by no URL, and holds no secret', () => {
    expect(file.replaceAll(/http:\/\/127\.0\.0\.1\S*/g, '')).not.toMatch(/https?:\/\//);
    for (const { rest } of all.filter(({ word }) => word === 'ENV' || word === 'ARG'))
      expect(rest).not.toMatch(/PASS|SECRET|KEY|URL/i);
  });

  test('is given all that the package is made of, and neither the history nor what was made here', () => {
    const lines = readFileSync(join(root, 'deploy/container/Dockerfile.dockerignore'), 'utf8').split('\n');
    const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules[0]).toBe('*');
    const given = rules.slice(1).map((line) => line.replace(/^!/, ''));
    expect(given.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    for (const needed of ['deploy', 'docs', 'notices', 'src', 'tools', 'package-lock.json', 'CHANGELOG.md'])
      expect(given).toContain(needed);
    for (const kept of ['.git', 'node_modules', 'release', 'dist']) expect(given).not.toContain(kept);
  });
});
