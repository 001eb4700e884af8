/** The 1,630 real messages between real servers, both makes, both ways: issue figure 3. */

import { describe, expect, test } from 'vitest';
import { compareAccounts, differencesOf } from './compare.ts';
import { corpusAvailable, corpusMessages } from './corpus.ts';
import { startCyrus } from './cyrus.ts';
import { startDovecot } from './dovecot.ts';
import { freshState, godwitCopy } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { rawState } from './raw-state.ts';
import { untruths } from './report-check.ts';
import { seedAccount, type SeedFolder, type SeedMessage } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { commandsThatWrite, startProxy } from './tcp-proxy.ts';
import { imapDate } from './awkward-mail.ts';

const needs = [await corpusAvailable(), await labAvailable('dovecot'), await labAvailable('cyrus')];
const ready = skipAloud('the corpus between real servers', ...needs);

const user = { name: 'ada', password: 'a secret: with a colon' };
const start = { dovecot: () => startDovecot({ users: [user] }), cyrus: () => startCyrus({ users: [user] }) };

describe.runIf(ready)('the 1,630 messages of the corpus', () => {
  test.each([
    { from: 'dovecot', to: 'dovecot' },
    { from: 'dovecot', to: 'cyrus' },
    { from: 'cyrus', to: 'dovecot' },
  ] as const)(
    '$from to $to: everything is there byte for byte or listed by name; again sends nothing; the source is as it was',
    async ({ from, to }) => {
      await using source = await start[from]();
      await using target = await start[to]();
      await using state = await freshState();
      const seeded = await seedAccount(source, user, await corpusFolders());
      expect(seeded.messages).toBeGreaterThan(1580);
      const before = await rawState(source, user);
      await using toSource = await startProxy(source, { log: true });
      await using toTarget = await startProxy(target, { log: true });
      const copyNow = () => godwitCopy({ port: toSource.port, user }, { port: toTarget.port, user }, state.path);

      const first = await copyNow();
      const comparison = compareAccounts(await accountSeen(source, user), await accountSeen(target, user));
      expect.soft(untruths(first.mailbox, comparison), differencesOf(comparison).slice(0, 20).join('\n')).toEqual([]);
      const listed = first.mailbox.refused.length + first.mailbox.differences.length;
      expect.soft({ code: first.code, fault: first.mailbox.fault }).toEqual({ code: listed > 0 ? 3 : 0, fault: null });
      expect.soft(comparison.missingFolders).toEqual([]);
      if (from === to) expect.soft(differencesOf(comparison)).toEqual([]);

      toTarget.forget();
      const targetBefore = await rawState(target, user);
      const again = await copyNow();
      expect
        .soft({ copied: again.mailbox.copied, flagsChanged: again.mailbox.flagsChanged })
        .toEqual({ copied: 0, flagsChanged: 0 });
      expect.soft(untruths(again.mailbox, comparison)).toEqual([]);
      expect.soft(commandsThatWrite(toTarget.sent())).toEqual([]);
      expect.soft(await rawState(target, user)).toEqual(targetBefore);

      expect.soft(toSource.sent()).toMatch(/EXAMINE/);
      expect.soft(commandsThatWrite(toSource.sent())).toEqual([]);
      expect.soft(await rawState(source, user)).toEqual(before);
    },
  );
});

/** A folder for each hundred, as the corpus has them; dates and flags that can be told apart. */
async function corpusFolders(): Promise<readonly SeedFolder[]> {
  const folders = new Map<string, SeedMessage[]>();
  let count = 0;
  for await (const message of corpusMessages('crlf')) {
    const name = message.file.slice(0, 2);
    const list = folders.get(name) ?? folders.set(name, []).get(name);
    list?.push({
      name: message.file,
      bytes: message.bytes,
      flags: [...(count % 3 === 0 ? ['\\Seen'] : []), ...(count % 7 === 0 ? ['\\Flagged', '$Forwarded'] : [])],
      internalDate: imapDate(1_200_000_000 + count * 97),
    });
    count++;
  }
  return [...folders].map(([name, messages]) => ({ path: ['Corpus', name], messages, subscribed: true }));
}
