import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { recordSpans } from '#connectors/opentelemetry/recorder.test-kit.ts';
import { openTelemetryTraces } from '#connectors/opentelemetry/traces.ts';
import { traceRequests } from './traced-requests.ts';

test('a request is a span with its route and status, in the one that the caller names, and without the address that it is about', async () => {
  using recorder = recordSpans();
  const http = fastify();
  traceRequests(http, openTelemetryTraces('1.0'));
  http.get('/v1/mailboxes/:address', async () => ({ stage: 'settled' }));
  http.get('/v1/broken', () => Promise.reject(new Error('ann@corp.example')));
  const spanId = 'b7ad6b7169203331';
  const traceparent = `00-0af7651916cd43dd8448eb211c80319c-${spanId}-01`;
  await http.inject({ url: '/v1/mailboxes/ann@corp.example?token=canary-11', headers: { traceparent } });
  await http.inject({ url: '/v1/broken' });
  await http.inject({ method: 'POST', url: '/nowhere/ann@corp.example' });
  await http.close();
  expect(recorder.spans()).toEqual([
    {
      name: 'http.server',
      parent: spanId,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/v1/mailboxes/:address',
        'http.response.status_code': 200,
      },
      isError: false,
      events: 0,
    },
    {
      name: 'http.server',
      parent: null,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/v1/broken',
        'http.response.status_code': 500,
        'godwit.outcome': 'error',
      },
      isError: true,
      events: 0,
    },
    {
      name: 'http.server',
      parent: null,
      attributes: { 'http.request.method': 'POST', 'http.response.status_code': 404 },
      isError: false,
      events: 0,
    },
  ]);
});
