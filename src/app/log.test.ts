import { describe, expect, test } from 'vitest';
import type { LogFields } from '#lib/log.ts';
import { openLog } from './log.ts';

function lines(level: Parameters<typeof openLog>[0], format: Parameters<typeof openLog>[1]) {
  const written: string[] = [];
  return { written, log: openLog(level, format, (line) => written.push(line)) };
}

describe('the log', () => {
  test('says what is at its level or graver, and prepares nothing for those who do not listen', () => {
    const { written, log } = lines('info', 'text');
    log.error('one');
    log.warn('two');
    log.info('three');
    log.debug('four');
    expect(written).toHaveLength(3);
    expect(log.trace).toBeNull();
    expect(lines('trace', 'text').log.trace).not.toBeNull();
  });

  test('a line for people is a phrase and its fields', () => {
    const { written, log } = lines('info', 'text');
    log
      .with({ mailbox: 'imaps://a@h' })
      .info('folder copied', { folder: 'Sent Items', items: 3, modSeq: 2n ** 60n, none: null });
    expect(written[0]?.slice(9)).toBe(
      'info  folder copied mailbox=imaps://a@h folder="Sent Items" items=3 modSeq=1152921504606846976',
    );
  });

  test('a line for programs is one JSON object', () => {
    const { written, log } = lines('info', 'json');
    log.with({ mailbox: 'm' }).warn('throttled', { ms: 5, modSeq: 2n ** 60n });
    expect(written).toHaveLength(1);
    expect(JSON.parse(written[0] as string)).toMatchObject({
      level: 'warn',
      msg: 'throttled',
      mailbox: 'm',
      ms: 5,
      modSeq: '1152921504606846976',
    });
  });

  test('nothing a server said can move the cursor or begin another line', () => {
    const { written, log } = lines('info', 'text');
    log.info('refused', { text: 'no\r\n12:00:00 error forged \u001b[2J\u202e' });
    expect(written[0]).not.toMatch(/[\r\n\u001b\u202e]/);
  });

  test.each(['text', 'json'] as const)(
    'as %s bears no password that others put into a message or a field',
    (format) => {
      const { written, log } = lines('info', format);
      const url = 'postgresql://godwit:hunter2/@7@db.corp.example:5432/godwit?sslmode=disable';
      log
        .with({ url })
        .info(`connecting to ${url}`, { text: `Error: ${url} refused us`, password: 'hunter2', token: 'h2' });
      log.info('as usual', { mailbox: 'imaps://ann@mail.corp.example:993', at: '127.0.0.1:8025' });
      expect(written[0]).toContain('postgresql://godwit:[hidden]@db.corp.example:5432/godwit?sslmode=disable');
      expect(written[0]).not.toMatch(/hunter2|h2/);
      expect(written[1]).toContain('imaps://ann@mail.corp.example:993');
    },
  );

  test.each(['text', 'json'] as const)('as %s bears no secret that an error or an object brings along', (format) => {
    const { written, log } = lines('trace', format);
    const cause = Object.assign(new Error('connect postgres://u:hunter2@h/d'), { client: { password: 'hunter2' } });
    // What the types forbid somebody may do nevertheless.
    const fields: Record<string, unknown> = { error: new Error('it broke', { cause }), seen: [{ token: 'hunter2' }] };
    log.trace?.('wire', fields as LogFields);
    log.with({ session: { cookie: 'hunter2', n: 2n ** 60n } } as unknown as LogFields).error('no', fields as LogFields);
    expect(written).toHaveLength(2);
    for (const line of written) {
      expect(line).toContain('it broke');
      expect(line).toContain('postgres://u:[hidden]@h/d');
      expect(line).not.toContain('hunter2');
    }
    expect(written[1]).toContain('1152921504606846976');
  });
});
