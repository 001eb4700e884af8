import { describe, expect, test } from 'vitest';
import type { MailboxLine, MailboxListOrder, Page } from '#domain/estate-lists.ts';
import type { UnknownName } from '#domain/selector.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { Programme } from './world.ts';

const ann: MailboxLine = {
  address: 'ann@x.example',
  kind: 'person',
  organisation: 'RXY',
  stage: 'following',
  stageSince: new Date('2026-11-20T08:00:00Z'),
  mark: 'blocked',
  markedFor: 'target.quota',
  wave: 'pilot',
  side: 'source',
  sizeBytes: 1_234_567,
  items: 42,
  lagMs: 61_500,
  caughtUpAt: new Date('2026-11-21T10:00:00Z'),
  exceptions: 3,
  displayName: 'Smith, Ann',
};

/** An estate of `n` people alike, in parts as they are asked for. */
function estate(
  n: number,
  change: (line: MailboxLine) => MailboxLine = (line) => line,
): MadeUp & { orders: MailboxListOrder[] } {
  const all = Array.from({ length: n }, (_, i) =>
    change({ ...ann, address: `p${String(i).padStart(5, '0')}@x.example` }),
  );
  const orders: MailboxListOrder[] = [];
  const lists: Partial<Programme['lists']> = {
    async mailboxes(order): Promise<Page<MailboxLine> | UnknownName> {
      orders.push(order);
      if (order.selector.wave) return { kind: 'unknown', key: 'wave', value: 'pilott', nearest: 'pilot' };
      const rest = all.filter(({ address }) => order.after === null || address > order.after);
      return { kind: 'page', lines: rest.slice(0, order.max), hasMore: rest.length > order.max };
    },
    count: async ({ kind }) => (kind ? null : n),
    organisations: async ({ max }) => ({
      kind: 'page',
      lines: [{ code: 'RXY', name: '=cmd|calc', parent: null, mailboxes: 2, hasLeft: false }].slice(0, max),
      hasMore: false,
    }),
    waves: async () => [
      {
        id: 1,
        name: 'pilot',
        state: 'paused',
        window: { opensAt: Date.UTC(2026, 11, 1, 19), closesAt: Date.UTC(2026, 11, 2, 1) },
        isPilot: true,
        errorBudget: 0.02,
        pausedWhy: 'too many failed',
        remarks: [],
        mailboxes: 5,
        bytes: 100,
        stages: { following: 2, settled: 2 },
        marks: { blocked: 1 },
      },
    ],
  };
  const programme = { lists, [Symbol.asyncDispose]: async () => {} } as unknown as Programme;
  return { orders, config: '/nowhere/godwit.yaml', openProgramme: async () => programme };
}

describe('a list of mailboxes', () => {
  test('tells on a screen where each stands and why it does not go on', async () => {
    const { code, stdout } = await play(['get', 'mailboxes', '--select', 'stage=blocked'], estate(1));
    expect(code).toBe(0);
    expect(stdout).toBe(`address           kind    org  stage      mark     wave        lag  listed  why
p00000@x.example  person  RXY  following  blocked  pilot  1:02 min       3  target.quota
`);
  });

  test('shows the first fifty, how many more there are, and how to go on', async () => {
    const { stdout } = await play(['get', 'mailboxes'], estate(2_100));
    expect(stdout.split('\n')).toHaveLength(53);
    expect(stdout).toContain('\n… and 2,050 more: --after p00049@x.example (-o csv and -o json give all)\n');
    const of = await play(['get', 'mailboxes', '--select', 'kind=person', '--limit', '2'], estate(9));
    expect(of.stdout).toContain('\n… and more: --after p00001@x.example ');
    const next = await play(['get', 'mailboxes', '--after', 'p00007@x.example'], estate(9));
    expect(next.stdout.split('\n')[1]).toMatch(/^p00008/);
    expect(next.stdout).not.toContain('…');
  });

  test('that is empty says so in words, and why', async () => {
    expect((await play(['get', 'mailboxes'], estate(0))).stdout).toMatch(/^There are no mailboxes .* estate import/);
    expect((await play(['get', 'mailboxes', '--select', 'stage=settled'], estate(0))).stdout).toBe(
      'Nobody is meant by that.\n',
    );
    expect((await play(['get', 'mailboxes', '--after', 'z'], estate(3))).stdout).toBe('No more.\n');
  });

  test('is one document for programs with all of it, read in parts', async () => {
    const made = estate(12_001);
    const { code, stdout } = await play(['get', 'mailboxes', '-o', 'json'], made);
    const document = JSON.parse(stdout) as { mailboxes: { address: string }[] };
    expect([code, made.orders.map(({ max }) => max)]).toEqual([0, [5_000, 5_000, 5_000]]);
    expect(new Set(document.mailboxes.map(({ address }) => address)).size).toBe(12_001);
    expect(document).toMatchObject({ total: 12_001, next: null });
    expect(document.mailboxes[0]).toMatchObject({
      stageSince: '2026-11-20T08:00:00.000Z',
      lagMs: 61_500,
      mark: 'blocked',
    });
    const some = await play(['get', 'mailboxes', '-o', 'json', '--limit', '3', '--select', 'kind=person'], estate(9));
    expect(JSON.parse(some.stdout)).toMatchObject({ total: null, next: 'p00002@x.example' });
  });

  test('is a table for spreadsheets, in which nothing that others wrote is a formula or breaks its line', async () => {
    const hostile = estate(2, (line) => ({
      ...line,
      displayName: '=HYPERLINK("http://x","a")',
      markedFor: '@a,\r\n"b',
    }));
    const { stdout } = await play(['get', 'mailboxes', '-o', 'csv'], hostile);
    const lines = stdout.split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe(
      'address,kind,organisation,stage,stage_since,mark,wave,side,size_bytes,items,lag_seconds,caught_up_at,exceptions,marked_for,display_name',
    );
    expect(lines[1]).toBe(
      `p00000@x.example,person,RXY,following,2026-11-20T08:00:00.000Z,blocked,pilot,source,1234567,42,61.5,2026-11-21T10:00:00.000Z,3,"'@a,\ufffd\ufffd""b","'=HYPERLINK(""http://x"",""a"")"`,
    );
  });

  test('moves no cursor and hides no words, whatever is in it', async () => {
    const hostile = estate(1, (line) => ({ ...line, markedFor: 'a\u001b[2Jb\u202ec', wave: '\u0007bell' }));
    const { stdout } = await play(['get', 'mailboxes'], hostile);
    expect(stdout).toContain('\ufffd[2Jb\ufffdc');
    expect(stdout).not.toMatch(/[\u001b\u0007\u202e]/);
  });

  test.each([
    [['--select', 'stage=bloked'], /stage=bloked: there is no such stage; did you mean blocked\?/],
    [['--select', 'colour=red'], /selects nothing: write key=value/],
    [['--select', 'fault=target.qota'], /no such fault; did you mean target.quota\?/],
    [['--select', 'wave=pilott'], /wave=pilott: there is no such wave; did you mean pilot\?/],
    [['--limit', '0'], /--limit wants how many lines/],
    [['--limit', 'many'], /--limit wants how many lines/],
    [['--output', 'xml'], /--output takes text, json, csv/],
  ])('is refused with what was probably meant: %j', async (words, says) => {
    const { code, stderr, stdout } = await play(['get', 'mailboxes', ...words], estate(3));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(says);
  });

  test('that is refused is a document all the same', async () => {
    const { code, stdout } = await play(['get', 'mailboxes', '-o', 'json', '--select', 'wave=pilott'], estate(3));
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ mailboxes: [], error: { code: 'usage' } });
  });
});

test('organisations and waves are listed, and a name of others is no formula', async () => {
  expect((await play(['get', 'organisations'], estate(0))).stdout).toBe(`code  name       parent  mailboxes
RXY   =cmd|calc                  2
`);
  expect((await play(['get', 'organisations', '-o', 'csv'], estate(0))).stdout).toContain(`RXY,'=cmd|calc,,2,`);
  expect(
    (await play(['get', 'waves'], estate(0))).stdout,
  ).toBe(`wave   state   opens              for        mailboxes  blocked  held  switched
pilot  paused  2026-12-01T19:00Z  6:00:00 h          5        1               2  too many failed
`);
  const { waves } = JSON.parse((await play(['get', 'waves', '-o', 'json'], estate(0))).stdout);
  expect(waves).toMatchObject([{ name: 'pilot', stages: { following: 2 }, pausedWhy: 'too many failed' }]);
  const [header = '', row = ''] = (await play(['get', 'waves', '-o', 'csv'], estate(0))).stdout.split('\r\n');
  expect(header.split(',')).toHaveLength(row.split(',').length);
});
