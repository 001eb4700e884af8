/** For tests of quirks: a whole copy, over real sockets, between two servers of ours that misbehave as told. */

import { createHash } from 'node:crypto';
import type { Instant } from '#domain/item.ts';
import { everything, type Selection } from '#domain/selection.ts';
import type { MailboxReport } from '#domain/report.ts';
import type { VerifyReport } from '#domain/verify-report.ts';
import { imapSource, imapTarget, ServerMemory } from '#connectors/imap/index.ts';
import { type MemoryMailbox, type MemoryMailboxOptions, MemoryPlatform } from '#connectors/memory/platform.ts';
import { memoryLedger } from '#ledger-file/memory.ts';
import { silent } from '#lib/log.ts';
import { type CopyChoices, copyMailbox } from '#operations/copy-mailbox.ts';
import { verifyMailbox } from '#operations/verify-mailbox.ts';
import type { Mishap, Moment, ServerFaults } from './sim/faults.ts';
import { simPassword, type SimOptions, type SimServer, startServer } from './sim/server.ts';

export interface End {
  readonly mailbox?: Partial<MemoryMailboxOptions>;
  readonly server?: Partial<SimOptions>;
  /** How long our client waits for an answer. */
  readonly deadlineMs?: number;
}

export interface Copy extends AsyncDisposable {
  readonly source: MemoryMailbox;
  readonly target: MemoryMailbox;
  readonly sourceServer: SimServer;
  readonly targetServer: SimServer;
  /** How long the engine waited between attempts, in milliseconds; the waits themselves are not waited for. */
  readonly waits: readonly number[];
  run(choices?: Partial<CopyChoices>, selection?: Partial<Selection>): Promise<MailboxReport>;
  /** Compares both servers as `godwit verify` does. */
  verify(selection?: Partial<Selection>): Promise<VerifyReport>;
}

export const noon = 1_600_000_000 as Instant;

/** Two servers with a mailbox each, and a ledger that remembers from run to run. */
export async function aCopy(source: End = {}, target: End = {}): Promise<Copy> {
  const [from, to] = [await anEnd(source), await anEnd(target)];
  const ledger = memoryLedger();
  const waits: number[] = [];
  const clock = { now: () => Date.now(), sleep: async (ms: number) => void waits.push(ms) };
  const servers = new ServerMemory();
  const side = (server: SimServer, name: string, { deadlineMs = 20_000 }: End) => ({
    endpoint: { host: '127.0.0.1', port: server.port, security: 'clear' as const, ca: null, verify: true },
    credentials: {
      current: async () => ({ kind: 'password' as const, user: 'ann', password: simPassword, onBehalfOf: null }),
    },
    log: silent,
    servers,
    name,
    commandDeadlineMs: deadlineMs,
  });
  const pair = { source: 'imap+plain://ann@127.0.0.1:1', target: 'imap+plain://ann@127.0.0.1:2' };
  return {
    source: from.mailbox,
    target: to.mailbox,
    sourceServer: from.server,
    targetServer: to.server,
    waits,
    run: (choices = {}, selection = {}) =>
      copyMailbox(
        {
          pair,
          openSource: imapSource(side(from.server, pair.source, source)),
          openTarget: imapTarget(side(to.server, pair.target, target)),
          ledger,
          choices: {
            selection: { ...everything, ...selection },
            delete: false,
            prove: 'sample',
            dryRun: false,
            followSeconds: null,
            retryRefused: false,
            ...choices,
          },
          watcher: { planned() {}, progress() {}, folder() {}, caughtUp() {} },
          log: silent,
          pace: null,
          clock,
        },
        new AbortController().signal,
      ),
    verify: (selection = {}) =>
      verifyMailbox(
        {
          pair,
          openSource: imapSource(side(from.server, pair.source, source)),
          openTarget: imapSource(side(to.server, pair.target, target)),
          selection: { ...everything, ...selection },
          sample: null,
          watcher: { planned() {}, progress() {}, folder() {} },
          log: silent,
          clock,
        },
        new AbortController().signal,
      ),
    [Symbol.asyncDispose]: async () => {
      await from.server[Symbol.asyncDispose]();
      await to.server[Symbol.asyncDispose]();
    },
  };
}

async function anEnd(end: End): Promise<{ mailbox: MemoryMailbox; server: SimServer }> {
  const platform = new MemoryPlatform();
  const mailbox = platform.add('ann', end.mailbox ?? {});
  return { mailbox, server: await startServer({ platform, ...end.server }) };
}

/** Puts `count` messages into a folder; each third seen, each fourth with a keyword. */
export function fill(mailbox: MemoryMailbox, path: readonly string[], count: number): void {
  const folder = mailbox.create(path);
  const from = folder.messages.length;
  for (let n = from + 1; n <= from + count; n++) {
    const flags = [...(n % 3 === 0 ? ['\\Seen'] : []), ...(n % 4 === 0 ? ['$Forwarded'] : [])];
    const bytes = Buffer.from(
      `Message-ID: <${path.join('.')}.${n}@quirks.test>\r\nSubject: ${n}\r\n\r\nBody ${n}.\r\n`,
    );
    folder.add({ bytes, flags, internalDate: (noon + n * 60) as Instant });
  }
}

/** Every message of a mailbox in a line: folder, content, date, flags. */
export function contents(mailbox: MemoryMailbox): readonly string[] {
  return mailbox.folders
    .flatMap(({ path, messages }) =>
      messages.map(({ bytes, internalDate, flags }) => {
        const sum = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
        return `${path.join('/')} ${sum} ${internalDate} ${flags.join(' ').toLowerCase()}`;
      }),
    )
    .toSorted();
}

/** Goes wrong the first `times` times that a command is heard. */
export function atFirst(times: number, command: string, mishap: Mishap): (moment: Moment) => Mishap | null {
  let left = times;
  return (moment) => (moment.command === command && left-- > 0 ? mishap : null);
}

/** The same for the messages of a FETCH: what happens to one UID, the first `times` times. */
export function toMessage(
  uid: number,
  times: number,
  mishap: ReturnType<NonNullable<ServerFaults['outgoing']>>,
): NonNullable<ServerFaults['outgoing']> {
  let left = times;
  return (_, at) => (at === uid && left-- > 0 ? mishap : null);
}
