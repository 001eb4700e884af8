/** The page of a wave: true, self-contained, and unable to do anything, whatever a name in it says. */

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { noTotals, type ListedException, type MailboxAccount } from '#domain/wave-report.ts';
import type { WaveReport } from '#operations/report-wave.ts';
import { wavePage } from './wave-report-page.ts';

const hostile = `<img src=x onerror=alert(1)>"'&\u202egnp.exe\u001b[2J`;

function account(address: string, rest: Partial<MailboxAccount> = {}): MailboxAccount {
  const none = {
    mark: null,
    markedFor: null,
    interruptedMs: null,
    verified: null,
    certified: null,
    refused: 0,
    alreadyThere: 0,
  };
  const some = { organisation: 'RXY', stage: 'settled', found: 10, copied: 10, bytes: 5_000, open: 0, accepted: 0 };
  return { address, ...none, ...some, ...rest } as MailboxAccount;
}

const exception: ListedException = {
  address: 'ann@x.example',
  folder: hostile,
  uid: 5,
  uidValidity: 7,
  kind: 'refused',
  code: 'too-big',
  detail: hostile,
  sizeBytes: 2_000,
  messageId: null,
  accepted: { who: hostile, why: hostile, at: '2026-12-01T20:00:00.000Z' },
};

async function page(accounts: readonly MailboxAccount[], exceptions: readonly ListedException[]): Promise<string> {
  const wave = { name: hostile, state: 'running', window: { opensAt: 0, closesAt: 3_600_000 } };
  const totals = {
    ...noTotals,
    mailboxes: accounts.length,
    open: 1,
    acceptedBy: [hostile],
    refusedFor: { [hostile]: 1 },
  };
  const report = {
    async *accounts() {
      yield accounts;
    },
    summary: async () => ({
      wave,
      totals,
      interruptions: null,
      grade: { grade: 'investigate', because: ['1 mailboxes are investigate'] },
    }),
  } as unknown as WaveReport;
  const all = async function* () {
    yield exceptions;
  };
  let text = '';
  for await (const part of wavePage(report, all())) text += part;
  return text;
}

test('no name, folder, reason or word of a server becomes markup, moves a cursor or turns the reading round', async () => {
  const text = await page([account(hostile, { mark: 'held', markedFor: hostile })], [exception]);
  expect(text).not.toMatch(/<img|onerror=alert\(1\)>|<script/);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e]/);
  expect(text).toContain('&#60;img src=x onerror=alert(1)&#62;');
});

test('it loads nothing and runs nothing, and its policy lets it do neither', async () => {
  const text = await page([account('ann@x.example')], []);
  expect(text).not.toMatch(/<[^>]*\b(?:src|href)=|url\(|@import/);
  expect(text).not.toMatch(/ style="| on\w+="/);
  const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(text) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  expect(text).toContain(
    `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
  );
});

test('every mailbox has its line, who needs somebody is marked, and every message that is listed has its own', async () => {
  const text = await page(
    [account('ann@x.example'), account('bob@x.example', { open: 2, interruptedMs: 1_500 })],
    [exception],
  );
  expect(text).toContain('<tr><th scope="row">ann@x.example</th>');
  expect(text).toMatch(/<tr class="open"><th scope="row">bob@x.example<\/th>.*<td>1.5 s<\/td><td class="n">2<\/td>/);
  expect(text.match(/<tr><th scope="row">ann@x.example<\/th><td>&#60;img/)).not.toBeNull();
  expect(await page([account('ann@x.example')], [])).toContain('<p>None is.</p>');
});
