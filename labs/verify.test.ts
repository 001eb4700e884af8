/** `godwit verify` beside the labs' own comparison: what it says of two real servers is what is true of them. */

import { describe, expect, test } from 'vitest';
import { everything } from '#domain/selection.ts';
import type { VerifyReport } from '#domain/verify-report.ts';
import { imapSource, ServerMemory } from '#connectors/imap/index.ts';
import { silent } from '#lib/log.ts';
import { verifyMailbox } from '#operations/verify-mailbox.ts';
import { compareAccounts } from './compare.ts';
import { corpusAvailable, corpusMessages } from './corpus.ts';
import { startCyrus } from './cyrus.ts';
import { startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { rawState } from './raw-state.ts';
import { seedAccount, type SeedMessage } from './seed.ts';
import type { LabServer } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';

const needs = [await corpusAvailable(), await labAvailable('dovecot'), await labAvailable('cyrus')];
const ready = skipAloud('verify between real servers', ...needs);
const user = { name: 'ada', password: 'a secret: with a colon' };

describe.runIf(ready)('godwit verify between Dovecot and Cyrus', () => {
  test('finds what the servers themselves made of 300 real messages, by name, and changes nothing', async () => {
    await using source = await startDovecot({ users: [user] });
    await using target = await startCyrus({ users: [user] });
    // The same octets are given to both; what each refuses or alters is theirs.
    const messages: SeedMessage[] = [];
    for await (const { file, bytes } of corpusMessages('crlf', 300)) {
      if (bytes.length > 0)
        messages.push({ name: file, bytes, flags: ['\\Seen'], internalDate: '01-Feb-2020 10:00:00 +0000' });
    }
    const onSource = await seedAccount(source, user, [{ path: ['Corpus'], messages }]);
    const onTarget = await seedAccount(target, user, [{ path: ['Corpus'], messages }]);
    const before = [await rawState(source, user), await rawState(target, user)];

    const report = await verified(source, target);

    const truth = compareAccounts(await accountSeen(source, user), await accountSeen(target, user));
    const altered = report.different.filter(({ differences }) =>
      differences.some(({ class: of }) => of === 'header8bit'),
    );
    expect
      .soft(report)
      .toMatchObject({ fault: null, equal: truth.same, extra: [], unreadable: [], verdict: 'differs' });
    expect.soft(report.sourceMessages).toBe(onSource.messages);
    expect.soft(report.targetMessages).toBe(onTarget.messages);
    expect.soft(report.missing.length).toBe(onSource.messages - onTarget.messages);
    expect.soft(report.different).toEqual(altered);
    expect
      .soft(altered.length + report.missing.length)
      .toBe(truth.pairs.reduce((sum, pair) => sum + pair.onlySource.length, 0));
    expect.soft(altered.length).toBeGreaterThan(0);
    expect.soft([await rawState(source, user), await rawState(target, user)]).toEqual(before);
  });
});

function verified(source: LabServer, target: LabServer): Promise<VerifyReport> {
  const open = (server: LabServer) =>
    imapSource({
      endpoint: { host: '127.0.0.1', port: server.port, security: 'clear', ca: null, verify: true },
      credentials: {
        current: async () => ({ kind: 'password', user: user.name, password: user.password, onBehalfOf: null }),
      },
      log: silent,
      servers: new ServerMemory(),
      name: `imap+plain://${user.name}@127.0.0.1:${server.port}`,
    });
  return verifyMailbox(
    {
      pair: { source: 'source', target: 'target' },
      openSource: open(source),
      openTarget: open(target),
      selection: everything,
      sample: null,
      log: silent,
      watcher: { planned() {}, progress() {}, folder() {} },
    },
    new AbortController().signal,
  );
}
