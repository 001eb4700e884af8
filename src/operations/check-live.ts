/**
 * Holds a certificate against the mailbox as it is now (docs/evidence-format.md, section 7): reads every folder that it names, by the
 * connections and the code of verification, to read only, one folder after the other.
 */

import type { Certificate, CertifiedFolder, CertifiedSide } from '#domain/certificate.ts';
import { type CheckFinding, folderFinding, type FoundMessage, messageFinding } from '#domain/certificate-check.ts';
import { ElementMaker } from '#domain/digest.ts';
import { Fault } from '#domain/fault.ts';
import type { Folder } from '#domain/item.ts';
import { cleanText } from '#lib/clean-text.ts';
import { realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { Columns, FlagSets } from '#verify/columns.ts';
import type { Side } from '#verify/findings.ts';
import { DigestTaker, readMessages } from '#verify/read-contents.ts';
import { sideEvidence } from '#verify/side-evidence.ts';
import { type OpenReader, SteadyReader } from '#verify/steady-reader.ts';
import type { ListedFolder } from './listed-folders.ts';
import { LiveFolder, type WithheldNow } from './live-folder.ts';
import type { VerifyWatcher } from './verify-mailbox.ts';

export interface CheckLive {
  readonly certificate: Certificate;
  /** 32 octets. */
  readonly digestKey: Uint8Array;
  /** By the name of the target folder; of others only the folder can be named. */
  readonly lists: ReadonlyMap<string, ListedFolder>;
  readonly open: OpenReader;
  readonly watcher: VerifyWatcher;
  readonly log: Log;
}

export interface CheckedLive {
  readonly findings: readonly CheckFinding[];
  /** Folders of which nothing is certified: they were there, or nobody can tell whether they were. */
  readonly notCovered: readonly string[];
  /** Folders whose UIDVALIDITY is another one, so that their messages were told by content alone. */
  readonly renumbered: readonly string[];
  readonly messagesRead: number;
  readonly octetsRead: number;
}

/** Throws faults of the connection, and of the sign-in. */
export async function checkLive(request: CheckLive, signal: AbortSignal): Promise<CheckedLive> {
  const { certificate, watcher, log, open } = request;
  await using steady = new SteadyReader(open, realClock, log.with({ side: 'target' }), signal);
  const tree = await steady.use((reader) => reader.folders());
  const byName = new Map<string, Folder>(tree.folders.map((folder) => [folder.id, folder] as const));
  const named = new Set(certificate.folders.map(({ target }) => target.name));
  const others = certificate.otherFolders && new Set(certificate.otherFolders);
  watcher.planned(certificate.folders.reduce((sum, { target }) => sum + target.messages, 0));
  const work = new LiveCheck(request, steady);
  for (const folder of certificate.folders) {
    signal.throwIfAborted();
    await work.folder(folder, byName.get(folder.target.name) ?? null);
    watcher.folder(folder.target.path.join('/'));
  }
  const isOwn = (folder: Folder): boolean =>
    folder.selectable && folder.belongsTo === 'personal' && !folder.virtual && !named.has(folder.id);
  // By an older certificate, which does not tell, none of them came since.
  const isNew = ({ id }: Folder): boolean => others !== undefined && !others.has(id);
  const own = tree.folders.filter(isOwn);
  for (const folder of own.filter(isNew)) await work.newFolder(folder);
  return {
    findings: work.findings,
    notCovered: own.filter((folder) => !isNew(folder)).map(nameOf),
    renumbered: work.renumbered,
    messagesRead: work.messagesRead,
    octetsRead: work.octetsRead,
  };
}

function nameOf({ path }: Pick<Folder, 'path'>): string {
  return cleanText(path.join('/'), 300);
}

class LiveCheck {
  readonly #request: CheckLive;
  readonly #steady: SteadyReader;
  readonly #maker: ElementMaker;
  /** Of the folder at hand. */
  readonly #withheld: WithheldNow[] = [];
  readonly findings: CheckFinding[] = [];
  readonly renumbered: string[] = [];
  messagesRead = 0;
  octetsRead = 0;

  constructor(request: CheckLive, steady: SteadyReader) {
    [this.#request, this.#steady] = [request, steady];
    this.#maker = new ElementMaker(request.digestKey);
  }

  async folder({ target }: CertifiedFolder, there: Folder | null): Promise<void> {
    const name = nameOf(target);
    if (!there?.selectable) {
      const says = `it is not there; ${target.messages} messages were certified`;
      this.findings.push(folderFinding('folder-missing', name, says));
      return;
    }
    await this.#unlessRefused(name, async () => this.#compare(name, target, await this.#read(there, name)));
  }

  /** One that was not there: whatever is in it came later. What that is nobody has to read for it. */
  async newFolder(folder: Folder): Promise<void> {
    const name = nameOf(folder);
    await this.#unlessRefused(name, async () => {
      const listing = await this.#steady.use((reader) => reader.list(folder.id, 'all', false));
      const columns = new Columns(listing, new FlagSets(), () => true);
      const says = 'it came after the certificate was made, and so did its folder';
      for (const row of columns.uids.keys())
        this.findings.push(messageFinding('added-since', name, messageAt(columns, row), says));
    });
  }

  async #unlessRefused(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Fault) || error.reach !== 'folder') throw error;
      this.findings.push(folderFinding('unreadable', name, error.message));
    }
  }

  async #read(folder: Folder, name: string): Promise<Side> {
    const { watcher } = this.#request;
    const listing = await this.#steady.use((reader) => reader.list(folder.id, 'all', false));
    const columns = new Columns(listing, new FlagSets(), () => true);
    const taker = new DigestTaker(columns, (octets) => {
      this.messagesRead++;
      this.octetsRead += octets;
      watcher.progress(1, octets);
    });
    await readMessages(
      this.#steady,
      folder.id,
      columns,
      columns.uids.map((_, row) => row),
      taker,
      (row, reason) => {
        this.#withheld.push({ message: messageAt(columns, row), reason });
      },
    );
    return { name: 'target', steady: this.#steady, folder, path: name, columns, unreadable: [] };
  }

  #compare(name: string, target: CertifiedSide, side: Side): void {
    const live = new LiveFolder(name, target, side, sideEvidence(side, this.#maker));
    if (live.isRenumbered) this.renumbered.push(name);
    const list = this.#request.lists.get(target.name) ?? null;
    for (const finding of live.compare(target, list, this.#withheld.splice(0))) this.findings.push(finding);
  }
}

function messageAt(columns: Columns, row: number): FoundMessage {
  return { uid: columns.uid(row), octets: columns.sizeBytes(row) ?? 0, internalDate: columns.internalDate(row) };
}
