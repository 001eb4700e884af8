import { expect, test } from 'vitest';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { fault } from '#domain/fault.ts';
import type { NoticeLine } from '#domain/notice-list.ts';
import type { NoticesSent } from '#operations/send-notices.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { NoticesWork } from './world.ts';

const line: NoticeLine = {
  id: 7,
  address: 'ann@x.example',
  wave: 'pilot',
  kind: 'T-2',
  occasion: Date.UTC(2026, 11, 1, 19),
  language: 'de',
  state: 'refused',
  attempts: 1,
  why: '550 no\u001b[31m such user',
  beganAt: Date.UTC(2026, 10, 29, 9),
  endedAt: Date.UTC(2026, 10, 29, 9, 1),
  retryAt: null,
};
const sent: NoticesSent = { sent: 12, refused: 0, waiting: 0, unknown: 0, quiet: 0, quietUntil: null, stopped: null };

function worldOf(work: Partial<NoticesWork>): MadeUp {
  return {
    readEstate: async () => ({}) as EstateSettings,
    openNotices: async () =>
      ({
        counts: async () => ({ sending: 0, sent: 2_000, waiting: 0, refused: 1, unknown: 0 }),
        ...work,
        [Symbol.asyncDispose]: async () => undefined,
      }) as NoticesWork,
  };
}

test('a preview shows the message as its reader would see it, or the very octets', async () => {
  const letter = {
    messageId: '<a@b>',
    from: { name: 'The move', address: 'move@x.example' },
    replyTo: null,
    to: { name: null, address: 'ann@x.example' },
    subject: 'Your mailbox moves',
    text: 'Dear Ann,\n\nit moves.\n',
    language: 'en',
    date: new Date('2026-11-01T09:00Z'),
  };
  let asked: unknown = null;
  const world = worldOf({
    preview: async (which) => {
      asked = which;
      return { kind: 'letter', letter, octets: 'From: raw\r\n\r\nraw\r\n' };
    },
  });
  const shown = await play(['notices', 'preview', 'ann@x.example', '--moment', 'T+1', '--language', 'de'], world);
  expect(asked).toEqual({ address: 'ann@x.example', kind: 'T+1', language: 'de' });
  expect(shown.stdout).toBe(
    'From: The move <move@x.example>\nTo: ann@x.example\nSubject: Your mailbox moves\nLanguage: en\n\nDear Ann,\n\nit moves.\n',
  );
  expect((await play(['notices', 'preview', 'ann@x.example', '--raw'], world)).stdout).toBe('From: raw\r\n\r\nraw\n');
  expect(JSON.parse((await play(['notices', 'preview', 'ann@x.example', '-o', 'json'], world)).stdout)).toMatchObject({
    subject: 'Your mailbox moves',
    octets: expect.stringContaining('raw'),
  });
});

test('a preview of nobody, of somebody without a wave, or in no language is refused with what to do', async () => {
  const nobody = worldOf({ preview: async () => ({ kind: 'unknown' }) });
  expect(await play(['notices', 'preview', 'ann@x.example'], nobody)).toMatchObject({ code: 2 });
  const waveless = await play(
    ['notices', 'preview', 'ann@x.example'],
    worldOf({ preview: async () => ({ kind: 'no-wave' }) }),
  );
  expect(waveless.stderr).toContain('belongs to no wave');
  expect((await play(['notices', 'preview', 'a@x.example', '--language', '!'], nobody)).stderr).toContain('--language');
  expect((await play(['notices', 'preview', 'a@x.example', '--moment', 'T-7'], nobody)).stderr).toContain('T-14, T-2');
});

test('sending tells how many went out, and ends with 3 or 4 where somebody has to look', async () => {
  const orders: unknown[] = [];
  const sending = (outcome: Partial<NoticesSent>) =>
    worldOf({
      send: async (order) => {
        orders.push(order);
        return { ...sent, ...outcome };
      },
    });
  const fine = await play(['notices', 'send', '--wave', 'pilot', '--moment', 'T-2'], sending({}));
  expect(fine).toMatchObject({ code: 0, stdout: '12 messages sent.\n' });
  expect(orders[0]).toEqual({ wave: 'pilot', kinds: ['T-2'] });
  const doubtful = await play(['notices', 'send'], sending({ refused: 2, unknown: 1, quiet: 3, quietUntil: 0 }));
  expect(doubtful.code).toBe(3);
  for (const text of ['2 refused', '1 in doubt', '3 others in quiet hours', '1970-01-01T00:00Z'])
    expect(doubtful.stdout).toContain(text);
  const stopped = fault('notice.server.unreachable', { host: 'mail.example', port: 465, text: 'refused' });
  const away = await play(['notices', 'send'], sending({ sent: 0, stopped }));
  expect(away.code).toBe(4);
  expect(away.stdout).toContain('mail.example:465 takes no messages');
  const document = await play(['notices', 'send', '-o', 'json'], sending({ sent: 0, stopped }));
  expect(JSON.parse(document.stdout)).toMatchObject({ sent: 0, stopped: { code: 'notice.server.unreachable' } });
});

test('a dry run tells what is due, and sends nothing', async () => {
  const due = async () => [{ kind: 'T-14', wave: 'pilot', mailboxes: 1_200, quiet: 3 }] as const;
  const { stdout } = await play(['notices', 'send', '--dry-run'], worldOf({ due }));
  expect(stdout).toContain('T-14     pilot  1,200                        3');
  expect(stdout).toContain('Nothing was sent.');
});

test('refused messages are tried again only where that is said', async () => {
  const did: string[] = [];
  const world = worldOf({
    again: async (wave) => did.push(`again ${wave}`),
    send: async () => {
      did.push('send');
      return sent;
    },
  });
  await play(['notices', 'send'], world);
  await play(['notices', 'send', '--again', '--wave', 'pilot'], world);
  expect(did).toEqual(['send', 'again pilot', 'send']);
});

test('the list tells what was sent to whom, and what failed and why, in words that cannot move a cursor', async () => {
  const world = worldOf({ list: async ({ before }) => (before === null ? [line] : []) });
  const text = await play(['notices', 'list', '--wave', 'pilot'], world);
  expect(text.stdout).toContain(
    '2026-11-29T09:00Z  T-2      ann@x.example  pilot  2026-12-01T19:00Z  de        refused  550 no\ufffd[31m such user',
  );
  expect(text.stdout).toContain('2,000 sent, 1 refused; 1 are shown');
  const csv = await play(['notices', 'list', '-o', 'csv'], world);
  expect(csv.stdout.split(/\r?\n/)[0]).toBe(
    'address,wave,message,occasion,language,state,attempts,begun_at,ended_at,retry_at,why',
  );
  const json = JSON.parse((await play(['notices', 'list', '-o', 'json'], world)).stdout);
  expect(json).toMatchObject({ notices: [{ id: 7, state: 'refused' }], counts: { sent: 2_000 } });
});
