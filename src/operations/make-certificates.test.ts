/** Certificates of a mailbox between two arrays, and what a checker then makes of the target, whatever becomes of it. */

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { MemoryFaults } from '#connectors/memory/faults.ts';
import { memorySource } from '#connectors/memory/open.ts';
import { MemoryMailbox } from '#connectors/memory/platform.ts';
import { type Certificate, type Envelope, envelopeText } from '#domain/certificate.ts';
import { fault } from '#domain/fault.ts';
import type { Instant } from '#domain/item.ts';
import type { Stage } from '#domain/journey.ts';
import { everything } from '#domain/selection.ts';
import { signingKey } from '#domain/signing-key.ts';
import type { ListedException } from '#domain/wave-report.ts';
import type { Clock } from '#lib/clock.ts';
import { silent } from '#lib/log.ts';
import type { Evidence } from '#ports/evidence.ts';
import type { InView, LookAt, Looks } from '#ports/looks.ts';
import { checkCertificate } from './check-certificate.ts';
import { checkLive } from './check-live.ts';
import { EvidenceFiles } from './evidence-files.ts';
import { type MadeCertificate, makeCertificates } from './make-certificates.ts';

const key = signingKey(randomBytes(32));
const digestKey = randomBytes(32);
/** Waits take no time. */
const hurried: Clock = { now: () => Date.now(), sleep: async () => {} };
const watcher = { planned() {}, progress() {}, folder() {} };
const day = 86_400;

function put(mailbox: MemoryMailbox, folder: string, text: string, date: number | null): void {
  const bytes = Buffer.from(`Subject: ${text}\r\n\r\n${text}\r\n`);
  mailbox.folder(folder)?.add({ bytes, flags: [], internalDate: (date ?? null) as Instant | null });
}

/** Two letters in the inbox, one in a folder with an awkward name, and an empty folder. */
function filled(): MemoryMailbox {
  const mailbox = new MemoryMailbox();
  mailbox.create(['Süd "Ost"\\West']);
  mailbox.create(['Empty']);
  put(mailbox, 'INBOX', 'one', day);
  put(mailbox, 'INBOX', 'two', -5);
  put(mailbox, 'INBOX', 'two', -5);
  put(mailbox, mailbox.folders.find(({ path }) => path[0]?.startsWith('S'))?.name ?? '', 'three', 3 * day);
  return mailbox;
}

interface Place {
  readonly folder: string;
  readonly source: MemoryMailbox;
  readonly target: MemoryMailbox;
  readonly kept: Map<number, Envelope<Certificate>>;
  /** What the move has listed. */
  readonly listed: ListedException[];
  make(more?: {
    readonly stage?: Stage;
    readonly faults?: MemoryFaults;
    readonly anew?: boolean;
    readonly lookAt?: (once: LookAt) => LookAt;
  }): Promise<readonly MadeCertificate[]>;
  /** What a checker finds now: kind, folder and UID. */
  check(more?: {
    readonly faults?: MemoryFaults;
    readonly withList?: boolean;
    /** The certificate is as they were before they named other folders. */
    readonly isOlder?: boolean;
  }): Promise<readonly string[]>;
}

async function place(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-make-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [source, target] = [filled(), filled()];
  const kept = new Map<number, Envelope<Certificate>>();
  const listed: ListedException[] = [];
  let stands: Stage = 'settled';
  const evidence: Partial<Evidence> = {
    facts: async () => ({
      organisation: 'RXY',
      kind: 'person',
      wave: null,
      approvals: [],
      switches: [],
      exceptions: listed,
    }),
    keep: async (mailbox, signed) => void kept.set(mailbox, signed),
    open: async ([mailbox = 0]) =>
      kept.has(mailbox)
        ? [{ mailbox, address: 'ann@x.example', leaf: Buffer.alloc(32), grade: 'perfect', stage: stands }]
        : [],
    text: async (mailbox) => envelopeText(kept.get(mailbox) as Envelope<Certificate>),
  };
  const looks: Partial<Looks> = {
    caughtUpAt: async () => null,
    ledger: async () => null,
    acceptances: async () => [],
    keepVerification: async () => undefined,
  };
  const file = join(folder, 'ann@x.example.json');
  return {
    folder,
    source,
    target,
    kept,
    listed,
    async make({ stage = 'settled', faults = {}, anew = false, lookAt = (once: LookAt) => once } = {}) {
      stands = stage;
      const ends = { source: memorySource(source), target: memorySource(target, { faults }) };
      const inView = {
        traveller: { id: 1, address: 'ann@x.example', stage, side: 'target' },
        pair: { source: 'ann@old', target: 'ann@new' },
        open: (side: 'source' | 'target') => ends[side],
      } as unknown as InView;
      const once: LookAt = async (_mailbox, look, signal) => look(inView, signal);
      const order = { members: [1], atOnce: 1, anew, withElements: true, selection: everything, version: '1.2.3' };
      const parts = { key, digestKeyOf: () => digestKey, evidence: evidence as Evidence, looks: looks as Looks };
      const files = await EvidenceFiles.open(folder);
      const begins = { begins: () => ({ ...watcher, ended() {} }) };
      const request = { ...order, ...parts, files, lookAt: lookAt(once), watcher: begins, log: silent, clock: hurried };
      const made: MadeCertificate[] = [];
      for await (const page of makeCertificates(request, new AbortController().signal)) made.push(...page);
      return made;
    },
    async check({ faults = {}, withList = true, isOlder = false } = {}) {
      const list = withList ? join(folder, 'ann@x.example.elements') : null;
      const checked = await checkCertificate({ file: await readFile(file), keys: [key], list, wave: null });
      const { certificate, lists } = checked;
      if (!certificate) throw new Error('there is a certificate');
      const open = memorySource(target, { faults });
      const { otherFolders: _, ...older } = certificate;
      const order = { certificate: isOlder ? older : certificate, digestKey, lists, open, watcher, log: silent };
      const { findings } = await checkLive(order, new AbortController().signal);
      return [...checked.findings, ...findings].map(({ kind, folder: of, uid }) => `${kind} ${of} ${uid}`);
    },
  };
}

describe('a certificate', () => {
  test('holds folder by folder what both sides had, and the target is found as certified', async () => {
    const there = await place();
    expect(await there.make()).toEqual([
      { kind: 'made', address: 'ann@x.example', grade: { grade: 'perfect', because: [] } },
    ]);
    const { certificate } = there.kept.get(1) as Envelope<Certificate>;
    expect(certificate.folders.map(({ target }) => [target.path, target.messages, target.uidNext])).toEqual([
      [['Empty'], 0, 1],
      [['INBOX'], 3, 4],
      [['Süd "Ost"\\West'], 1, 2],
    ]);
    expect(certificate.totals).toMatchObject({ sourceMessages: 4, targetMessages: 4, equal: 4, open: 0 });
    // Whoever reads it has to be able to tell what it does not speak of.
    const selection = { include: [], exclude: [], since: null, before: null, maxSizeBytes: null };
    expect(certificate.compared).toMatchObject({ outcome: 'whole', selection });
    expect(await there.check()).toEqual([]);
  });

  test('is made again from the beginning where the look was broken off, and its list is that of the last look alone', async () => {
    const there = await place();
    const twice =
      (once: LookAt): LookAt =>
      async (mailbox, look, signal) => {
        await once(mailbox, look, signal);
        return once(mailbox, look, signal);
      };
    await there.make({ lookAt: twice });
    expect(await there.check()).toEqual([]);
    expect(await readdir(there.folder)).toEqual(['ann@x.example.elements', 'ann@x.example.json']);
  });

  test('that is there already is not made again, but where its list is gone or is another’s', async () => {
    const there = await place();
    await there.make();
    expect(await there.make()).toMatchObject([{ kind: 'kept', grade: 'perfect' }]);
    expect(await there.make({ anew: true })).toMatchObject([{ kind: 'made' }]);
    const list = join(there.folder, 'ann@x.example.elements');
    const text = await readFile(list, 'utf8');
    await writeFile(list, text.replace(/ 1 \S+/, ' 1 another'));
    expect(await there.make()).toMatchObject([{ kind: 'made' }]);
    await rm(list);
    expect(await there.make()).toMatchObject([{ kind: 'made' }]);
    expect(await there.check()).toEqual([]);
  });

  test('from before the switch is made again after it, though no root covers it yet', async () => {
    const there = await place();
    await there.make({ stage: 'following' });
    expect(await there.make({ stage: 'following' })).toMatchObject([{ kind: 'kept' }]);
    expect(await there.make({ stage: 'settled' })).toMatchObject([{ kind: 'made' }]);
    expect(there.kept.get(1)?.certificate.mailbox.stage).toBe('settled');
  });

  test('is made although an earlier run was killed while it wrote, and what that left is swept away', async () => {
    const there = await place();
    // No process has this number: the largest is 4,194,304 (Linux, PID_MAX_LIMIT).
    await writeFile(join(there.folder, 'ann@x.example.elements.godwit-draft-5000000'), 'half a li');
    // Of last year, and of a process that may well be gone.
    await writeFile(join(there.folder, 'accounts.csv.5000000'), 'somebody else’s');
    await there.make();
    expect((await readdir(there.folder)).toSorted()).toEqual([
      'accounts.csv.5000000',
      'ann@x.example.elements',
      'ann@x.example.json',
    ]);
  });

  test('is not made of what was never copied, nor of a comparison that ended early; nothing is left of it', async () => {
    const there = await place();
    expect(await there.make({ stage: 'copying' })).toMatchObject([{ kind: 'none', code: 'copying' }]);
    const refused = fault('imap.sign-in.refused', { host: 'new.example', user: 'ann', text: 'no' });
    const faults: MemoryFaults = {
      before: ({ kind }) => (kind === 'read' ? { kind: 'fault', fault: refused } : null),
    };
    expect(await there.make({ faults })).toMatchObject([{ kind: 'none', code: 'imap.sign-in.refused' }]);
    expect(there.kept.size).toBe(0);
    expect(await readdir(there.folder)).toEqual([]);
  });

  test('says what is missing on the target, and of a message that the server does not give out only its number', async () => {
    const there = await place();
    there.target.folder('INBOX')?.expunge([[1, 1]] as never);
    const faults: MemoryFaults = {
      before: (operation) => (operation.kind === 'read' && operation.uid === 3 ? { kind: 'withheld' } : null),
    };
    expect(await there.make({ faults })).toMatchObject([{ kind: 'made', grade: { grade: 'poor' } }]);
    const { certificate } = there.kept.get(1) as Envelope<Certificate>;
    expect(certificate.folders[1]?.target).toMatchObject({ messages: 1, withheld: [3] });
    expect(certificate.exceptions).toContainEqual(expect.objectContaining({ folder: 'INBOX', uid: 1, accepted: null }));
    expect(await there.check({ faults })).toEqual([]);
    expect(await there.check()).toEqual([]);
  });

  test('holds what was listed of a number under another numbering beside what is found of it now: they are two messages', async () => {
    const there = await place();
    there.target.folder('INBOX')?.expunge([[1, 1]] as never);
    const uidValidity = Number(there.source.folder('INBOX')?.uidValidity);
    const of = {
      address: 'ann@x.example',
      folder: 'INBOX',
      uid: 1,
      kind: 'refused',
      code: 'too-big',
      detail: '',
    } as const;
    const listing = (validity: number) =>
      there.listed.push({ ...of, uidValidity: validity, sizeBytes: null, messageId: null, accepted: null });
    listing(uidValidity);
    listing(uidValidity + 1);
    await there.make();
    const { exceptions } = (there.kept.get(1) as Envelope<Certificate>).certificate;
    expect(exceptions.map((each) => [each.by, each.uid, each.uidValidity])).toEqual([
      ['comparison', 1, uidValidity],
      ['journey', 1, uidValidity + 1],
    ]);
  });

  test('names the key of its elements and holds nothing else of it', async () => {
    const there = await place();
    await there.make();
    const text = await readFile(join(there.folder, 'ann@x.example.json'), 'utf8');
    expect(text).toContain(createHash('sha256').update(digestKey).digest('hex'));
    expect(text).not.toContain(digestKey.toString('hex'));
  });
});

describe('the target later', () => {
  const inbox = ({ target }: Place) => target.folder('INBOX');

  test('with a message removed, added or moved away is told so, each by its number', async () => {
    const there = await place();
    await there.make();
    inbox(there)?.expunge([[2, 2]] as never);
    put(there.target, 'INBOX', 'four', 9 * day);
    expect(await there.check()).toEqual(['added-since INBOX 4', 'removed INBOX 2']);
    expect(await there.check({ withList: false })).toEqual(['added-since INBOX 4', 'folder-differs INBOX null']);
  });

  test('with another octet or another date under the same number is told that it was changed', async () => {
    const there = await place();
    await there.make();
    const [first, second] = inbox(there)?.messages ?? [];
    Object.assign(first as object, { bytes: Buffer.from('Subject: one\r\n\r\nONE\r\n') });
    Object.assign(second as object, { internalDate: -6 });
    expect(await there.check()).toEqual(['changed INBOX 1', 'changed INBOX 2']);
  });

  test('restored under other numbers is as certified, and what is not there then is told all the same', async () => {
    const there = await place();
    await there.make();
    inbox(there)?.renumber(100);
    expect(await there.check()).toEqual([]);
    // One of two that are the same.
    inbox(there)?.expunge([[102, 102]] as never);
    put(there.target, 'INBOX', 'five', day);
    expect(await there.check()).toEqual(['removed INBOX 3', 'added INBOX 103']);
    expect(await there.check({ withList: false })).toEqual(['folder-differs INBOX null']);
  });

  test('without a folder is told which', async () => {
    const there = await place();
    await there.make();
    there.target.delete('Empty');
    expect(await there.check()).toEqual(['folder-missing Empty null']);
  });

  test('with a message in a folder that was not there is told so, and of what lay beside before nothing is said', async () => {
    const there = await place();
    there.target.create(['Before']);
    put(there.target, 'Before', 'theirs', day);
    await there.make();
    expect(there.kept.get(1)?.certificate.otherFolders).toEqual(['Before']);
    put(there.target, 'Before', 'theirs, too', day);
    there.target.create(['New']);
    there.target.create(['New and empty']);
    expect(await there.check()).toEqual([]);
    put(there.target, 'New', 'six', day);
    expect(await there.check()).toEqual(['added-since New 1']);
    expect(await there.check({ withList: false })).toEqual(['added-since New 1']);
    // Of an older one nobody can tell whether it was there.
    expect(await there.check({ isOlder: true })).toEqual([]);
  });

  test('that withholds what it gave out before is told so, and a cut connection is no difference', async () => {
    const there = await place();
    await there.make();
    const silentOn = (uid: number): MemoryFaults => ({
      before: (operation) => (operation.kind === 'read' && operation.uid === uid ? { kind: 'withheld' } : null),
    });
    expect(await there.check({ faults: silentOn(2) })).toEqual(['unreadable INBOX 2']);
    let cuts = 0;
    const cut: MemoryFaults = {
      before: ({ kind }) => (kind === 'read' && cuts++ === 1 ? { kind: 'cut-inside', afterBytes: 5 } : null),
    };
    expect(await there.check({ faults: cut })).toEqual([]);
  });
});
