/** `/healthz`: whether the process answers at all. `/readyz`: whether it is at work; else why not, with status 503. */

import type { Routes } from './server.ts';

export type Readiness = { readonly ready: true } | { readonly ready: false; readonly why: string };

export function healthRoutes(readiness: () => Readiness): Routes {
  return (http) => {
    http.get('/healthz', () => ({ healthy: true }));
    http.get('/readyz', (_, reply) => {
      const found = readiness();
      return reply.code(found.ready ? 200 : 503).send(found);
    });
  };
}
