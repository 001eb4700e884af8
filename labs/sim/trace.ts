/** What happened in a history, line by line, for whoever looks into a failure. */

import type { LedgerStore, MailboxPair } from '#ports/ledger.ts';
import type { World } from './world.ts';

export class Trace {
  readonly lines: string[] = [];
  /** Whether every operation, and what mailboxes and ledger hold, is told as well. */
  readonly isVerbose: boolean;

  constructor(isVerbose: boolean) {
    this.isVerbose = isVerbose;
  }

  add(line: string): void {
    this.lines.push(line);
  }

  detail(line: string): void {
    if (this.isVerbose) this.lines.push(`  ${line}`);
  }

  /** Tells which letters (by the number in their body) each folder holds, now and whenever that changes. */
  follow(world: World): void {
    if (!this.isVerbose) return;
    const last = new Map<string, string>();
    for (const side of ['source', 'target'] as const) {
      const tell = (): void => {
        for (const { name, uidValidity, messages } of world[side].folders) {
          const letters = messages.map(({ uid, bytes }) => `${uid}=${letterNumber(bytes)}`).join(' ');
          const line = `${side} ${name} (${uidValidity}): ${letters}`;
          if (last.get(`${side} ${name}`) !== line) this.detail(line);
          last.set(`${side} ${name}`, line);
        }
      };
      tell();
      world[side].watch(tell);
    }
  }

  /** Tells what a ledger knows. */
  async ledger(store: LedgerStore, pair: MailboxPair): Promise<void> {
    const ledger = this.isVerbose ? await store.peek(pair) : null;
    if (!ledger) return;
    const lines: unknown[] = [];
    for (const { source, sourceUidValidity, targetUidValidity, messages } of await ledger.folders()) {
      lines.push({ source, sourceUidValidity, targetUidValidity, messages, map: (await ledger.map(source)).runs });
    }
    for (const { folder, uid, kind, code } of await ledger.exceptions()) lines.push({ folder, uid, kind, code });
    for (const { id, source, uids, targetUidNext, sent } of await ledger.intents()) {
      lines.push({ id, source, uids, targetUidNext, sent: sent.map(({ uid }) => uid) });
    }
    for (const line of lines) this.detail(`ledger ${JSON.stringify(line)}`);
  }
}

function letterNumber(bytes: Uint8Array): string {
  return /^(\d+): /m.exec(Buffer.from(bytes).toString('latin1'))?.[1] ?? '?';
}
