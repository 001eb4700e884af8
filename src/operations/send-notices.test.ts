import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { SmtpPost } from '#connectors/smtp/index.ts';
import { mailSink, type MailSink, type SinkWishes } from '#connectors/smtp/mail-sink.test-kit.ts';
import { noticeKinds, noticeMoments } from '#domain/notice-kinds.ts';
import { noticeStates } from '#domain/notice-list.ts';
import type { NoticeSettings } from '#domain/notice-settings.ts';
import { readNoticeTemplate } from '#domain/notice-template.ts';
import { silent } from '#lib/log.ts';
import { people, standAt } from '#store/estate.test-kit.ts';
import { waveIn } from '#store/notices.test-kit.ts';
import { openNotices } from '#store/notices.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { noticesToSend, type NoticesSent, type SendNoticesOrder, sendNotices } from './send-notices.ts';

const forever = new AbortController().signal;
const everything: SendNoticesOrder = { wave: null, kinds: noticeKinds };
const list = { wave: null, states: noticeStates, before: null, most: 100 } as const;
const templates = {
  folder: 'notices',
  languages: new Map(
    ['en', 'de'].map((language) => {
      const text = `Subject: ${language} {{day}}\n\nDear {{name}}\n`;
      return [language, Object.fromEntries(noticeKinds.map((kind) => [kind, readNoticeTemplate(text, kind)]))] as const;
    }),
  ),
};

/** Hours that are quiet at this moment in UTC, or hours that are not. */
function hoursAround(isQuiet: boolean): NoticeSettings['quiet'] {
  const minute = new Date().getUTCHours() * 60 + new Date().getUTCMinutes();
  const from = (minute + (isQuiet ? 1_440 - 60 : 600)) % 1_440;
  return { from, until: (from + 120) % 1_440 };
}

function parts(db: TestDatabase, sink: MailSink, changes: Partial<NoticeSettings> = {}) {
  const settings: NoticeSettings = {
    smtp: sink.server,
    from: { name: null, address: 'move@x.example' },
    replyTo: null,
    templates: null,
    language: 'en',
    perMinute: 6_000,
    quiet: hoursAround(false),
    at: '00:00',
    moments: noticeMoments,
    shared: false,
    ...changes,
  };
  const waits: number[] = [];
  return {
    waits,
    notices: openNotices(db),
    settings,
    timezone: 'UTC',
    templates: async () => templates,
    openPost: () => new SmtpPost({ server: sink.server, password: async () => '' }),
    clock: { now: () => Date.now(), sleep: async (ms: number) => void waits.push(ms) },
    log: silent,
  };
}

/** So many people in a wave that moves in a week. */
async function estate(names: readonly string[]): Promise<TestDatabase> {
  const db = await testDatabase();
  await people(db.sql, names);
  const { id } = await waveIn(db, 'w', 7 * 24);
  for (const [i] of names.entries()) await standAt(db.sql, i + 1, 'following', id);
  return db;
}

const nothing: Omit<NoticesSent, 'sent'> = {
  refused: 0,
  waiting: 0,
  unknown: 0,
  quiet: 0,
  quietUntil: null,
  stopped: null,
};

async function sinkThat(wishes: SinkWishes = {}): Promise<MailSink> {
  return mailSink(wishes);
}

describe('messages to people', () => {
  test('reach each of them once, in their language, however often they are sent', async () => {
    await using db = await estate(['ann', 'bob']);
    await using sink = await sinkThat();
    await sql`update mailbox set language = 'de-AT', display_name = 'Bob' where id = 2`.execute(db.sql);
    expect(await noticesToSend(parts(db, sink), everything)).toEqual([
      { kind: 'T-14', wave: 'w', mailboxes: 2, quiet: 0 },
    ]);
    expect(await sendNotices(parts(db, sink), everything, forever)).toEqual({ ...nothing, sent: 2 });
    expect(await sendNotices(parts(db, sink), everything, forever)).toEqual({ ...nothing, sent: 0 });
    expect(sink.taken.map(({ to }) => to)).toEqual([['ann@x.example'], ['bob@x.example']]);
    expect(sink.taken[0]?.text).toContain('Dear ann@x.example');
    expect(sink.taken[1]?.text).toMatch(/Subject: de /);
    expect(await openNotices(db).list(list)).toMatchObject([{ language: 'de' }, { language: 'en' }]);
  });

  test('go no faster than so many a minute', async () => {
    await using db = await estate(['ann', 'bob', 'carl']);
    await using sink = await sinkThat();
    const slow = parts(db, sink, { perMinute: 2 });
    let now = Date.now();
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        slow.waits.push(ms);
        now += ms;
      },
    };
    await sendNotices({ ...slow, clock, settings: { ...slow.settings, quiet: null } }, everything, forever);
    expect(slow.waits).toEqual([0, 30_000, 30_000]);
  });

  test('wait for the morning, each where they live, and it is told until when', async () => {
    await using db = await estate(['ann', 'bob']);
    await using sink = await sinkThat();
    await sql`update mailbox set timezone = 'Etc/GMT-12' where id = 2`.execute(db.sql);
    const atNight = parts(db, sink, { quiet: hoursAround(true) });
    expect(await noticesToSend(atNight, everything)).toMatchObject([{ mailboxes: 2, quiet: 1 }]);
    const { quietUntil, ...sent } = await sendNotices(atNight, everything, forever);
    expect(sent).toMatchObject({ sent: 1, quiet: 1 });
    expect(quietUntil).toBeGreaterThan(Date.now());
    expect(sink.taken.map(({ to }) => to)).toEqual([['bob@x.example']]);
  });

  test('of whom one is refused reach the others, and it is listed with what the server said', async () => {
    await using db = await estate(['ann', 'bob', 'carl']);
    const refuse = (to: string) => (to.startsWith('bob') ? { code: 550, text: 'no such user' } : null);
    await using sink = await sinkThat({ refuse });
    expect(await sendNotices(parts(db, sink), everything, forever)).toEqual({ ...nothing, sent: 2, refused: 1 });
    expect(await openNotices(db).list({ ...list, states: ['refused'] })).toMatchObject([
      { address: 'bob@x.example', why: expect.stringContaining('550 no such user') },
    ]);
    expect(await sendNotices(parts(db, sink), everything, forever)).toEqual({ ...nothing, sent: 0 });
  });

  test('are sent when the server is back, and none is lost or doubled by its absence', async () => {
    await using db = await estate(['ann', 'bob']);
    const away = await sinkThat();
    await away[Symbol.asyncDispose]();
    expect(await sendNotices(parts(db, away), everything, forever)).toMatchObject({
      sent: 0,
      stopped: { code: 'notice.server.unreachable' },
    });
    expect(await openNotices(db).list(list)).toEqual([]);
    await using busy = await sinkThat({ refuse: () => ({ code: 421, text: 'going down' }) });
    expect(await sendNotices(parts(db, busy), everything, forever)).toMatchObject({
      sent: 0,
      waiting: 1,
      stopped: { code: 'notice.server.stopped', message: expect.stringContaining('going down') },
    });
    await using back = await sinkThat();
    expect(await sendNotices(parts(db, back), everything, forever)).toEqual({ ...nothing, sent: 2 });
    expect(back.taken).toHaveLength(2);
  });

  test('that were cut off after their last octet are in doubt, are listed so, and never go out again', async () => {
    await using db = await estate(['ann', 'bob']);
    const atEnd = (to: string) => (to.startsWith('ann') ? 'cut-taken' : null);
    await using sink = await sinkThat({ atEnd });
    expect(await sendNotices(parts(db, sink), everything, forever)).toEqual({ ...nothing, sent: 1, unknown: 1 });
    await sendNotices(parts(db, sink), everything, forever);
    expect(sink.taken.map(({ to }) => to)).toEqual([['ann@x.example'], ['bob@x.example']]);
    expect(await openNotices(db).list({ ...list, states: ['unknown'] })).toMatchObject([{ address: 'ann@x.example' }]);
  });

  test('stop where one after the other is refused, so that a mistake of ours does not use them all up', async () => {
    const names = Array.from({ length: 15 }, (_, i) => `p${i}`);
    await using db = await estate(names);
    await using sink = await sinkThat({ atEnd: () => ({ code: 554, text: 'looks like spam' }) });
    expect(await sendNotices(parts(db, sink), everything, forever)).toMatchObject({
      refused: 10,
      stopped: { code: 'notice.refused.often', message: expect.stringContaining('looks like spam') },
    });
    await using mended = await sinkThat();
    expect(await openNotices(db).again(null)).toBe(10);
    expect(await sendNotices(parts(db, mended), everything, forever)).toEqual({ ...nothing, sent: 15 });
  });

  test('are sent by one process at a time', async () => {
    await using db = await estate(['ann']);
    await using sink = await sinkThat();
    await using _other = await openNotices(db).sender();
    await expect(sendNotices(parts(db, sink), everything, forever)).rejects.toMatchObject({
      code: 'notice.sender.busy',
    });
    expect(sink.taken).toEqual([]);
  });

  test('do not begin where a template is wrong', async () => {
    await using db = await estate(['ann']);
    await using sink = await sinkThat();
    const wrong = { ...parts(db, sink), templates: async () => ({ folder: 'here', languages: new Map() }) };
    expect(await sendNotices(wrong, everything, forever)).toMatchObject({
      stopped: { code: 'notice.template.missing' },
    });
    expect(await openNotices(db).list(list)).toEqual([]);
  });
});
