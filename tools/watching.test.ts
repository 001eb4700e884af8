/**
 * The dashboard and the alarms of `deploy/`, held against what processes really tell and what docs/metrics.md tells of it. The alarms are
 * read and tried by Prometheus' own promtool; the dashboard was NOT loaded into a Grafana: there is none here.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { labAvailable, runInside } from '../labs/namespace.ts';
import { unpacked } from '../labs/packages.ts';
import { skipAloud } from '../labs/skip-aloud.ts';
import { type Metrics, openMetrics } from '#api/metrics.ts';
import { openApi } from '#api/server.ts';
import { journey } from '#domain/journey.ts';
import { silent } from '#lib/log.ts';
import { root } from './project.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}

const prometheus = await labAvailable('prometheus');
skipAloud('alarms as promtool reads them', prometheus);

const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8');
const alarms = parse(readFileSync(join(root, 'deploy/prometheus/alerts.yaml'), 'utf8')) as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
};
const rules = alarms.groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync(join(root, 'deploy/grafana/godwit.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
};
const shown = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
const asked = [...rules.map(({ alert, expr }) => ({ title: alert, expr })), ...shown];

/** Each metric that is told, with the names of its labels. */
let told = new Map<string, ReadonlySet<string>>();

beforeAll(async () => {
  const vitals = { leads: true, msLeft: () => 9_500, readiness: () => ({ ready: true }) };
  const metrics = openMetrics('1.2.3', 'serve', vitals);
  liveALittle(metrics);
  await using api = await openApi({ host: '127.0.0.1', port: 0 }, [metrics.routes], silent);
  told = metricsIn(await (await fetch(`http://127.0.0.1:${api.at.port}/metrics`)).text());
});

/** So that each metric has something to tell. */
function liveALittle(metrics: Metrics): void {
  metrics.pass('follow', 'done');
  metrics.carried('copy', 12, 4_096);
  metrics.lag('follow', 900);
  metrics.interruption('target', 3_000);
  metrics.blocked('target.quota');
  const platform = { connections: 12, connectionsPerMailbox: 2, connectionsInUse: 5, commandsPerSecond: 9 };
  metrics.tellOfEstate(async () => ({
    standings: [{ wave: 'pilot', stage: 'following', mark: null, mailboxes: 1, bytes: 2 }],
    platforms: [{ ...platform, side: 'source', bytesPerSecond: 1_000, state: 'open', until: null, why: '' }],
    workers: [],
    jobs: { waiting: 7, active: 2 },
    waysHomeLate: [{ code: 'target.quota', mailboxes: 3, since: new Date(0), example: 'ann@x.example' }],
  }));
  metrics.tellOfDoors(() => ({ answers: [{ door: 'postfix', answer: 'here', count: 3 }], mailboxes: 4, isSure: true }));
}

function metricsIn(text: string): Map<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{([^}]*)\})? /gm)) {
    const known = found.get(name) ?? new Set<string>();
    for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label as string);
    found.set(name, known);
  }
  return found;
}

/** The metrics of an expression, each with what it chooses by. */
function chosenIn(expr: string) {
  return [...expr.matchAll(/\b((?:godwit|nodejs|process)_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', choice = '']) => ({
    name,
    choices: [...choice.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label, value]) => ({ label, value })),
  }));
}

/** As docs/metrics.md names a histogram: without what Prometheus makes of it. */
const baseOf = (name: string): string => name.replace(/_(?:bucket|sum|count)$/, '');

describe.each(asked)('$title', ({ expr }) => {
  test('asks for metrics that a process tells, by labels that they have, and that the page explains', () => {
    const chosen = chosenIn(expr);
    expect(chosen.length).toBeGreaterThan(0);
    for (const { name, choices } of chosen) {
      expect([...told.keys()]).toContain(name);
      expect(page).toContain(`\`${baseOf(name)}\``);
      for (const { label = '', value = '' } of choices) {
        expect(told.get(name)).toContain(label);
        const words = value.startsWith('$') ? [] : value.split('|').filter((word) => word !== '');
        for (const word of words) expect(label === 'stage' ? word in journey : page.includes(`\`${word}\``)).toBe(true);
      }
    }
  });

  test('sums by labels that its metrics have, and closes every bracket', () => {
    const labels = new Set(chosenIn(expr).flatMap(({ name }) => [...(told.get(name) ?? [])]));
    // Prometheus adds these to everything that it fetches.
    for (const own of ['instance', 'job']) labels.add(own);
    for (const [, list = ''] of expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g))
      for (const label of list.split(/,\s*/)) expect([...labels]).toContain(label);
    const count = (sign: string): number => expr.split(sign).length;
    expect([count('('), count('{'), count('[')]).toEqual([count(')'), count('}'), count(']')]);
  });
});

describe('the alarms', () => {
  test.each(rules)('$alert says what is the matter, what to do, and where to read on', (rule) => {
    const { summary = '', remedy = '', docs = '' } = rule.annotations;
    expect(rule.labels['severity']).toMatch(/^(?:critical|warning)$/);
    expect(rule.for).toMatch(/^\d+[mh]$/);
    expect(summary).toMatch(/\.$/);
    expect(remedy.length).toBeGreaterThan(40);
    expect(remedy).toMatch(/\.$/);
    expect(docs).toBe(`docs/metrics.md#${rule.alert.toLowerCase()}`);
    expect(page).toContain(`\n### ${rule.alert}\n`);
    for (const [, label = ''] of summary.matchAll(/\$labels\.(\w+)/g))
      expect(rule.expr).toMatch(new RegExp(`\\b${label}\\b|^godwit_ready`));
  });

  test('have names of their own, and the page tells of no others', () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    expect([...page.matchAll(/^### (Godwit\w+)$/gm)].map(([, name]) => name)).toEqual(names);
  });
});

describe.runIf(prometheus.ok)('promtool', () => {
  const promtool = async (...words: readonly string[]): Promise<string> =>
    await runInside(await unpacked('prometheus'), ['/usr/bin/promtool', ...words]);

  test('can read the alarms', async () => {
    const said = await promtool('check', 'rules', join(root, 'deploy/prometheus/alerts.yaml'));
    expect(said).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  test('rings where it should, and not for a restart', async () => {
    expect(await promtool('test', 'rules', join(root, 'deploy/prometheus/alerts.test.yaml'))).toContain('SUCCESS');
  });
});

describe('the dashboard', () => {
  test('has a word on each panel, and none lies over another', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Set<string>();
    for (const { description, gridPos } of dashboard.panels) {
      expect(description).toMatch(/\.$/);
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`)).toBe(false);
          taken.add(`${x},${y}`);
        }
    }
  });

  test('asks by no variable that it does not have', () => {
    const own = new Set(['__rate_interval', ...dashboard.templating.list.map(({ name }) => name)]);
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?(\w+)\}?/g)].map(([, name]) => name as string);
    expect(used.filter((name) => !own.has(name) && name !== '__all')).toEqual([]);
  });
});
