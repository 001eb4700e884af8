/**
 * Holds a certificate against the mailbox as it is now (docs/evidence-format.md, section 7): reads every folder that it names, by the
 * connections and the code of verification, to read only, one folder after the other.
 */

import type { Certificate, CertifiedFolder, CertifiedSide } from '#domain/certificate.ts';
import { type CheckFinding, folderFinding, type FoundMessage, messageFinding } from '#domain/certificate-check.ts';
import { digestOctets, ElementMaker } from '#domain/digest.ts';
import { elementsDigest } from '#domain/element-digest.ts';
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
  /** Folders that are there and that the certificate does not name. */
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
  watcher.planned(certificate.folders.reduce((sum, { target }) => sum + target.messages, 0));
  const work = new LiveCheck(request, steady);
  for (const folder of certificate.folders) {
    signal.throwIfAborted();
    await work.folder(folder, byName.get(folder.target.name) ?? null);
    watcher.folder(folder.target.path.join('/'));
  }
  const isOther = (folder: Folder): boolean =>
    folder.selectable && folder.belongsTo === 'personal' && !folder.virtual && !named.has(folder.id);
  return {
    findings: work.findings,
    notCovered: tree.folders.filter(isOther).map(({ path }) => cleanText(path.join('/'), 300)),
    renumbered: work.renumbered,
    messagesRead: work.messagesRead,
    octetsRead: work.octetsRead,
  };
}

/** A message that is there: all but its element, and the row of that. */
interface Live extends FoundMessage {
  readonly at: number;
}

class LiveCheck {
  readonly #request: CheckLive;
  readonly #steady: SteadyReader;
  readonly #maker: ElementMaker;
  /** Of the folder at hand. */
  readonly #withheld: { readonly message: FoundMessage; readonly reason: string }[] = [];
  readonly findings: CheckFinding[] = [];
  readonly renumbered: string[] = [];
  messagesRead = 0;
  octetsRead = 0;

  constructor(request: CheckLive, steady: SteadyReader) {
    [this.#request, this.#steady] = [request, steady];
    this.#maker = new ElementMaker(request.digestKey);
  }

  async folder({ target }: CertifiedFolder, there: Folder | null): Promise<void> {
    const name = cleanText(target.path.join('/'), 300);
    if (!there?.selectable) {
      const says = `it is not there; ${target.messages} messages were certified`;
      this.findings.push(folderFinding('folder-missing', name, says));
      return;
    }
    try {
      this.#compare(name, target, await this.#read(there, name));
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
        const message = {
          uid: columns.uid(row),
          octets: columns.sizeBytes(row) ?? 0,
          internalDate: columns.internalDate(row),
        };
        this.#withheld.push({ message, reason });
      },
    );
    return { name: 'target', steady: this.#steady, folder, path: name, columns, unreadable: [] };
  }

  #compare(name: string, target: CertifiedSide, side: Side): void {
    const { columns } = side;
    const { rows, elements } = sideEvidence(side, this.#maker);
    const isSame = columns.uidValidity === target.uidValidity;
    if (!isSame) this.renumbered.push(name);
    const withheldThen = new Set(target.withheld);
    const withheldNow = new Set<number>();
    for (const { message, reason } of this.#withheld.splice(0)) {
      if (isSame) withheldNow.add(message.uid);
      if (isSame && withheldThen.has(message.uid)) continue;
      this.findings.push(messageFinding('unreadable', name, message, `the server does not give it out: ${reason}`));
    }
    const old: Live[] = [];
    for (const [at, row] of rows.entries()) {
      const uid = columns.uid(row);
      if (isSame && withheldThen.has(uid)) continue;
      const live = { at, uid, octets: columns.sizeBytes(row) ?? 0, internalDate: columns.internalDate(row) };
      if (!isSame || uid < target.uidNext) old.push(live);
      else this.findings.push(messageFinding('added-since', name, live, 'it came after the certificate was made'));
    }
    const elementOf = ({ at }: Live): Buffer => elements.subarray(at * digestOctets, (at + 1) * digestOctets);
    const isAll = old.length === rows.length;
    if (elementsDigest(isAll ? elements : Buffer.concat(old.map(elementOf))) === target.elements) return;
    const list = this.#request.lists.get(target.name);
    if (!list) this.#unlisted(name, target, old);
    else if (isSame) this.#byUid(name, list, old, withheldNow, elementOf);
    else this.#byElement(name, list, old, elementOf);
  }

  #unlisted(name: string, { messages, octets }: CertifiedSide, old: readonly Live[]): void {
    const sum = old.reduce((all, each) => all + each.octets, 0);
    const says = `${messages} messages of ${octets} octets were certified, ${old.length} of ${sum} are there; without the list of elements no message can be named`;
    this.findings.push(folderFinding('folder-differs', name, says));
  }

  /** Both ascend by UID. What is listed and not given out is there, and was told. */
  #byUid(
    name: string,
    list: ListedFolder,
    old: readonly Live[],
    withheldNow: ReadonlySet<number>,
    elementOf: (live: Live) => Buffer,
  ): void {
    let next = 0;
    for (let i = 0; i < list.length; i++) {
      for (; next < old.length && (old[next] as Live).uid < list.uid(i); next++) this.#added(name, old[next] as Live);
      const live = old[next];
      if (live?.uid !== list.uid(i)) {
        if (!withheldNow.has(list.uid(i))) this.#removed(name, list.message(i));
        continue;
      }
      next++;
      if (elementOf(live).equals(list.element(i))) continue;
      const says = `it was ${list.message(i).octets} octets when it was certified and is not the same any more`;
      this.findings.push(messageFinding('changed', name, live, says));
    }
    for (; next < old.length; next++) this.#added(name, old[next] as Live);
  }

  #byElement(name: string, list: ListedFolder, old: readonly Live[], elementOf: (live: Live) => Buffer): void {
    const left = Map.groupBy(old, (live) => elementOf(live).toString('latin1'));
    for (let i = 0; i < list.length; i++)
      if (!left.get(list.element(i).toString('latin1'))?.pop()) this.#removed(name, list.message(i));
    for (const live of [...left.values()].flat()) this.#added(name, live);
  }

  #removed(name: string, message: FoundMessage): void {
    this.findings.push(messageFinding('removed', name, message, 'it was certified and is not there'));
  }

  #added(name: string, message: FoundMessage): void {
    this.findings.push(messageFinding('added', name, message, 'it is there and was not certified'));
  }
}
