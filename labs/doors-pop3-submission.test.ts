/**
 * POP3 and submission through real proxies at the doors: nginx and Dovecot before two Dovecots that have the mail, and two Postfixes that
 * ask these for passwords. Who has not moved, who has, and who is just moving.
 */

import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Asking } from '../src/doors/asking.test-kit.ts';
import { openAuthHttp } from '../src/doors/auth-http.ts';
import { openDovecotDict } from '../src/doors/dict.ts';
import { allowedOf, type Allowed } from '../src/doors/listening.ts';
import { MadeUpBook } from '../src/doors/route-book.test-kit.ts';
import { silent } from '../src/lib/log.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { startDovecotProxy } from './dovecot-proxy.ts';
import { labAvailable } from './namespace.ts';
import { startNginxMail } from './nginx.ts';
import { type PostfixServer, startPostfix } from './postfix.ts';
import { makeScratch, removeScratch } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const [nginx, dovecot, postfix] = await Promise.all([
  labAvailable('nginx'),
  labAvailable('dovecot'),
  labAvailable('postfix'),
]);
skipAloud('POP3 and submission at the doors', nginx, dovecot, postfix);

const anna = { name: 'anna@corp.example', password: 'secret of anna' };
const bert = { name: 'bert@corp.example', password: 'secret of bert' };
const allowed = allowedOf([]) as Allowed;
const patience = { timeout: 20_000, interval: 20 };

interface Side {
  readonly mail: DovecotServer;
  readonly submission: PostfixServer;
}

interface Ports {
  readonly pop3: number;
  readonly submission: number;
}

describe.runIf(nginx.ok && dovecot.ok && postfix.ok)('POP3 and submission at the doors', () => {
  let ends: AsyncDisposableStack;
  let book: MadeUpBook;
  let sides: Readonly<Record<'source' | 'target', Side>>;
  let folder: string;

  beforeEach(async () => {
    ends = new AsyncDisposableStack();
    book = new MadeUpBook();
    sides = { source: await startSide('old.example'), target: await startSide('new.example') };
    folder = await makeScratch('doors');
    ends.defer(() => removeScratch(folder));
    await chmod(folder, 0o755);
  });
  afterEach(() => ends[Symbol.asyncDispose]());

  /** With one message in each mailbox, which names the side. */
  async function startSide(name: string): Promise<Side> {
    const mail = ends.use(await startDovecot({ users: [anna, bert], pop3: true, sasl: true }));
    for (const user of [anna, bert]) {
      await using wire = await Wire.signedIn(mail.port, user);
      await wire.ok('APPEND INBOX ', Buffer.from(`Subject: at ${name}\r\n\r\nhello\r\n`));
    }
    const submission = ends.use(
      await startPostfix({
        name,
        mainCf: {
          smtpd_sasl_auth_enable: 'yes',
          smtpd_sasl_type: 'dovecot',
          smtpd_sasl_path: `inet:127.0.0.1:${mail.saslPort}`,
          smtpd_relay_restrictions: 'permit_sasl_authenticated, reject',
          default_transport: 'discard',
        },
      }),
    );
    return { mail, submission };
  }

  async function throughNginx(waitMs: number): Promise<Ports> {
    const at = { kind: 'unix', path: join(folder, 'nginx') } as const;
    const place = ({ mail, submission }: Side) => ({
      pop3: { address: '127.0.0.1', port: mail.pop3Port as number },
      smtp: { address: '127.0.0.1', port: submission.port },
    });
    const places = { source: place(sides.source), target: place(sides.target) };
    const key = 'a key that nginx knows';
    const common = { at, allowed, book, places, substitutes: {}, key, waitMs, signInsPerMinute: 1_000, log: silent };
    ends.use(await openAuthHttp(common));
    const { ports } = ends.use(
      await startNginxMail({
        authHttp: `http://unix:${at.path}:/`,
        header: { name: 'X-Auth-Key', value: key },
        protocols: ['pop3', 'smtp'],
      }),
    );
    return { pop3: ports.pop3 as number, submission: ports.smtp as number };
  }

  async function throughDovecot(waitMs: number): Promise<Ports> {
    const at = { kind: 'unix', path: join(folder, 'dovecot') } as const;
    const clear = (port: number) => ({ host: '127.0.0.1', port, security: 'clear', ca: null, verify: true }) as const;
    const behind = ({ mail, submission }: Side) => ({
      pop3: clear(mail.pop3Port as number),
      smtp: clear(submission.port),
    });
    const backends = { source: behind(sides.source), target: behind(sides.target) };
    ends.use(await openDovecotDict({ at, allowed, book, backends, waitMs, signInsPerMinute: 1_000, log: silent }));
    const protocols = ['pop3', 'submission'] as const;
    const passwordKey = 'passdb/%s/from=%r/%u';
    const { ports } = ends.use(await startDovecotProxy({ dictSocket: at.path, protocols, passwordKey }));
    return { pop3: ports.pop3 as number, submission: ports.submission as number };
  }

  describe.each([
    ['nginx', throughNginx],
    ['Dovecot', throughDovecot],
  ] as const)('%s', (_, through) => {
    test('leads each to the side their mailbox is on, and there again when it has changed', async () => {
      book.add(anna.name, 'source');
      const number = book.add(bert.name, 'target');
      const ports = await through(15_000);
      expect(await subjectByPop3(ports, anna)).toBe('at old.example');
      expect(await subjectByPop3(ports, bert)).toBe('at new.example');
      await submit(ports, anna);
      await expect.poll(() => sides.source.submission.logTail(50), patience).toContain(`sasl_username=${anna.name}`);
      await submit(ports, bert);
      await expect.poll(() => sides.target.submission.logTail(50), patience).toContain(`sasl_username=${bert.name}`);
      await book.set(number, 'open', 'source');
      expect(await subjectByPop3(ports, bert)).toBe('at old.example');
    });

    test('keeps a sign-in waiting while the mailbox is held, and lets it in on the new side', async () => {
      const number = book.add(anna.name, 'source');
      const ports = await through(15_000);
      await book.set(number, 'held');
      const [subject, submitted] = [subjectByPop3(ports, anna), submit(ports, anna)];
      await expect.poll(() => book.waiting, patience).toBe(2);
      await book.set(number, 'open', 'target');
      expect(await subject).toBe('at new.example');
      await submitted;
      await expect.poll(() => sides.target.submission.logTail(50), patience).toContain(`sasl_username=${anna.name}`);
      expect(await sides.source.submission.logTail(50)).not.toContain('sasl_username');
    });

    test('tells who waited too long to come again, and never that the password is wrong', async () => {
      const number = book.add(anna.name, 'source');
      const ports = await through(200);
      await book.set(number, 'held');
      await expect(subjectByPop3(ports, anna)).rejects.toThrow(/-ERR \[SYS\/TEMP\]/);
      const refused = await submit(ports, anna).catch((error: unknown) => error);
      expect((refused as { responseCode?: number }).responseCode).toBe(454);
    });

    test('lets nobody in with a wrong password, wherever they are, known or not', async () => {
      book.add(anna.name, 'source');
      book.add(bert.name, 'target');
      const ports = await through(15_000);
      for (const { name } of [anna, bert, { name: 'nobody@corp.example' }]) {
        await expect(subjectByPop3(ports, { name, password: 'a guess' })).rejects.toThrow(/-ERR \[AUTH\]/);
        const refused = await submit(ports, { name, password: 'a guess' }).catch((error: unknown) => error);
        expect((refused as { responseCode?: number }).responseCode).toBe(535);
      }
    });
  });
});

/** Signs in and reads the subject of the first message. Throws what was said instead. */
async function subjectByPop3(ports: Ports, user: typeof anna): Promise<string> {
  using asking = new Asking({ host: '127.0.0.1', port: ports.pop3 });
  const said = async (): Promise<string> => (await asking.until('\r\n')).trimEnd();
  const good = async (): Promise<void> => {
    const line = await said();
    if (!line.startsWith('+OK')) throw new Error(line);
  };
  await good();
  asking.say(`USER ${user.name}\r\n`);
  await good();
  asking.say(`PASS ${user.password}\r\n`);
  await good();
  asking.say('RETR 1\r\n');
  await good();
  return /^Subject: (.*)\r$/m.exec(await asking.until('\r\n.\r\n'))?.[1] ?? '';
}

async function submit(ports: Ports, user: typeof anna): Promise<void> {
  const auth = { user: user.name, pass: user.password };
  const transport = createTransport({ host: '127.0.0.1', port: ports.submission, ignoreTLS: true, auth });
  await transport.sendMail({ from: user.name, to: 'friend@elsewhere.example', subject: 'out', text: 'a letter' });
}
