/**
 * The chart of Helm, rendered by a reader of our own and held against what Godwit really takes. It was NOT installed into a cluster, and no Helm
 * has read it: neither can be had where our tests run.
 */

import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readEstate } from '../../src/app/read-estate.ts';
import { databaseUrl, settings } from '../../src/app/settings.ts';
import { wrongWith } from '../command-lines.ts';
import { root } from '../project.ts';
import { evaluate, type Scope } from './expression.ts';
import { renderChart, type Values } from './render.ts';

const folder = join(root, 'deploy/helm/godwit');

/** As much of an object of Kubernetes as is looked at here. */
interface Resource {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas?: number;
    readonly serviceName?: string;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> }; readonly spec: Pod };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
    readonly ports?: readonly { readonly name: string; readonly port: number }[];
    readonly policyTypes?: readonly string[];
  };
}

interface Pod {
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumes: readonly { readonly name: string }[];
  readonly containers: readonly Container[];
  readonly terminationGracePeriodSeconds?: number;
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly resources: { readonly requests: object; readonly limits: object };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly livenessProbe?: { readonly httpGet: { readonly path: string } };
  readonly readinessProbe?: { readonly httpGet: { readonly path: string } };
}

const door = [{ name: 'postfix', port: 8026 }];
const everything: Values = {
  image: { tag: '9.9.9' },
  imagePullSecrets: [{ name: 'registry' }],
  workers: { scaling: { enabled: true, most: 40 } },
  coexist: { enabled: true, ports: door },
  serve: { ports: door, storage: { className: 'fast' } },
  migration: { enabled: true },
  extraEnv: [{ name: 'PROBE_SECRET', valueFrom: { secretKeyRef: { name: 'godwit', key: 'probe' } } }],
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'mail', operator: 'Exists' }],
};

function resources(changes: Values = {}): readonly Resource[] {
  return renderChart(folder, changes).flatMap(({ documents }) => documents) as unknown as readonly Resource[];
}

const kinds = (all: readonly Resource[]): readonly string[] =>
  all.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted();

/** Those that make pods. */
const makers = (all: readonly Resource[]): readonly Resource[] =>
  all.filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind));

describe('the chart', () => {
  test('by default is two control planes and two workers, protected, and nothing that grows or migrates by itself', () => {
    expect(kinds(resources())).toEqual([
      'ConfigMap move-godwit',
      'Deployment move-godwit-worker',
      'NetworkPolicy move-godwit',
      'PodDisruptionBudget move-godwit-serve',
      'PodDisruptionBudget move-godwit-worker',
      'Service move-godwit-serve',
      'ServiceAccount move-godwit',
      'StatefulSet move-godwit-serve',
    ]);
    expect(makers(resources()).map(({ spec }) => spec.replicas)).toEqual([2, 2]);
  });

  test('with everything on has doors, their own service, and workers whose number is left to the cluster', () => {
    const all = resources(everything);
    expect(kinds(all)).toEqual(
      expect.arrayContaining([
        'Deployment move-godwit-coexist',
        'HorizontalPodAutoscaler move-godwit-worker',
        'Job move-godwit-migration',
        'NetworkPolicy move-godwit-doors',
        'PodDisruptionBudget move-godwit-coexist',
        'Service move-godwit-coexist',
      ]),
    );
    expect(all.find(({ metadata }) => metadata.name === 'move-godwit-worker')?.spec.replicas).toBeUndefined();
    const service = all.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'move-godwit-coexist');
    expect(service?.spec.ports).toEqual([{ name: 'health', port: 8025 }, ...door]);
    expect(renderChart(folder, everything).find(({ file }) => file === 'NOTES.txt')?.text).toContain(
      'was brought up to date',
    );
  });

  test('brings settings that Godwit takes, with no password in them', async () => {
    const [text = ''] = resources().flatMap(({ data }) => data?.['godwit.yaml'] ?? []);
    const scratch = await mkdtemp(join(tmpdir(), 'godwit-chart-'));
    const file = join(scratch, 'godwit.yaml');
    await writeFile(file, text);
    expect(await readEstate(file)).toMatchObject({ timezone: 'Europe/London' });
    await rm(scratch, { recursive: true });
    expect(text.match(/secret: .*/g)).toEqual(['secret: sealed:source-admin', 'secret: sealed:target-admin']);
  });

  test('has the version of Godwit', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string };
    const [first] = makers(resources());
    expect(first?.spec.template.spec.containers[0]?.image).toBe(`registry.example/godwit:${version}`);
    expect(readFileSync(join(folder, 'Chart.yaml'), 'utf8')).toMatch(
      new RegExp(`^version: ${version}\nappVersion: ${version}$`, 'm'),
    );
  });

  test('has no value that no template asks for', () => {
    const templates = globSync('templates/*', { cwd: folder }).map((file) => readFileSync(join(folder, file), 'utf8'));
    const asked = new Set([...templates.join('\n').matchAll(/\.Values\.([\w.]+)/g)].map(([, path]) => path as string));
    const known = leaves(parse(readFileSync(join(folder, 'values.yaml'), 'utf8')) as Values);
    const covered = (path: string) => [...asked].some((each) => path === each || path.startsWith(`${each}.`));
    expect(known.filter((path) => !covered(path))).toEqual([]);
  });
});

/** The paths of all values, those of lists and of `settings`, which is a whole, ending there. */
function leaves(values: Values, before = ''): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const path = `${before}${name}`;
    const isFolder = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isFolder && Object.keys(value).length > 0 && path !== 'settings'
      ? leaves(value as Values, `${path}.`)
      : [path];
  });
}

describe.each([
  ['by default', {}],
  ['with everything on', everything],
] as const)('each pod %s', (_, changes) => {
  const all = resources(changes);
  const pods = makers(all).map(({ spec }) => ({ ...spec, pod: spec.template.spec }));

  test('runs a command that Godwit has', async () => {
    for (const { pod } of pods)
      for (const { args } of pod.containers) {
        const line = { text: args.join(' '), argv: args, isPart: false, line: 1 };
        expect([args, await wrongWith(line)]).toEqual([args, null]);
      }
  });

  test('is asked for paths that it answers', () => {
    const answered = readFileSync(join(root, 'src/api/health.ts'), 'utf8');
    for (const { pod } of pods)
      for (const { livenessProbe, readinessProbe, args } of pod.containers) {
        if (args[0] === 'db') continue;
        for (const probe of [livenessProbe, readinessProbe])
          expect(answered).toContain(`'${probe?.httpGet.path ?? 'none'}'`);
        expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(25);
      }
  });

  test('is nobody, can become nobody else, and writes nowhere but where it is meant to', () => {
    for (const { pod, volumeClaimTemplates = [] } of pods) {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(pod.automountServiceAccountToken).toBe(false);
      const volumes = [
        ...pod.volumes.map(({ name }) => name),
        ...volumeClaimTemplates.map(({ metadata }) => metadata.name),
      ];
      expect(new Set(volumes).size).toBe(volumes.length);
      for (const { securityContext, resources, volumeMounts } of pod.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(Object.keys({ ...resources.requests, ...resources.limits })).toContain('memory');
        expect(volumeMounts.map(({ name }) => name).filter((name) => !volumes.includes(name))).toEqual([]);
        for (const path of ['/var/lib/godwit', '/var/cache/godwit', '/tmp'])
          expect(volumeMounts.map(({ mountPath }) => mountPath)).toContain(path);
      }
    }
  });

  test('is given variables that Godwit knows, and secrets by reference only', () => {
    const known = new Set([...Object.keys(settings), ...Object.keys(databaseUrl), 'PROBE_SECRET']);
    for (const { pod } of pods)
      for (const { name, value } of pod.containers.flatMap(({ env }) => env)) {
        expect(known).toContain(name);
        if (value !== undefined) expect(value).toMatch(/^(?:file:)?\//);
      }
  });

  test('is found by what is meant for it', () => {
    const labels = pods.map(({ template }) => Object.entries(template.metadata.labels).map(String));
    for (const { kind, metadata, spec } of all.filter(({ kind }) => kind !== 'Job' && kind !== 'NetworkPolicy')) {
      const selector = kind === 'Service' ? spec.selector : spec?.selector?.matchLabels;
      if (selector === undefined) continue;
      const wanted = Object.entries(selector).map(String);
      const found = labels.filter((own) => wanted.every((label) => own.includes(label)));
      expect([kind, metadata.name, found.length]).toEqual([kind, metadata.name, 1]);
    }
    for (const { metadata } of all) expect(metadata.labels['app.kubernetes.io/name']).toBe('godwit');
  });
});

describe('the renderer', () => {
  const scope: Scope = { dot: { a: { b: 'x' }, list: [1], none: [] }, variables: new Map(), include: () => 'in' };

  test.each([
    ['.a.b | quote', '"x"'],
    ['printf "%s-y" .a.b', 'x-y'],
    ['.none | default "z"', 'z'],
    ['toYaml .a | nindent 2', '\n  b: x'],
    ['not (or .none false)', true],
    ['include "t" (dict "k" .list)', 'in'],
  ])('reads {{ %s }}', (text, value) => {
    expect(evaluate(text, scope)).toEqual(value);
  });

  test.each(['.a.c', '$who', 'lookup "v1"', '(.a.b', '.a.b .a.b', 'printf "%d" 1'])('refuses {{ %s }}', (text) => {
    expect(() => evaluate(text, scope)).toThrow(/\{\{|printf/);
  });
});
