/**
 * The way back on real servers: people use the target after the switch, go home, use that, switch again, and go home again. Each time
 * an independent comparison finds on the one side what the other served, and in our folder what was removed.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readEstate } from '../src/app/read-estate.ts';
import { serve } from '../src/app/serve.ts';
import { removedFolder } from '../src/domain/removed-folder.ts';
import { silent } from '../src/lib/log.ts';
import { verifyAudit } from '../src/store/audit-verify.ts';
import { openMailboxOrders } from '../src/store/mailbox-orders.ts';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { type CyrusServer, startCyrus } from './cyrus.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { openEmbedded, populate, startPilot, untilStanding } from './embedded-estate.ts';
import { toWire } from './folder-names.ts';
import { freshState } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import type { LabUser } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { type AccountSeen, accountSeen } from './snapshot.ts';
import { Wire } from './wire.ts';

const [dovecot, cyrus] = [await labAvailable('dovecot'), await labAvailable('cyrus')];
skipAloud('go-back', dovecot, cyrus);

const password = 'one for all';
const environment = (name: string): string | undefined => (name === 'PW' ? password : undefined);

type Server = DovecotServer | CyrusServer;
interface Pair {
  readonly home: (users: readonly LabUser[]) => Promise<Server>;
  readonly users: number;
}
const pairs: readonly (readonly [string, boolean, Pair])[] = [
  ['Dovecot', dovecot.ok, { home: (users) => startDovecot({ users }), users: 3 }],
  ['Cyrus', dovecot.ok && cyrus.ok, { home: (users) => startCyrus({ users }), users: 1 }],
];

describe.each(pairs)('people whose home is on %s', (_, isThere, { home, users: count }) => {
  test.runIf(isThere)(
    'switch, live there, go home and switch again, twice, and find everything',
    async () => {
      const users = Array.from({ length: count }, (__, i) => ({ name: `user${i}`, password }));
      await using source = await home(users);
      await using target = await startDovecot({ users });
      await using state = await freshState();
      for (const [i, user] of users.entries())
        await seedAccount(source, user, [
          { path: ['INBOX'], messages: plainMessages(i * 100 + 1, 20) },
          { path: ['Projekte'], messages: plainMessages(i * 100 + 40, 5), subscribed: true },
          { path: ['Projekte', 'Süd'], messages: plainMessages(i * 100 + 60, 5) },
          { path: ['Lists'], messages: plainMessages(i * 100 + 70, 4) },
          { path: ['Old'], messages: plainMessages(i * 100 + 80, 4) },
        ]);
      const file = join(state.path, 'godwit.yaml');
      const lines = [
        `source: { url: 'imap+plain://127.0.0.1:${source.port}', secret: env:PW }`,
        `target: { url: 'imap+plain://127.0.0.1:${target.port}', secret: env:PW }`,
        'follow-every: 1s',
        // What people remove or move at home leaves the target too.
        'delete: true',
      ];
      await writeFile(file, lines.join('\n'));
      const settings = await readEstate(file);
      const stop = new AbortController();
      await using db = await openEmbedded(state.path);
      await populate(db, users);
      const serving = serve(
        {
          settings,
          stateDir: state.path,
          version: 'test',
          keys: [],
          environment,
          log: silent,
          started: () => undefined,
        },
        stop.signal,
      );
      const orders = openMailboxOrders(db);
      const everyone = { kind: 'selector', selector: {} } as const;
      const eachIs = async (here: Server, there: Server, removed: number): Promise<void> => {
        for (const user of users) {
          const [one, other] = [await accountSeen(here, user), await accountSeen(there, user)];
          const differences = differencesOf(compareAccounts(ofPeople(one), ofPeople(other)));
          // Whether a name that only holds folders is a folder itself is up to each server.
          expect(differences.filter((line) => !line.startsWith('selectability'))).toEqual([]);
          expect(ofOurs(await accountSeen(source, user))).toHaveLength(removed);
          expect(ofOurs(await accountSeen(target, user))).toEqual([]);
        }
      };
      try {
        await startPilot(db, users.length, { errorBudget: 0.5 });
        for (const round of [1, 2]) {
          await untilStanding(db, 'settled', users.length);
          for (const user of users) await live(target, user, round * 1_000);
          await orders.order(everyone, 'go-back', 'a test', 'as tried');
          await untilStanding(db, 'following', users.length);
          await eachIs(target, source, round === 1 ? removedAtFirst : removedAtFirst + removedEachDay);
          // Home again: what people do here travels with the next switch, once they are let go.
          for (const user of users) await liveAtHome(source, user, round * 1_000 + 500);
          await orders.order(everyone, 'release', 'a test', null);
        }
        await untilStanding(db, 'settled', users.length);
        await eachIs(source, target, removedAtFirst + removedEachDay);
      } finally {
        stop.abort();
        await serving;
      }
      expect(await verifyAudit(db.sql)).toMatchObject({ intact: true });
    },
    400_000,
  );
});

/** One moved and two removed; on the first day also all of a folder that is renamed, removed, or made anew. */
const removedEachDay = 3;
const removedAtFirst = removedEachDay + 5 + 4 + 4;

/** What people do on the side where they live, over IMAP as their clients do. */
async function live(server: Server, user: LabUser, n: number): Promise<void> {
  const fresh = { path: ['Neu', `Tag ${n}`], messages: plainMessages(n + 10, 3), subscribed: true };
  await seedAccount(server, user, [{ path: ['INBOX'], messages: plainMessages(n, 4) }, fresh]);
  await using wire = await Wire.signedIn(server.port, user);
  await wire.ok('SELECT INBOX');
  await wire.ok(`STORE 1:3 +FLAGS (\\Flagged $Day${n})`);
  await wire.ok('STORE 4 -FLAGS (\\Seen)');
  await wire.ok('MOVE 5 ', nameOf(['Neu', `Tag ${n}`]));
  // Only these, whatever the seeded mail is marked with.
  await wire.ok('STORE 1:* -FLAGS (\\Deleted)');
  await wire.ok('STORE 6:7 +FLAGS (\\Deleted)');
  await wire.ok('EXPUNGE');
  await wire.ok('UNSELECT');
  if (n !== 1_000) return;
  await wire.ok('RENAME ', nameOf(['Projekte', 'Süd']), ' ', nameOf(['Süden']));
  await wire.ok('DELETE Lists');
  await wire.ok('DELETE Old');
  await seedAccount(server, user, [{ path: ['Old'], messages: plainMessages(n + 50, 2) }]);
}

/** The same where nothing is kept of what is removed. */
async function liveAtHome(server: Server, user: LabUser, n: number): Promise<void> {
  await seedAccount(server, user, [{ path: ['INBOX'], messages: plainMessages(n, 2) }]);
  await using wire = await Wire.signedIn(server.port, user);
  await wire.ok('SELECT INBOX');
  await wire.ok(`STORE 2 +FLAGS (\\Answered $Home${n})`);
  await wire.ok('MOVE 1 ', nameOf(['Projekte']));
}

function nameOf(path: readonly string[]): Buffer {
  return Buffer.from(path.map(toWire).join('/'), 'latin1');
}

function ofPeople(account: AccountSeen): AccountSeen {
  return { ...account, folders: new Map([...account.folders].filter(([, { path }]) => path[0] !== removedFolder)) };
}

/** One line for each message in our folder. */
function ofOurs({ folders }: AccountSeen): readonly string[] {
  const ours = [...folders.values()].filter(({ path }) => path[0] === removedFolder);
  expect(ours.filter(({ subscribed }) => subscribed)).toEqual([]);
  return ours.flatMap(({ path, messages }) => messages.map(({ sha256 }) => `${path.join('/')} ${sha256.slice(0, 10)}`));
}
