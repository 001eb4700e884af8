import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import type { CheckedMailbox } from '#operations/check-wave.ts';
import type { OrganisationWays, WaveWays } from '#domain/ways-in.ts';
import type { VerifiedMailbox } from '#operations/verify-wave.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { EstateInspection } from './world.ts';

const wave = {
  id: 1,
  name: 'pilot',
  state: 'running',
  window: { opensAt: 0, closesAt: 1 },
  isPilot: false,
  errorBudget: 0.02,
  pausedWhy: null,
} as const;

const verified = (address: string, rest: Partial<VerifiedMailbox> = {}): VerifiedMailbox => ({
  address,
  outcome: 'whole',
  stage: 'following',
  side: 'source',
  share: 1,
  sourceMessages: 10,
  targetMessages: 10,
  equal: 10,
  behind: 0,
  removedSince: 0,
  sinceRelease: 0,
  byPeople: 0,
  extra: 0,
  open: 0,
  findings: [],
  accepted: 0,
  acceptedBy: [],
  messagesRead: 20,
  bytesRead: 2_000,
  milliseconds: 3,
  fault: null,
  ...rest,
});

const differs = verified('bob@x', {
  outcome: 'differs',
  equal: 8,
  open: 2,
  accepted: 1,
  acceptedBy: ['operator max'],
  findings: [
    {
      folder: 'S&APw-d',
      path: 'Süd',
      uid: 3,
      uidValidity: 7,
      kind: 'missing',
      code: 'missing',
      detail: 'not\u001b[2J there',
    },
  ],
});
const { code, message, remedy } = fault('imap.server.bye', { host: 'new.example', text: 'later' });
const unfinished = verified('cem@x', { outcome: 'unfinished', fault: { code, message, remedy } });

const noWays: WaveWays = { isPromised: false, organisations: [], unknown: [] };

interface Story {
  readonly verified?: readonly VerifiedMailbox[];
  readonly checked?: readonly CheckedMailbox[];
  readonly orders?: unknown[];
  readonly ways?: WaveWays;
  /** Fired after the first page. */
  readonly interruption?: AbortController;
}

function looking({ verified: compared = [], checked = [], orders = [], ways = noWays, interruption }: Story): MadeUp {
  async function* pages<Item>(items: readonly Item[]): AsyncGenerator<readonly Item[]> {
    for (const item of items) {
      yield [item];
      interruption?.abort('SIGINT');
      if (interruption?.signal.aborted) return;
    }
  }
  const inspection: EstateInspection = {
    atOnce: 8,
    find: async (name) =>
      name === 'pilot'
        ? { kind: 'found', wave, mailboxes: compared.length + checked.length }
        : { kind: 'unknown', nearest: 'pilot' },
    verify: (order) => (orders.push(order), pages(compared)),
    ways: async () => ways,
    check: (order) => (orders.push(order), pages(checked)),
    [Symbol.asyncDispose]: async () => {},
  };
  return {
    config: '/nowhere/godwit.yaml',
    readEstate: async () => ({ database: 'embedded' }) as EstateSettings,
    openInspection: async () => inspection,
    ...(interruption ? { interruption: interruption.signal } : {}),
  };
}

const verify = (story: Story, ...flags: string[]) => play(['verify', '--wave', 'pilot', ...flags], looking(story));

describe('verify --wave', () => {
  test('says with 0 that all is there, also where somebody has accepted what is not', async () => {
    const accepted = verified('bob@x', { outcome: 'accepted', accepted: 2, acceptedBy: ['operator max'] });
    const { code: exit, stdout } = await verify({ verified: [verified('ann@x', { behind: 4 }), accepted] });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/1 +whole/);
    expect(stdout).toContain('4  came to the source after the last pass');
    expect(stdout).toContain('and accepted by operator max');
  });

  test('names what is missing and different and nobody has accepted, and says so with 3', async () => {
    const { code: exit, stdout } = await verify({ verified: [verified('ann@x'), differs] });
    expect(exit).toBe(3);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain('ann@x');
    expect(stdout).toMatch(/bob@x: 2 findings\n +Süd +UID 3 +missing: not.*there\n +… and 1 more/);
  });

  test('says with 3 that who was not copied yet is not proven to be there, and with 5 that a comparison broke off', async () => {
    expect((await verify({ verified: [verified('ann@x', { outcome: 'not-copied' })] })).code).toBe(3);
    const played = await verify({ verified: [unfinished, differs] });
    expect(played.code).toBe(5);
    expect(played.stdout).toContain('cem@x');
  });

  test('says with 3 that of who was released nobody can tell any more, and calls nothing missing', async () => {
    const dan = verified('dan@x', { outcome: 'inconclusive', stage: 'released', side: 'target', sinceRelease: 12 });
    const { code: exit, stdout } = await verify({ verified: [verified('ann@x'), dan] });
    expect(exit).toBe(3);
    expect(stdout).toMatch(/1 +inconclusive +released: removals since then cannot be told from losses/);
    expect(stdout).toMatch(/dan@x\n +released: 12 messages are not on the target/);
    expect(stdout).not.toContain('missing');
  });

  test('gives one document with each mailbox and the sums', async () => {
    const orders: unknown[] = [];
    const { stdout } = await verify({ verified: [verified('ann@x'), differs], orders }, '-o', 'json', '--sample', '5%');
    expect(JSON.parse(stdout)).toMatchObject({
      wave: { name: 'pilot' },
      mailboxes: [{ address: 'ann@x' }, { address: 'bob@x', findings: [{ path: 'Süd', uid: 3 }] }],
      totals: { outcomes: { whole: 1, differs: 1 }, open: 2, accepted: 1, acceptedBy: ['operator max'] },
    });
    expect(orders).toMatchObject([{ sample: 0.05, atOnce: 8 }]);
  });

  test('that is interrupted tells what it found until then, and that it is not all', async () => {
    const interruption = new AbortController();
    const played = await verify({ verified: [verified('ann@x'), differs], interruption }, '-o', 'json');
    expect(played.code).toBe(5);
    expect(JSON.parse(played.stdout)).toMatchObject({
      mailboxes: [{ address: 'ann@x' }],
      error: { code: 'interrupted' },
    });
    expect(played.stderr).toContain('1 of 2 mailboxes');
  });

  test('goes without what the settings say, and offers the nearest wave', async () => {
    const played = await verify({}, '--include', 'Lists', '--accounts', 'a.csv');
    expect(played.code).toBe(2);
    expect(played.stderr).toContain('--wave goes without --include');
    const other = await play(['verify', '--wave', 'pilto'], looking({}));
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('did you mean pilot?')]);
  });
});

const ready: CheckedMailbox = { address: 'ann@x', remarks: [], fault: null, isEarlier: true };
const full: CheckedMailbox = {
  address: '=bob@x',
  remarks: [
    { kind: 'no-room', weight: 'trouble', says: '9 MB are to come' },
    { kind: 'folder-alike', weight: 'note', says: '"A", "a"' },
  ],
  fault: null,
  isEarlier: false,
};
const unknown: CheckedMailbox = { address: 'cem@x', remarks: [], fault: { code, message, remedy }, isEarlier: false };

const check = (story: Story, ...flags: string[]) => play(['wave', 'check', 'pilot', ...flags], looking(story));

describe('wave check', () => {
  test('sums up by kind of trouble what will go wrong with whom and what to do, and says so with 3', async () => {
    const { code: exit, stdout } = await check({ checked: [ready, full] });
    expect(exit).toBe(3);
    expect(stdout).toContain('1 of 2 mailboxes ready, 1 of them found so within a day');
    expect(stdout).toMatch(
      /1 mailbox has more mail than there is room for.*\n +Raise the quota there.*\n +=bob@x: 9 MB/,
    );
    expect(stdout.indexOf('more mail')).toBeLessThan(stdout.indexOf('(a note)'));
  });

  test('says with 0 that all are ready, notes or not, and with 5 that some could not be looked at', async () => {
    const noted: CheckedMailbox = { ...full, remarks: full.remarks.slice(1) };
    expect((await check({ checked: [ready, noted] })).code).toBe(0);
    const played = await check({ checked: [ready, unknown] });
    expect(played.code).toBe(5);
    expect(played.stdout).toContain('1 mailbox could not be looked at');
  });

  test('gives a table with a line for each finding, and nothing in it that a spreadsheet would compute', async () => {
    const { stdout } = await check({ checked: [ready, full, unknown] }, '-o', 'csv');
    const rows = parse(stdout, { columns: true }) as Record<string, string>[];
    expect(rows.map(({ address, weight, kind }) => `${address} ${weight} ${kind}`)).toEqual([
      'ann@x ready ',
      "'=bob@x trouble no-room",
      "'=bob@x note folder-alike",
      'cem@x unknown imap.server.bye',
    ]);
    expect(rows[1]?.['remedy']).toContain('Raise the quota');
  });

  const held = { heldBy: 'the door on mx1', remedy: null, accepted: null };
  const ofRxy: OrganisationWays = {
    organisation: 'RXY',
    mailboxes: 100,
    ways: [
      { way: 'mx', ...held },
      { way: 'proxy', heldBy: null, remedy: 'Open a door for its proxy.', accepted: null },
    ],
  };

  test('tells of each organisation which ways in are held and what to do about the others, and asks for a word with 3', async () => {
    const ways: WaveWays = {
      isPromised: true,
      organisations: [
        ofRxy,
        { ...ofRxy, organisation: 'R0A', mailboxes: 1 },
        { ...ofRxy, organisation: 'R1B', ways: [] },
      ],
      unknown: ['GONE'],
    };
    const { code: exit, stdout } = await check({ checked: [ready], ways });
    expect(exit).toBe(3);
    expect(stdout).toContain('Ways in of RXY, R0A: 101 mailboxes');
    expect(stdout).toContain('mx      held: the door on mx1');
    expect(stdout).toContain('proxy   not held. Open a door for its proxy.');
    expect(stdout).toContain('godwit wave accept-ways-in pilot --why …');
    expect(stdout).toContain('names GONE');
    const asJson = await check({ checked: [ready], ways }, '-o', 'json');
    expect(JSON.parse(asJson.stdout)).toMatchObject({ waysIn: ways });
    const accepted = { who: 'operator max', why: 'a firewall', at: '2026-01-01' };
    const isFine = { ...ways, organisations: [{ ...ofRxy, ways: [{ ...ofRxy.ways[1], accepted }] }] } as WaveWays;
    const fine = await check({ checked: [ready], ways: isFine });
    expect(fine.code).toBe(0);
    expect(fine.stdout).toContain('accepted by operator max: a firewall');
  });

  test('says of an estate without doors that nothing is held, and wants no word', async () => {
    const { code: exit, stdout } = await check({ checked: [ready] });
    expect(exit).toBe(0);
    expect(stdout).toContain('there are no doors');
    expect(stdout).not.toContain('accept-ways-in');
  });

  test('gives one document, and looks at all again when it is told to', async () => {
    const orders: unknown[] = [];
    const { stdout } = await check({ checked: [ready, full], orders }, '-o', 'json', '--again');
    expect(JSON.parse(stdout)).toMatchObject({
      mailboxes: [{ address: 'ann@x' }, { address: '=bob@x', remarks: [{ kind: 'no-room' }, {}] }],
      ready: 1,
      kinds: [
        { kind: 'no-room', weight: 'trouble', mailboxes: 1 },
        { kind: 'folder-alike', weight: 'note' },
      ],
    });
    expect(orders).toMatchObject([{ freshSeconds: 0 }]);
  });
});
