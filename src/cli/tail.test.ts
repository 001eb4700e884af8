import { describe, expect, test } from 'vitest';
import type { TailApplication, TailDay, TailLine, TailListOrder, TailPlanOrder } from '#domain/tail.ts';
import type { LogRead } from '#operations/read-access-log.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { TailDesk, TailReadOrder } from './world.ts';

const line: TailLine = {
  id: 7,
  address: 'ann@x.example',
  organisation: 'RXY',
  kind: 'person',
  name: 'a.smith@old.example',
  knownBy: 'alias',
  side: 'source',
  door: 'dovecot',
  protocol: 'pop3',
  client: 'Thunderbird',
  host: 'mail.old.example',
  times: 1_234,
  firstAt: new Date('2024-05-01T08:00:00Z'),
  lastAt: new Date('2024-05-31T08:00:00Z'),
  networks: ['192.0.2.0/24', '2001:db8:1::/48'],
  senders: [],
  hours: 7,
  gaps: [1, 2],
  hasMoved: true,
  plan: null,
};
const day: TailDay = {
  day: '2024-05-31',
  seen: 9,
  old: 4,
  atSource: 3,
  movedAtSource: 1,
  byOldName: 2,
  byProtocol: { pop3: 4 },
  unknownNames: 5,
};
const erp: TailApplication = {
  address: null,
  name: 'erp',
  organisation: null,
  natures: ['sender'],
  signs: [{ kind: 'sends-only', times: 90 }],
  protocols: ['submission'],
  clients: [],
  senders: ['orders@x.example'],
  networks: ['192.0.2.0/24'],
  times: 90,
  firstAt: line.firstAt,
  lastAt: line.lastAt,
  hasMoved: null,
  plan: { name: 'erp', owner: 'IT', plan: 'OAuth', by: '2024-03-31', who: 'operator eve', at: line.lastAt },
};
const read: LogRead = {
  path: 'mail.log',
  earlierOctets: 0,
  reachedOctets: 99,
  lines: 5,
  telling: 3,
  malformed: 1,
  firstMalformed: [{ line: 2, text: 'x\u001b[2J' }],
  notLookedAt: 0,
  ofMailboxes: 3,
  ofStrangers: 1,
  passedBy: 0,
  lost: 0,
};

function world(
  change: Partial<TailDesk> = {},
): MadeUp & { asked: TailListOrder[]; read: TailReadOrder[]; plans: TailPlanOrder[] } {
  const asked: TailListOrder[] = [];
  const orders: TailReadOrder[] = [];
  const plans: TailPlanOrder[] = [];
  const desk: Partial<TailDesk> = {
    list: async (order) => {
      asked.push(order);
      if (order.organisation === 'RXZ') return { kind: 'unknown', key: 'under', value: 'RXZ', nearest: 'RXY' };
      return { kind: 'page', lines: [line], hasMore: false };
    },
    read: async (order) => {
      orders.push(order);
      return { ...read, path: order.path };
    },
    knowAgain: async () => 0,
    burnDown: async () => [{ ...day, day: '2024-05-30', old: 8, byProtocol: { pop3: 7, imap: 2 } }, day],
    organisation: async () => null,
    applications: async function* () {
      yield [erp];
    },
    assign: async (order) => {
      plans.push(order);
      return order.name === 'nobody'
        ? { kind: 'unknown', nearest: 'somebody' }
        : { kind: 'done', name: order.name, address: order.name };
    },
    unassign: async (name) => ({ kind: 'done', name, address: null }),
    ...change,
    [Symbol.asyncDispose]: async () => {},
  };
  return { asked, read: orders, plans, openTail: async () => desk as TailDesk };
}

describe('the list', () => {
  test('tells a local administrator who, under which name, by what, and what of it has to end', async () => {
    const made = world();
    const { code, stdout } = await play(
      ['tail', '--organisation', 'RXY', '--since', '7d', '--protocol', 'pop3', '--old'],
      made,
    );
    expect(code).toBe(0);
    expect(stdout.split('\n').map((each) => each.split(/ {2,}/))).toEqual([
      ['address', 'org', 'signs in as', 'at', 'old', 'by', 'client', 'times', 'last seen', 'networks', 'owner'],
      [
        'ann@x.example',
        'RXY',
        'a.smith@old.example',
        'source',
        'moved',
        'source, name',
        'pop3',
        'Thunderbird',
        '1,234',
        '2024-05-31T08:00Z',
        '2',
      ],
      [''],
    ]);
    expect(made.asked[0]).toMatchObject({
      organisation: 'RXY',
      protocols: ['pop3'],
      sinceMs: Date.UTC(2024, 4, 25),
      oldOnly: true,
      movedOnly: false,
    });
  });

  test('is a table for spreadsheets and a document for programs, with networks and never an address of a person', async () => {
    const csv = await play(['tail', '-o', 'csv'], world());
    const [head = '', row = ''] = csv.stdout.split('\r\n');
    expect(head).toMatch(/^address,organisation,kind,name,known_by,side,moved,old,protocol,door,client,server,times,/);
    expect(row).toContain('192.0.2.0/24 2001:db8:1::/48');
    const json = await play(['tail', '-o', 'json'], world());
    expect(JSON.parse(json.stdout)).toMatchObject({ tail: [{ name: 'a.smith@old.example', old: ['source', 'name'] }] });
  });

  test.each([
    [['--protocol', 'pop'], /no protocol pop; did you mean pop3\?/],
    [['--since', 'soon'], /--since wants an age or a date/],
    [['--organisation', 'RXZ'], /no organisation RXZ; did you mean RXY\?/],
    [['--after', 'x'], /--after wants the place/],
    [['raed'], /did you mean tail read\?/],
  ])('%j is refused with what was probably meant', async (words, says) => {
    const { code, stderr } = await play(['tail', ...words], world());
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });
});

describe('reading logs', () => {
  test('says what was learnt, and shows the first lines that were not understood, harmless', async () => {
    const made = world();
    const { code, stdout, stderr } = await play(
      [
        'tail',
        'read',
        '--format',
        'nginx',
        '--port',
        '1143=imap',
        '--not-from',
        '10.0.0.0/8',
        'a.log',
        'b.log',
        'a.log',
      ],
      made,
    );
    expect(code).toBe(0);
    expect(stdout).toContain(
      'a.log: 5 lines; 3 sign-ins to mailboxes of the estate, 1 under names that it does not have, 1 line not understood.',
    );
    expect(stderr).toContain('a.log:2: not understood: x\ufffd[2J');
    expect(made.read.map(({ path }) => path)).toEqual(['a.log', 'b.log']);
    expect(made.read[0]).toMatchObject({
      format: 'nginx',
      side: 'source',
      ports: { 1143: 'imap' },
      notFrom: ['10.0.0.0/8'],
    });
  });

  test('of which no line was understood asks whether that is the format', async () => {
    const { code, stderr } = await play(
      ['tail', 'read', '--format', 'iis', 'a.log'],
      world({ read: async () => ({ ...read, malformed: 5 }) }),
    );
    expect(code).toBe(3);
    expect(stderr).toContain('no line of it reads as iis; is --format right?');
  });

  test.each([
    [['--format', 'dovecot'], /nothing to read/],
    [['a.log'], /--format/],
    [['--format', 'exim', 'a.log'], /--format takes dovecot, postfix, nginx, iis/],
    [['--format', 'nginx', '--port', 'x', 'a.log'], /--port wants a port/],
    [['--format', 'nginx', '--not-from', '10.0.0.0/99', 'a.log'], /--not-from wants an address/],
    [['--format', 'nginx', '--timezone', 'Europe/Londn', 'a.log'], /no time zone Europe\/Londn/],
  ])('%j is refused', async (words, says) => {
    const { code, stderr } = await play(['tail', 'read', ...words], world());
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });
});

test('the burn-down shows each day and where it began', async () => {
  const { stdout } = await play(['tail', 'burn-down', '--since', '2d'], world());
  expect(stdout).toContain(
    '2024-05-30         8          3                 1         2     2     7              5  ########################',
  );
  expect(stdout).toContain('8 on 2024-05-30, 4 on 2024-05-31, at most 8 mailboxes in a day.');
  const csv = await play(['tail', 'burn-down', '-o', 'csv'], world());
  expect(csv.stdout).toMatch(/^day,seen,old,at_source,moved_at_source,by_old_name,unknown_names,imap,pop3,/);
  expect((await play(['tail', 'burn-down', '--since', '9y'], world())).code).toBe(2);
});

describe('applications', () => {
  test('are told with what speaks for it, who answers, and what is overdue', async () => {
    const { stdout } = await play(['tail', 'applications'], world());
    expect(stdout).toContain('erp (unknown to the estate): a program that sends');
    expect(stdout).toContain('handed in 90 messages and reads none');
    expect(stdout).toContain('IT: OAuth, by 2024-03-31 (that day is over)');
    expect((await play(['tail', 'applications', '-o', 'csv'], world())).stdout).toContain('erp,,sender,');
    expect(JSON.parse((await play(['tail', 'applications', '-o', 'json'], world())).stdout)).toMatchObject({
      applications: [{ name: 'erp' }],
    });
  });

  test('get an owner and a plan', async () => {
    const made = world();
    const words = ['tail', 'assign', 'erp', '--owner', 'IT', '--plan', 'OAuth', '--by', '2027-03-31'];
    const { code, stdout } = await play(words, made);
    expect([code, stdout]).toEqual([0, 'erp: IT; OAuth, by 2027-03-31.\n']);
    expect(made.plans).toEqual([{ name: 'erp', owner: 'IT', plan: 'OAuth', by: '2027-03-31' }]);
    expect((await play(['tail', 'assign', 'erp', '--clear'], made)).stdout).toContain('nothing is planned any more');
  });

  test.each([
    [['erp', '--owner', 'IT'], /--owner and --plan are wanted/],
    [['erp', '--owner', 'IT', '--plan', 'x', '--by', '2027-02-30'], /--by wants a day/],
    [['erp', '--clear', '--owner', 'IT'], /goes with nothing else/],
    [['nobody', '--owner', 'IT', '--plan', 'x'], /did you mean somebody\?/],
  ])('%j is refused', async (words, says) => {
    const { code, stderr } = await play(['tail', 'assign', ...words], world());
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });
});
