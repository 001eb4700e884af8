/** The door that is measured, in a process of its own: `node look-ups-door.ts URL FOLDER`. It says in lines of JSON how far it is. */

import { join } from 'node:path';
import { allowedOf } from '#doors/listening.ts';
import { RouteKeeper } from '#doors/route-keeper.ts';
import { openRouteSnapshot } from '#doors/route-snapshot.ts';
import { openSocketmap } from '#doors/socketmap.ts';
import { type Log, type LogFields, silent } from '#lib/log.ts';
import { openDatabase } from '#store/db.ts';
import { routeSourceOnceThere } from '#store/route-following.ts';

const [url = '', folder = ''] = process.argv.slice(2);

const tell = (phrase: string, fields: LogFields = {}): void => {
  process.stdout.write(`${JSON.stringify({ ...fields, phrase, atMs: Math.round(performance.now()) })}\n`);
};
const log: Log = { ...silent, error: tell, warn: tell, info: tell };

const source = routeSourceOnceThere(() => openDatabase({ url, connectionsMax: 2, applicationName: 'godwit bench' }));
const snapshot = openRouteSnapshot({ path: join(folder, 'routes'), of: 'bench', log });
const keeper = new RouteKeeper({
  source,
  door: { host: 'bench', pid: process.pid, version: '0', serves: ['Postfix'] },
  snapshot,
  log,
});
const door = await openSocketmap({
  at: { kind: 'tcp', host: '127.0.0.1', port: 0 },
  allowed: allowedOf([]) ?? (() => false),
  book: keeper,
  views: new Map([['', { source: 'smtp:[old.example]', target: 'smtp:[new.example]', moving: 'lmtp:[127.0.0.1]:24' }]]),
  log,
});
tell('listening', { port: door.at.kind === 'tcp' ? door.at.port : 0 });
keeper.start();
await keeper.ready();
tell('answering', { mailboxes: keeper.state().mailboxes });
while (!keeper.state().isWhole) await new Promise((resolve) => setTimeout(resolve, 20));
tell('whole', { mailboxes: keeper.state().mailboxes, names: keeper.state().names });
