import { describe, expect, test } from 'vitest';
import type { VerifyReport } from '#domain/verify-report.ts';
import { play } from './made-up-world.ts';
import type { VerifyOrder } from './world.ts';

const argv = ['verify', 'imaps://a@old', 'imaps://a@new', '--source-secret', 'env:X', '--target-secret', 'env:X'];
const environment = { X: 'x' };

function found(order: VerifyOrder, changes: Partial<VerifyReport>): VerifyReport {
  return {
    source: order.source.endpoint.name,
    target: order.target.endpoint.name,
    verdict: 'equal',
    share: 1,
    sourceMessages: 10,
    targetMessages: 10,
    equal: 10,
    messagesRead: 20,
    bytesRead: 2_000,
    folders: [],
    missing: [],
    extra: [],
    different: [],
    unreadable: [],
    folderNotes: [],
    milliseconds: 100,
    fault: null,
    ...changes,
  };
}

const lost = {
  folder: 'INBOX',
  uid: 3,
  uidValidity: 1,
  sizeBytes: 5,
  internalDate: '2020-01-01T00:00:00Z',
  messageId: '<lost@h>',
};

async function verify(changes: Partial<VerifyReport>, ...flags: string[]) {
  const orders: VerifyOrder[] = [];
  const played = await play([...argv, ...flags], {
    environment,
    engine: {
      verify: async (order) => {
        orders.push(order);
        return found(order, changes);
      },
    },
  });
  return { ...played, orders };
}

describe('godwit verify', () => {
  test('the ledger is opened to look only, and all content is read unless a share is asked for', async () => {
    const all = await verify({});
    expect(all.engineOptions[0]?.readOnly).toBe(true);
    expect(all.orders[0]?.sample).toBeNull();
    expect((await verify({}, '--sample', '5%')).orders[0]?.sample).toBe(0.05);
    expect((await verify({}, '--sample', '0')).orders[0]?.sample).toBe(0);
    for (const share of ['101%', '2', '-1', 'all']) expect((await verify({}, '--sample', share)).code).toBe(2);
  });

  test.each([
    [{}, 0, 'the same'],
    [{ verdict: 'more-on-target', extra: [lost] }, 0, 'the same, and more on the target'],
    [{ verdict: 'differs', missing: [lost] }, 3, '<lost@h>'],
    [
      {
        verdict: 'differs',
        different: [{ ...lost, targetFolder: 'INBOX', targetUid: 9, differences: [{ class: 'date', detail: '1970' }] }],
      },
      3,
      'not served alike: date',
    ],
    [{ verdict: 'differs', unreadable: [{ side: 'target', folder: 'A', uid: 1, reason: 'NO' }] }, 3, 'the target: NO'],
    [
      { verdict: 'differs', folderNotes: [{ kind: 'missing', source: 'Plans', target: null, reason: 'not there' }] },
      3,
      'Plans',
    ],
    [
      { verdict: 'unfinished', fault: { code: 'imap.connect.refused', message: 'no', remedy: 'r' } },
      4,
      'What to do: r',
    ],
    [{ verdict: 'unfinished', fault: { code: 'interrupted', message: 'no', remedy: 'r' } }, 5, 'not finished'],
  ] satisfies readonly [Partial<VerifyReport>, number, string][])(
    '%j ends with %i and is told',
    async (changes, code, said) => {
      const { stdout, ...ended } = await verify(changes);
      expect([ended.code, stdout]).toEqual([code, expect.stringContaining(said)]);
    },
  );

  test('JSON is the whole report, with the URLs as they were written', async () => {
    const { stdout } = await verify({ missing: [lost], verdict: 'differs' }, '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      mailboxes: [{ source: 'imaps://a@old', verdict: 'differs', missing: [lost] }],
    });
  });

  test('with -q a good end is silent', async () => {
    expect((await verify({}, '-q')).stdout).toBe('');
    expect((await verify({ missing: [lost], verdict: 'differs' }, '-q')).stdout).toContain('missing on the target');
  });
});
