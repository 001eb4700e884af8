/** For tests: a move between two mailboxes in memory, and an independent look at what came of it. */

import { createHash } from 'node:crypto';
import type { Instant } from '#domain/item.ts';
import { everything } from '#domain/selection.ts';
import { memorySource, memoryTarget, type MemoryEnd } from '#connectors/memory/open.ts';
import { MemoryMailbox, type MemoryFolder } from '#connectors/memory/platform.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import { silent } from '#lib/log.ts';
import type { LedgerStore } from '#ports/ledger.ts';
import { type CopyChoices, copyMailbox, type CopyRequest, type MailboxReport } from './copy-mailbox.ts';

export const pair = { source: 'imaps://ada@old.example', target: 'imaps://ada@new.example' };

export const usual: CopyChoices = {
  selection: everything,
  delete: false,
  prove: 'sample',
  dryRun: false,
  followSeconds: null,
  retryRefused: false,
};

export interface Move {
  readonly source: MemoryMailbox;
  readonly target: MemoryMailbox;
  readonly ledger: LedgerStore;
  run(changed?: Partial<CopyChoices>, request?: Partial<CopyRequest>, signal?: AbortSignal): Promise<MailboxReport>;
}

/** A source and a target, each with an empty inbox, and a ledger in memory. */
export function aMove(
  ends: {
    readonly source?: Partial<MemoryEnd>;
    readonly target?: Partial<MemoryEnd>;
    readonly ledger?: LedgerStore;
  } = {},
  mailboxes: { readonly source?: MemoryMailbox; readonly target?: MemoryMailbox } = {},
): Move {
  const source = mailboxes.source ?? new MemoryMailbox();
  const target = mailboxes.target ?? new MemoryMailbox();
  const ledger = ends.ledger ?? memoryLedger();
  const instantly = { now: () => Date.now(), sleep: async () => undefined };
  return {
    source,
    target,
    ledger,
    run: (changed = {}, request = {}, signal = new AbortController().signal) =>
      copyMailbox(
        {
          pair,
          openSource: memorySource(source, ends.source),
          openTarget: memoryTarget(target, ends.target),
          ledger,
          choices: { ...usual, ...changed },
          watcher: { planned() {}, progress() {}, folder() {}, caughtUp() {} },
          log: silent,
          pace: null,
          clock: instantly,
          ...request,
        },
        signal,
      ),
  };
}

/** A message of our own; `n` makes it another one. */
export function letter(n: number, body = 'Grüße aus dem Süden.'): Uint8Array {
  return Buffer.from(
    `Message-ID: <${n}@godwit.test>\r\nFrom: Ada <ada@old.example>\r\nSubject: Letter ${n}\r\n\r\n${body}\r\n${'x'.repeat((n * 37) % 500)}\r\n`,
  );
}

export const noon = 1_700_000_000 as Instant;

/** Puts letters `from`…`to` into a folder, a minute apart, every third seen. */
export function fill(folder: MemoryFolder, from: number, to: number): void {
  for (let n = from; n <= to; n++) {
    const flags = n % 3 === 0 ? ['\\Seen'] : n % 5 === 0 ? ['\\Flagged', '$Forwarded'] : [];
    folder.add({ bytes: letter(n), flags, internalDate: (noon + n * 60) as Instant });
  }
}

/** Every message of a mailbox in one line each, sorted: folder, content, date and flags. */
export function contents(mailbox: MemoryMailbox, withFlags = true): string[] {
  return mailbox.folders
    .flatMap((folder) =>
      folder.messages.map((message) => {
        const sum = createHash('sha256').update(message.bytes).digest('hex').slice(0, 16);
        return `${folder.path.join('/')} ${sum} ${message.internalDate}${withFlags ? ` ${message.flags.join(' ')}` : ''}`;
      }),
    )
    .sort();
}
