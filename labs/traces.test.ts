/**
 * Traces as an operator has them: the module of docs/traces.md as it stands there, beside an SDK of OpenTelemetry of its own, sends to a
 * collector what `godwit serve` does.
 */

import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AtWork, goToWork } from './at-work.ts';
import { plainMessages } from './awkward-mail.ts';
import { environment, startDatabase } from './chaos-estate.ts';
import { startDovecot } from './dovecot.ts';
import { populate, startPilot, untilStanding } from './embedded-estate.ts';
import { freshState } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('traces', dovecot);

const ann = { name: 'ann@corp.example', password: environment.PW };
const root = join(import.meta.dirname, '..');
/** Of who asks: version, trace, span, sampled (W3C Trace Context). */
const asker = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' } as const;

/** What OTLP says in JSON, as far as it is looked at. */
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: object }[] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

interface Collector extends AsyncDisposable {
  readonly url: string;
  /** The bodies that came to `/v1/traces`. */
  readonly bodies: readonly string[];
}

async function startCollector(): Promise<Collector> {
  const bodies: string[] = [];
  const server = createServer((request, answer) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.once('end', () => {
      if (request.url === '/v1/traces') bodies.push(text);
      answer.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As the page says: the module of the page, and what it imports installed beside it, which is not what Godwit has. */
async function installModule(folder: string): Promise<string> {
  const page = await readFile(join(root, 'docs', 'traces.md'), 'utf8');
  const [, module = ''] = /```js\n([^]*?)```/.exec(page) ?? [];
  await mkdir(folder, { recursive: true });
  await cp(join(root, 'node_modules', '@opentelemetry'), join(folder, 'node_modules', '@opentelemetry'), {
    recursive: true,
  });
  const file = join(folder, 'otlp.mjs');
  await writeFile(file, module);
  const imported = [...module.matchAll(/from '(@opentelemetry\/[^']+)'/g)].map(([, name]) => name as string);
  const installed = /npm install (.*)/
    .exec(page)?.[1]
    ?.split(' ')
    .map((each) => each.replace(/(?<=.)@.*$/, ''));
  expect(installed?.toSorted()).toEqual(imported.toSorted());
  return file;
}

const spansIn = (bodies: readonly string[]): readonly SentSpan[] =>
  bodies.flatMap((body) =>
    (JSON.parse(body) as Sent).resourceSpans.flatMap((each) => each.scopeSpans.flatMap(({ spans }) => spans)),
  );

describe.runIf(dovecot.ok)('traces', () => {
  test('an SDK that is installed as the page says hears of requests and of the journey of a mailbox, and of nobody by name', async () => {
    await using source = await startDovecot({ users: [ann] });
    await using target = await startDovecot({ users: [ann] });
    await using state = await freshState();
    await using server = await startDatabase(join(state.path, 'database'));
    await using collector = await startCollector();
    await seedAccount(source, ann, [{ path: ['INBOX'], messages: plainMessages(1, 5) }]);
    await populate(server.db, [ann]);
    await startPilot(server.db, 1, { opensInMs: 3_600_000 });
    const side = (name: string, port: number) => `${name}: { url: 'imap+plain://127.0.0.1:${port}', secret: env:PW }`;
    const config = join(state.path, 'godwit.yaml');
    await writeFile(
      config,
      [side('source', source.port), side('target', target.port), 'database: env:DATABASE_URL'].join('\n'),
    );
    const variables = {
      ...environment,
      DATABASE_URL: server.url,
      GODWIT_TRACES: await installModule(join(state.path, 'traces')),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    };
    {
      await using serving: AtWork = goToWork(
        ['serve', '--log-level', 'info', '--config', config, '--state', state.path],
        variables,
      );
      const asked = await fetch(`http://${await serving.address()}/healthz`, {
        headers: { traceparent: `00-${asker.trace}-${asker.span}-01` },
      });
      expect(asked.status).toBe(200);
      await untilStanding(server.db, 'following', 1);
      serving.child.kill('SIGTERM');
      expect(await serving.ended).toMatchObject({ code: 0 });
    }

    const spans = spansIn(collector.bodies);
    const request = spans.find(({ traceId }) => traceId === asker.trace);
    expect(request).toMatchObject({ name: 'http.server', parentSpanId: asker.span });
    expect(request?.attributes).toContainEqual({ key: 'http.route', value: { stringValue: '/healthz' } });
    const carry = spans.find(({ name, attributes }) => name === 'godwit.carry' && has(attributes, 'godwit.messages'));
    const journey = spans.find(({ spanId }) => spanId === carry?.parentSpanId);
    expect(journey).toMatchObject({ name: 'godwit.journey', traceId: carry?.traceId });
    expect(journey?.attributes).toContainEqual({ key: 'godwit.work', value: { stringValue: 'copy' } });
    const [first] = (JSON.parse(collector.bodies[0] as string) as Sent).resourceSpans;
    expect(first?.resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'godwit' } });
    // What an SDK adds by itself (command lines, hosts, owners) is not in the module of the page either.
    expect(first?.resource.attributes.map(({ key }) => key)).toEqual(['service.name']);
    for (const body of collector.bodies) expect(body).not.toMatch(/ann@|corp\.example|127\.0\.0\.1|plain/);
  }, 120_000);
});

function has(attributes: SentSpan['attributes'], key: string): boolean {
  return attributes.some((each) => each.key === key);
}
