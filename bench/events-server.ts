/** The API alone in a process, for `bench -- events`: says where it answers, and goes with whoever started it. */

import { openApi } from '#app/api.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { usualFileLimits } from '#domain/api-settings.ts';
import { silent } from '#lib/log.ts';
import { untraced } from '#ports/traces.ts';
import { openDatabase } from '#store/db.ts';

const [url = '', stateDir = ''] = process.argv.slice(2);
const db = await openDatabase({ url, connectionsMax: 8, applicationName: 'godwit bench events' });
const server = await openApi({
  api: {
    at: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: null,
    behindProxy: false,
    signIn: null,
    files: usualFileLimits,
  },
  // What the stream does not ask for is left out.
  settings: {
    timezone: 'Etc/UTC',
    errorBudget: 0.02,
    waysIn: null,
    source: { user: null },
    target: { user: null },
    approvals: [],
  } as unknown as EstateSettings,
  db,
  stateDir,
  keys: null,
  secrets: { resolve: () => Promise.reject(new Error('nobody signs in here')) },
  version: 'bench',
  traces: untraced,
  environment: () => undefined,
  examine: async () => [],
  log: silent,
});
process.send?.(server.at);
process.once('disconnect', () => process.exit(0));
