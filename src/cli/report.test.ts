import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { CopyReport, MailboxReport } from '#domain/report.ts';
import { exitCodeOfFault } from './exit-code.ts';
import { faultLines } from './fault-text.ts';
import { faults } from '#domain/fault.ts';
import { play, reportOf } from './made-up-world.ts';
import { reportSchema, reportSchemaText } from './report-schema.ts';
import { reportLines } from './report-text.ts';

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(reportSchema);
const argv = ['copy', 'imaps://a@h', 'imaps://a@i', '--source-secret', 'env:X', '--target-secret', 'env:X'];
const environment = { X: 'x' };

const troubled: Partial<MailboxReport> = {
  refused: Array.from({ length: 25 }, (_, i) => ({
    folder: 'INBOX',
    uid: i + 1,
    uidValidity: 7,
    sizeBytes: i === 0 ? null : 1000 * i,
    messageId: i === 1 ? null : `<${i}@h>`,
    code: 'too-big',
    reason: 'the target takes 1000 octets at most',
  })),
  differences: [
    { folder: 'Sent', uid: 4, class: 'header8bit', detail: 'octet 12' },
    { folder: 'Sent', uid: 5, class: 'date', detail: 'served as 1970' },
  ],
  folders: [
    { source: 'A/B', target: null, reason: 'the server refused it' },
    { source: 'Old', target: 'New', reason: 'as asked (--map)' },
    { source: 'Shared', target: null, reason: 'another user’s', leftOut: true },
  ],
  kept: [{ folder: 'INBOX', uid: 9, reason: 'it left the source' }],
};

async function json(changes: Partial<MailboxReport>, ...flags: string[]): Promise<CopyReport> {
  const { stdout } = await play([...argv, '-o', 'json', ...flags], {
    environment,
    engine: { copy: async (order) => reportOf(order, changes) },
  });
  return JSON.parse(stdout) as CopyReport;
}

async function text(changes: Partial<MailboxReport>, ...flags: string[]): Promise<string> {
  const { stdout } = await play([...argv, ...flags], {
    environment,
    engine: { copy: async (order) => reportOf(order, changes) },
  });
  return stdout;
}

describe('the JSON document', () => {
  test.each([
    ['a report in which all went well', {}],
    ['a report with everything in it', troubled],
    ['a report of a fault', { fault: { code: 'target.quota', message: 'full', remedy: 'make room' } }],
  ])('%s agrees with docs/report.schema.json', async (_what, changes) => {
    const document = await json(changes);
    expect([validate(document), validate.errors]).toEqual([true, null]);
  });

  test('after wrong usage and after a fault of ours it agrees as well', async () => {
    for (const play1 of [
      play(['copy', '-o', 'json']),
      play(['cpoy', '-o', 'json']),
      play([...argv, '-o', 'json'], { environment, engine: { copy: async () => Promise.reject(new TypeError('x')) } }),
    ]) {
      const document = JSON.parse((await play1).stdout) as CopyReport;
      expect([validate(document), validate.errors]).toEqual([true, null]);
    }
  });

  test('a document with a field that the schema does not expect to lack is noticed', async () => {
    const document = await json({});
    const { copied: _copied, ...rest } = document.mailboxes[0] as MailboxReport;
    expect(validate({ mailboxes: [rest] })).toBe(false);
  });

  test('the schema in docs is the one in the code (node src/cli/report-schema.ts)', () => {
    expect(readFileSync(new URL('../../docs/report.schema.json', import.meta.url), 'utf8')).toBe(reportSchemaText());
  });

  test('docs/report.md explains every field', () => {
    const page = readFileSync(new URL('../../docs/report.md', import.meta.url), 'utf8');
    const names = (schema: unknown): string[] => {
      if (typeof schema !== 'object' || schema === null) return [];
      const { properties, ...rest } = schema as { properties?: Record<string, unknown> };
      return [
        ...Object.keys(properties ?? {}),
        ...Object.values(properties ?? {}).flatMap(names),
        ...Object.values(rest).flatMap(names),
      ];
    };
    const fields = new Set(names(reportSchema));
    expect(fields.size).toBeGreaterThan(20);
    for (const field of fields) expect(page).toContain(`\`${field}\``);
  });
});

describe('the closing report', () => {
  test('names what did not arrive and why, grouped, and says how many more there are', async () => {
    const out = await text(troubled);
    expect(out).toContain('25 messages did not arrive: the target takes 1000 octets at most (too-big)');
    expect(out).toContain('<2@h>');
    expect(out).not.toContain('<20@h>');
    expect(out).toContain('… and 15 more (-o json lists all)');
    expect(out).toContain('1 message arrived and is served otherwise: header8bit');
    expect(out).toContain('A/B (not on the target)');
    expect(out).toContain('Old → New');
    expect(out).toContain('1 message left the source and is still on the target');
  });

  test('an untroubled mailbox is a line of a table', async () => {
    expect(await text({})).toMatch(
      /^mailbox +copied +already there.*\nimaps:\/\/a@h +5 +2 +1 +0 +12\.3 kB +0\.7 s +0 +0 +all there\n$/,
    );
  });

  test('a dry run uses the same words and says that it was one', async () => {
    expect(await text({}, '--dry-run')).toMatch(/would copy[\s\S]*This was a dry run: nothing was written/);
  });

  test('with -q only trouble is told', async () => {
    expect(await text({}, '-q')).toBe('');
    const out = await text(troubled, '-q');
    expect(out).toContain('did not arrive');
    expect(out).not.toContain('still on the target');
  });

  test('a fault is told as what, how far, when again and what to do', async () => {
    const out = await text({
      fault: {
        code: 'imap.sign-in.refused',
        message: 'h refused the sign-in of a: no',
        remedy: 'Check the user name.',
      },
    });
    for (const said of [
      'h refused the sign-in of a: no',
      'How far:    this mailbox; others go on.',
      'When again: when someone has put it right.',
      'What to do: Check the user name.',
      '(imap.sign-in.refused)',
      'gave up',
    ]) {
      expect(out).toContain(said);
    }
  });

  test('the same trouble of many mailboxes is told once, with their names', async () => {
    const one = (await json({})).mailboxes[0] as MailboxReport;
    const fault = (i: number) => ({
      code: 'imap.sign-in.refused',
      message: `h refused the sign-in of u${i}: no`,
      remedy: 'Check the user name.',
    });
    const many = Array.from({ length: 40 }, (_, i) => ({
      ...one,
      source: `imaps://u${i}@h`,
      fault: i === 0 ? null : fault(i),
    }));
    const out = reportLines(many, true).join('\n');
    expect(out).toContain('39 mailboxes not seen through (imap.sign-in.refused)');
    expect(out.split('What to do: Check the user name.')).toHaveLength(2);
    expect(out).toContain('… and 29 more');
  });

  test('nothing that a server said can move the cursor, colour the text or turn its direction', async () => {
    const nasty = 'x\u001b[2J\r\n\u0007\u009b31m\u202egpj.exe\u2028';
    const lines = reportLines(
      [
        {
          ...(await json({})).mailboxes[0],
          source: nasty,
          refused: [
            { folder: nasty, uid: 1, uidValidity: 1, sizeBytes: 1, messageId: nasty, code: nasty, reason: nasty },
          ],
          differences: [{ folder: nasty, uid: 1, class: nasty, detail: nasty }],
          folders: [{ source: nasty, target: nasty, reason: nasty }],
          kept: [{ folder: nasty, uid: 1, reason: nasty }],
          fault: { code: nasty, message: nasty, remedy: nasty },
        } as MailboxReport,
      ],
      false,
    );
    for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2028]/);
  });

  test('every fault of the catalogue has its four lines and an exit code', () => {
    for (const [code, entry] of Object.entries(faults)) {
      expect(faultLines({ code, message: 'm', remedy: entry.remedy })).toHaveLength(5);
      expect([1, 2, 4, 5]).toContain(exitCodeOfFault(code));
    }
  });
});
