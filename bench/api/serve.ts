/** `godwit serve`'s door for programs by itself, in a process of its own: `serve.ts URL STATE-DIR`. */

import { openApi } from '#app/api.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { usualFileLimits } from '#domain/api-settings.ts';
import { silent } from '#lib/log.ts';
import { untraced } from '#ports/traces.ts';
import { openTokens } from '#store/access-tokens.ts';
import { openDatabase } from '#store/db.ts';

/** What it says once it answers. */
export interface ApiServed {
  readonly port: number;
  readonly bearer: string;
}

/** As `godwit serve` has it. */
const connectionsMax = 16;
const [url = '', stateDir = ''] = process.argv.slice(2);
await using db = await openDatabase({ url, connectionsMax, applicationName: 'godwit bench api' });
const order = {
  name: 'bench',
  role: { role: 'owner', organisation: null },
  scopes: null,
  lastsMs: 86_400_000,
} as const;
const made = await openTokens(db).create(order, 'operator bench');
if (made.kind !== 'made') throw new Error('no token for the bench');
// Of all settings the door reads these.
const settings = {
  timezone: 'Europe/London',
  errorBudget: 0.02,
  waysIn: { usual: ['mx', 'proxy'], elsewhere: {} },
  source: { user: null },
  target: { user: null },
  notices: null,
} as unknown as EstateSettings;
const api = {
  at: { kind: 'tcp', host: '127.0.0.1', port: 0 },
  tls: null,
  behindProxy: false,
  signIn: null,
  files: usualFileLimits,
} as const;
await using served = await openApi({
  api,
  settings,
  db,
  stateDir,
  keys: null,
  secrets: { resolve: () => Promise.reject(new Error('nobody signs in with a provider')) },
  version: 'bench',
  traces: untraced,
  environment: () => undefined,
  examine: async () => [],
  log: silent,
});
if (served.at.kind !== 'tcp') throw new Error('it listens elsewhere');
const told: ApiServed = { port: served.at.port, bearer: made.bearer };
process.send?.(told);
await new Promise((resolve) => process.once('disconnect', resolve));
