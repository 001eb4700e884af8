/**
 * What a killed copy leaves on the target of which its ledger knows nothing: messages that had arrived, while what was to be
 * noted of them died with the process. Everything else on the target is in the map, or its content is noted under an intent,
 * and the next run finds it. Where such a message leaves the source before the next run, nobody can prove that it is ours.
 */

import { ElementMaker } from '../src/domain/digest.ts';
import { mailboxKey, parseEndpoint } from '../src/domain/endpoint.ts';
import type { FolderId } from '../src/domain/item.ts';
import { openLedgerFile } from '../src/ledger-file/index.ts';
import { silent } from '../src/lib/log.ts';
import type { Kept } from '../src/domain/report.ts';
import type { MailboxPair, SentMessage } from '../src/ports/ledger.ts';
import { toWire } from './folder-names.ts';
import { type End, urlOf } from './godwit.ts';
import type { AccountSeen, FolderSeen } from './snapshot.ts';

export class KillEvidence {
  readonly #stateDir: string;
  readonly #pair: MailboxPair;
  /** Messages of the target that were there after a kill and unknown to the ledger: `path\0uid`. */
  readonly #unknown = new Set<string>();

  constructor(stateDir: string, [source, target]: readonly [End, End]) {
    this.#stateDir = stateDir;
    this.#pair = { source: keyOf(source), target: keyOf(target) };
  }

  /** Looks at what is there after a kill, before the next run does. Throws where a message is in one folder twice. */
  async look(target: AccountSeen): Promise<void> {
    const twice = repeated(target);
    if (twice.length > 0) throw new Error(`there twice: ${twice.join(', ')}`);
    await using store = await openLedgerFile(this.#stateDir, { readOnly: true, log: silent });
    const ledger = await store.peek(this.#pair);
    const elements = new ElementMaker(ledger?.digestKey ?? new Uint8Array(32));
    const isThat = ({ element, internalDate }: SentMessage, sha256: Uint8Array, sizeBytes: number): boolean =>
      Buffer.from(elements.element(sha256, sizeBytes, internalDate)).equals(element);
    const intents = (await ledger?.intents()) ?? [];
    for (const folder of target.folders.values()) {
      const id = folder.path.map(toWire).join('/') as FolderId;
      const map = await ledger?.map(id);
      const sent = intents.filter((intent) => intent.target === id).flatMap((intent) => intent.sent);
      for (const { uid, sha256, sizeBytes } of folder.messages) {
        if (map !== undefined && map.sourceOf(uid) !== null) continue;
        if (!sent.some((message) => isThat(message, Buffer.from(sha256, 'hex'), sizeBytes)))
          this.#unknown.add(nameOf(folder, uid));
      }
    }
  }

  /**
   * Of the messages that are on the target alone: how many arrived in a run that was killed before it could note them, and
   * the names of those that neither a kill nor the report's list of what was kept accounts for.
   */
  async accountFor(
    alone: readonly { readonly folder: FolderSeen; readonly uid: number }[],
    kept: readonly Kept[],
  ): Promise<{ readonly byKills: number; readonly nobody: readonly string[] }> {
    await using store = await openLedgerFile(this.#stateDir, { readOnly: true, log: silent });
    const ledger = await store.peek(this.#pair);
    let byKills = 0;
    const nobody: string[] = [];
    for (const { folder, uid } of alone) {
      const path = folder.path.join('/');
      const from = (await ledger?.map(folder.path.map(toWire).join('/') as FolderId))?.sourceOf(uid);
      if (kept.some((one) => one.folder === path && one.uid === from)) continue;
      if (this.#unknown.has(nameOf(folder, uid))) byKills++;
      else nobody.push(`${path} UID ${uid}`);
    }
    return { byKills, nobody };
  }
}

/** Messages that a folder holds more than once. For accounts in which every message was written once. */
export function repeated(account: AccountSeen): readonly string[] {
  return [...account.folders.values()].flatMap((folder) => {
    const seen = new Set<string>();
    return folder.messages
      .filter(({ sha256 }) => seen.size === seen.add(sha256).size)
      .map(({ uid }) => `${folder.path.join('/')} UID ${uid}`);
  });
}

function nameOf(folder: FolderSeen, uid: number): string {
  return `${folder.path.join('/')}\0${uid}`;
}

function keyOf(end: End): string {
  const parsed = parseEndpoint(urlOf(end));
  if (parsed.kind === 'refused') throw new Error(parsed.says);
  return mailboxKey(parsed.endpoint);
}
