/**
 * Both sides change the same messages after the switch, on real servers: the target's flags win, what one side removed is lost on
 * neither, and each is listed for people.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readEstate } from '../src/app/read-estate.ts';
import { serve } from '../src/app/serve.ts';
import { silent } from '../src/lib/log.ts';
import { openDescriptions } from '../src/store/descriptions.ts';
import { openMailboxOrders } from '../src/store/mailbox-orders.ts';
import { waitMaxMs } from './at-work.ts';
import { plainMessages } from './awkward-mail.ts';
import { type CyrusServer, startCyrus } from './cyrus.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { openEmbedded, populate, startPilot, untilStanding } from './embedded-estate.ts';
import { freshState } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import type { LabUser } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { Wire } from './wire.ts';

const [dovecot, cyrus] = [await labAvailable('dovecot'), await labAvailable('cyrus')];
skipAloud('conflicts', dovecot, cyrus);

const password = 'one for all';
const environment = (name: string): string | undefined => (name === 'PW' ? password : undefined);
const ann = { name: 'ann', password };
type Server = DovecotServer | CyrusServer;
type Start = (users: readonly LabUser[]) => Promise<Server>;

const homes: readonly (readonly [string, boolean, Start])[] = [
  ['Dovecot', dovecot.ok, (users) => startDovecot({ users })],
  ['Cyrus', dovecot.ok && cyrus.ok, (users) => startCyrus({ users })],
];

describe.each(homes)('people whose home is on %s', (_, isThere, home) => {
  test.runIf(isThere)(
    'and who change on the target what a program changes at home find the flags of the target, all mail, and a list of it',
    async () => {
      await using source = await home([ann]);
      await using target = await startDovecot({ users: [ann] });
      await using state = await freshState();
      await seedAccount(source, ann, [
        { path: ['INBOX'], messages: plainMessages(1, 12) },
        { path: ['There'], messages: [] },
        { path: ['Home'], messages: [] },
      ]);
      const file = join(state.path, 'godwit.yaml');
      const lines = [
        `source: { url: 'imap+plain://127.0.0.1:${source.port}', secret: env:PW }`,
        `target: { url: 'imap+plain://127.0.0.1:${target.port}', secret: env:PW }`,
        'follow-every: 1s',
      ];
      await writeFile(file, lines.join('\n'));
      const settings = await readEstate(file);
      const stop = new AbortController();
      await using db = await openEmbedded(state.path);
      await populate(db, [ann]);
      const about = { settings, stateDir: state.path, version: 'test', keys: [], environment, log: silent };
      const serving = serve({ ...about, started: () => undefined }, stop.signal);
      const everyone = { kind: 'selector', selector: {} } as const;
      const order = (what: 'hold' | 'release' | 'retry') =>
        openMailboxOrders(db).order(everyone, what, 'a test', 'as tried');
      const listed = async (): Promise<readonly string[]> => {
        const found = await openDescriptions(db).mailbox('ann@corp.example');
        if (found.kind !== 'found') return [];
        const told = found.mailbox.exceptions.filter(({ code }) => /conflict|source-only/.test(code));
        return told.map(({ uid, code, detail }) => `${uid} ${code}: ${detail}`).toSorted();
      };
      try {
        await startPilot(db, 1);
        await untilStanding(db, 'settled', 1);
        // Nobody looks until both sides have done all of it.
        await order('hold');
        await spell(target, ['STORE 1:2 FLAGS.SILENT (\\Seen)', 'STORE 3 FLAGS.SILENT (\\Flagged)', 'MOVE 6 There']);
        await spell(source, ['STORE 1 FLAGS.SILENT (\\Flagged)', 'STORE 2 FLAGS.SILENT (\\Seen)']);
        await spell(target, ['UID STORE 4 +FLAGS.SILENT (\\Deleted)', 'UID EXPUNGE 4']);
        await spell(source, ['UID STORE 4 FLAGS.SILENT (\\Answered)', 'UID STORE 5 FLAGS.SILENT (\\Draft)']);
        await spell(source, ['UID MOVE 6 Home', 'UID STORE 3 +FLAGS.SILENT (\\Deleted)', 'UID EXPUNGE 3']);
        await order('release');
        await until(async () => expect(await listed()).toHaveLength(5));
        expect(await listed()).toEqual([
          '1 conflict: on the target \\Seen, on the source \\Flagged: both have those of the target now',
          '3 conflict: on the target \\Flagged, on the source removed or moved: it stays on the target, and comes home when people do',
          '4 conflict: on the target removed or moved, on the source \\Answered: it lies in "Godwit removed" on the source',
          expect.stringMatching(/^5 source-only: on the source \\Draft: the target has /),
          '6 conflict: removed or moved on both sides: where each moved it elsewhere, it is in both places now, and nothing was removed for it',
        ]);
        await until(async () => {
          expect(await counts(target)).toEqual({ INBOX: 10, There: 1, Home: 1, 'Godwit removed': 0 });
          expect(await counts(source)).toEqual({ INBOX: 9, There: 1, Home: 1, 'Godwit removed': 1 });
        });
        expect(await flagsOf(source, 1)).toEqual(['\\seen']);
        expect(await flagsOf(target, 1)).toEqual(['\\seen']);
      } finally {
        stop.abort();
        await serving;
      }
    },
    300_000,
  );
});

/** Says these in the inbox. */
async function spell(server: Server, commands: readonly string[]): Promise<void> {
  await using wire = await Wire.signedIn(server.port, ann);
  await wire.ok('SELECT INBOX');
  for (const command of commands) await wire.ok(command);
}

/** Messages by folder, those that lie below another counted with it. */
async function counts(server: Server): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = { INBOX: 0, There: 0, Home: 0, 'Godwit removed': 0 };
  for (const [path, { messages }] of (await accountSeen(server, ann)).folders) {
    const name = path.split('\0')[0] ?? '';
    if (name in found) found[name] = (found[name] ?? 0) + messages.length;
  }
  return found;
}

async function flagsOf(server: Server, uid: number): Promise<readonly string[]> {
  const { folders } = await accountSeen(server, ann);
  const message = folders.get('INBOX')?.messages.find((each) => each.uid === uid);
  return (message?.flags ?? []).map((flag) => flag.toLowerCase()).filter((flag) => flag !== '\\recent');
}

/** Until it holds, however long that takes within reason. */
async function until(holds: () => Promise<void>): Promise<void> {
  for (const since = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 300))) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() - since > waitMaxMs) throw error;
    }
  }
}
