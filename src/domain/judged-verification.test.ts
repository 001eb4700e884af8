import { describe, expect, test } from 'vitest';
import type { FolderId } from './item.ts';
import type { OneSided, VerifyReport } from './verify-report.ts';
import { type JourneyKnows, judged } from './judged-verification.ts';
import { openKept } from './wave-verification.ts';

const one = (folder: string, uid: number, uidValidity = 7): OneSided => ({
  folder,
  uid,
  uidValidity,
  sizeBytes: 1,
  internalDate: null,
  messageId: null,
});

const report = (rest: Partial<VerifyReport>): VerifyReport => ({
  source: 'a',
  target: 'b',
  verdict: 'differs',
  share: 1,
  sourceMessages: 10,
  targetMessages: 10,
  equal: 9,
  messagesRead: 20,
  bytesRead: 200,
  folders: [],
  missing: [],
  extra: [],
  different: [],
  unreadable: [],
  folderNotes: [],
  milliseconds: 5,
  fault: null,
  ...rest,
});

const different = (uid: number, ...classes: readonly ('flags' | 'keywords' | 'content' | 'nul' | 'date')[]) => ({
  folder: 'INBOX',
  uid,
  targetFolder: 'INBOX',
  targetUid: uid,
  messageId: null,
  differences: classes.map((each) => ({ class: each, detail: 'so' })),
});

/** A mailbox that is followed: its inbox and `Süd` were read up to 100, and nothing is known of `New`. */
const following: JourneyKnows = {
  stage: 'following',
  side: 'source',
  folderAt: (path) => (path === 'Süd' ? ('S&APw-d' as FolderId) : (path as FolderId)),
  readTo: (folder) => (folder === 'New' ? null : { uidValidity: 7, uidNext: 100 }),
  wasOnTarget: () => true,
  acceptances: [],
  exceptions: [],
};

const settled: JourneyKnows = {
  ...following,
  stage: 'settled',
  side: 'target',
  wasOnTarget: (_folder, uid) => uid < 50,
};

const said = { who: 'operator max', why: 'a virus', at: '2026-12-01T10:00:00.000Z' };

describe('before the switch', () => {
  test('what came after the last pass is not missing, and what was there before it is', () => {
    const missing = [one('INBOX', 99), one('INBOX', 100), one('Süd', 130), one('New', 1), one('INBOX', 120, 8)];
    const found = judged(report({ missing }), following);
    expect(found).toMatchObject({ outcome: 'differs', behind: 3, removedSince: 0, open: 2 });
    expect(found.findings.map(({ uid }) => uid)).toEqual([99, 120]);
  });

  test('flags that people have changed since do not make it differ, and content does', () => {
    const found = judged(
      report({ different: [different(1, 'flags', 'keywords'), different(2, 'flags', 'content')] }),
      following,
    );
    expect(found).toMatchObject({ outcome: 'differs', byPeople: 1, open: 1 });
    expect(found.findings[0]).toMatchObject({ uid: 2, kind: 'different', code: 'content' });
  });

  test('a folder that is not there is wrong, unless it came after the last pass', () => {
    const note = (source: string) =>
      ({ kind: 'missing', source, target: source, reason: 'it is not on the target', messages: 4 }) as const;
    const found = judged(report({ folderNotes: [note('Süd'), note('New')] }), following);
    expect(found).toMatchObject({ behind: 4, open: 1, findings: [{ path: 'Süd', uid: 0, kind: 'folder' }] });
  });
});

test('after the switch what people removed on the target is told apart from what never arrived', () => {
  const found = judged(report({ missing: [one('INBOX', 3), one('INBOX', 60), one('INBOX', 200)] }), settled);
  expect(found).toMatchObject({ outcome: 'differs', removedSince: 1, behind: 0, open: 2 });
});

describe('after the release', () => {
  const listed = { folder: 'INBOX', uid: 5, uidValidity: 7, kind: 'refused', code: 'too-big' };
  const released: JourneyKnows = {
    ...settled,
    stage: 'released',
    wasOnTarget: () => false,
    readTo: () => ({ uidValidity: 0, uidNext: Number.POSITIVE_INFINITY }),
    exceptions: [listed],
  };
  const folder = {
    kind: 'missing',
    source: 'Süd',
    target: 'Süd',
    reason: 'it is not on the target',
    messages: 4,
  } as const;

  test('what is not on the target is called neither missing nor removed, since nobody can tell', () => {
    const found = judged(report({ missing: [one('INBOX', 3)], folderNotes: [folder] }), released);
    expect(found).toMatchObject({ outcome: 'inconclusive', sinceRelease: 5, removedSince: 0, open: 0 });
  });

  test('what never arrived and was listed, and what differs, are told as before', () => {
    const found = judged(report({ missing: [one('INBOX', 3), one('INBOX', 5)] }), released);
    expect(found).toMatchObject({
      outcome: 'differs',
      sinceRelease: 1,
      open: 1,
      findings: [{ uid: 5, kind: 'refused' }],
    });
    const accepted = judged(report({ missing: [one('INBOX', 5)] }), {
      ...released,
      acceptances: [{ ...listed, ...said }],
    });
    expect(accepted).toMatchObject({ outcome: 'accepted', sinceRelease: 0 });
    expect(judged(report({ different: [different(2, 'content')] }), released)).toMatchObject({ outcome: 'differs' });
  });

  test('all that the source holds is there, and that is told', () => {
    expect(judged(report({ extra: [one('INBOX', 500)] }), released)).toMatchObject({ outcome: 'whole' });
  });
});

test('more on the target, and nothing else, is whole', () => {
  expect(judged(report({ extra: [one('INBOX', 500)] }), settled)).toMatchObject({
    outcome: 'whole',
    extra: 1,
    open: 0,
  });
});

test('a comparison that ended early says so, whatever it found until then', () => {
  const fault = { code: 'imap.connection.lost', message: 'm', remedy: 'r' };
  expect(judged(report({ fault, missing: [one('INBOX', 3)] }), following)).toMatchObject({
    outcome: 'unfinished',
    fault,
  });
});

describe('what a person has accepted', () => {
  const listed = { folder: 'S&APw-d', uid: 5, uidValidity: 7, kind: 'refused', code: 'too-big' };
  const acceptance = { ...listed, ...said };
  const missing = [one('Süd', 5)];

  test('is not open, and who it was is told', () => {
    const found = judged(report({ missing }), { ...following, exceptions: [listed], acceptances: [acceptance] });
    expect(found).toMatchObject({ outcome: 'accepted', open: 0, accepted: 1, acceptedBy: ['operator max'] });
  });

  test('is open again under another numbering of its folder', () => {
    const found = judged(report({ missing: [one('Süd', 5, 8)] }), { ...following, acceptances: [acceptance] });
    expect(found).toMatchObject({ outcome: 'differs', open: 1 });
  });

  test('is what the journey calls it before anybody has accepted it', () => {
    const found = judged(report({ missing }), { ...following, exceptions: [listed] });
    expect(found.findings).toMatchObject([{ folder: 'S&APw-d', path: 'Süd', kind: 'refused', code: 'too-big' }]);
  });

  test('does not cover what became worse', () => {
    const date = { folder: 'INBOX', uid: 5, uidValidity: 7, kind: 'different', code: 'date' };
    const knows = { ...following, exceptions: [date], acceptances: [{ ...date, ...said }] };
    expect(judged(report({ different: [different(5, 'date', 'flags')] }), knows)).toMatchObject({
      outcome: 'accepted',
    });
    expect(judged(report({ different: [different(5, 'date', 'content')] }), knows)).toMatchObject({
      outcome: 'differs',
      findings: [{ code: 'date,content' }],
    });
  });
});

test('of very many findings all are counted, and the first are kept', () => {
  const missing = Array.from({ length: openKept + 500 }, (_, i) => one('INBOX', 1 + i, 9));
  const found = judged(report({ missing }), following);
  expect([found.open, found.findings.length]).toEqual([openKept + 500, openKept]);
});
