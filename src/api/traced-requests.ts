/** A span for each request: its method, the pattern of its route and the status, and nothing of what stood in its path or body. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { OpenSpan, SpanAbout, Traces } from '#ports/traces.ts';

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

export function traceRequests(http: FastifyInstance, traces: Traces): void {
  const open = new WeakMap<FastifyRequest, OpenSpan>();
  http.addHook('onRequest', async (request) => {
    const { method, headers, routeOptions } = request;
    const route = routeOptions.url;
    const known = (methods.has(method) ? method : 'other') as NonNullable<SpanAbout['method']>;
    open.set(request, traces.begin('http', { method: known, ...(route === undefined ? {} : { route }) }, headers));
  });
  http.addHook('onResponse', async (request, { statusCode: status }) => {
    const span = open.get(request);
    span?.add({ status });
    span?.end(status >= 500 ? 'error' : undefined);
  });
  // Whoever leaves before the answer gets none.
  http.addHook('onRequestAbort', async (request) => open.get(request)?.end('error'));
}
