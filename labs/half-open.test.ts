/**
 * Half-open connections: the other side is gone and nobody says so. The command line waits 90 seconds for an answer; here
 * the same engine and connectors are called with a deadline of a second, so that the test need not wait so long.
 */

import { describe, expect, test } from 'vitest';
import { ServerMemory, imapSource, imapTarget } from '../src/connectors/imap/index.ts';
import { openLedgerFile } from '../src/ledger-file/index.ts';
import { silent } from '../src/lib/log.ts';
import { copyMailbox } from '../src/operations/copy-mailbox.ts';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { startDovecot } from './dovecot.ts';
import { freshState } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import type { LabUser } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { type Harm, startProxy } from './tcp-proxy.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('half-open connections', dovecot);

const ada = { name: 'ada', password: 'a' };
const ben = { name: 'ben', password: 'b' };

function sideOf(port: number, user: LabUser) {
  return {
    endpoint: { host: '127.0.0.1', port, security: 'clear', ca: null, verify: true },
    credentials: {
      current: async () => ({ kind: 'password', user: user.name, password: user.password, onBehalfOf: null }) as const,
    },
    log: silent,
    servers: new ServerMemory(),
    name: `${user.name} at ${port}`,
    commandDeadlineMs: 1000,
  } as const;
}

describe.runIf(dovecot.ok)('a connection that falls silent', () => {
  test.each<{ where: 'source' | 'target'; harm: Harm }>([
    { where: 'source', harm: { direction: 'to-client', how: 'silence', afterBytes: 300 } },
    { where: 'source', harm: { direction: 'to-client', how: 'silence', afterBytes: 200_000 } },
    { where: 'target', harm: { direction: 'to-server', how: 'silence', afterBytes: 60 } },
    { where: 'target', harm: { direction: 'to-server', how: 'silence', afterBytes: 200_000 } },
    { where: 'target', harm: { direction: 'to-client', how: 'silence', afterBytes: 2500 } },
  ])(
    'to the $where ($harm.direction, after $harm.afterBytes octets) is given up and opened again, and all arrives once',
    async ({ where, harm }) => {
      await using server = await startDovecot({ users: [ada, ben] });
      await seedAccount(server, ada, [
        { path: ['INBOX'], messages: plainMessages(3, 300) },
        { path: ['Work'], messages: plainMessages(4, 100) },
      ]);
      await using harmful = await startProxy(server, { harm: (connection) => (connection === 0 ? harm : null) });
      await using state = await freshState();
      await using ledger = await openLedgerFile(state.path, { readOnly: false, log: silent });
      const report = await copyMailbox(
        {
          pair: { source: 'ada', target: 'ben' },
          openSource: imapSource(sideOf(where === 'source' ? harmful.port : server.port, ada)),
          openTarget: imapTarget(sideOf(where === 'target' ? harmful.port : server.port, ben)),
          ledger,
          choices: {
            selection: { include: [], exclude: [], map: [], since: null, before: null, maxSizeBytes: null },
            delete: false,
            prove: 'sample',
            dryRun: false,
            followSeconds: null,
            retryRefused: false,
          },
          watcher: { planned() {}, progress() {}, folder() {}, caughtUp() {} },
          log: silent,
          pace: null,
        },
        new AbortController().signal,
      );
      expect.soft(harmful.harmed()).toBe(1);
      expect(report).toMatchObject({ fault: null, copied: 400, refused: [] });
      expect(differencesOf(compareAccounts(await accountSeen(server, ada), await accountSeen(server, ben)))).toEqual(
        [],
      );
    },
  );
});
