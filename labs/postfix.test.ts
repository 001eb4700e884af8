/** The Postfix of the labs does what labs count on: it routes by a map, parks for one recipient alone, and stands beside others. */

import { randomUUID } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { describe, expect, test } from 'vitest';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { type PostfixServer, startPostfix } from './postfix.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const postfix = await labAvailable('postfix');
const dovecot = await labAvailable('dovecot');
skipAloud('Postfix before Dovecot', postfix, dovecot);

const anna = { name: 'anna@corp.example', password: 'secret of anna' };
const bert = { name: 'bert@corp.example', password: 'secret of bert' };

const patience = { timeout: 20_000, interval: 20 };

/** Sends one message to all of `to`; the subject by which it is found again. */
async function send(through: PostfixServer, ...to: readonly string[]): Promise<string> {
  const subject = randomUUID();
  const transport = createTransport({ host: through.host, port: through.port, ignoreTLS: true });
  await transport.sendMail({ from: 'sender@elsewhere.example', to: [...to], subject, text: 'a letter' });
  return subject;
}

async function howOften(server: DovecotServer, user: typeof anna, subject: string): Promise<number> {
  await using wire = await Wire.signedIn(server.port, user);
  await wire.ok('SELECT INBOX');
  const { untagged } = await wire.ok(`UID SEARCH HEADER Subject ${subject}`);
  const found = untagged.find(([name]) => name === 'SEARCH');
  return found === undefined ? 0 : found.length - 1;
}

async function arrives(server: DovecotServer, user: typeof anna, subject: string): Promise<void> {
  await expect.poll(() => howOften(server, user, subject), patience).toBe(1);
}

describe.runIf(postfix.ok && dovecot.ok)('Postfix before Dovecot', () => {
  test('a message goes where the transport map says, by way of a second Postfix, and an unknown recipient is refused', async () => {
    await using store = await startDovecot({ users: [anna], lmtp: true });
    await using side = await startPostfix({
      name: 'side.lab.example',
      mainCf: {
        relay_domains: 'corp.example',
        transport_maps: `inline:{corp.example=lmtp:inet:127.0.0.1:${store.lmtpPort}}`,
      },
    });
    await using mx = await startPostfix({
      mainCf: {
        relay_domains: 'corp.example',
        relay_recipient_maps: 'texthash:$config_directory/recipients',
        transport_maps: 'texthash:$config_directory/transport',
      },
      tables: {
        recipients: { [anna.name]: 'yes' },
        transport: { [anna.name]: `smtp:[127.0.0.1]:${side.port}` },
      },
    });
    await arrives(store, anna, await send(mx, anna.name));
    await expect(send(mx, bert.name)).rejects.toThrow(/550 5\.1\.1/);
    // What it has answered it may write down a moment later.
    await expect.poll(() => mx.logTail(200), patience).toContain('User unknown in relay recipient table');
    await expect.poll(() => mx.queue(), patience).toEqual([]);
  });

  test('a parked recipient waits in the queue while a neighbour gets the same message, even through a restart, and comes when flushed', async () => {
    await using store = await startDovecot({ users: [anna, bert], lmtp: true });
    const home = `lmtp:inet:127.0.0.1:${store.lmtpPort}`;
    await using mx = await startPostfix({
      mainCf: {
        relay_domains: 'corp.example',
        transport_maps: 'texthash:$config_directory/transport',
        defer_transports: 'park',
      },
      masterCf: 'park unix - - n - - lmtp\n  -o soft_bounce=yes -o lmtp_connect_timeout=1s',
      tables: { transport: { [anna.name]: 'park:inet:127.0.0.1:1', [bert.name]: home } },
    });
    const subject = await send(mx, anna.name, bert.name);
    await arrives(store, bert, subject);
    await expect.poll(async () => (await mx.queue()).map(({ queue }) => queue), patience).toEqual(['deferred']);
    const [parked] = await mx.queue();
    expect(parked).toMatchObject({
      sender: 'sender@elsewhere.example',
      recipients: [{ address: anna.name, delayReason: 'deferred transport' }],
    });
    expect(await howOften(store, anna, subject)).toBe(0);

    await mx.stop();
    await mx.start();
    expect((await mx.queue()).map(({ id }) => id)).toEqual([parked?.id]);

    await mx.writeTable('transport', { [anna.name]: home, [bert.name]: home });
    await mx.reload();
    // Its daemons heed the reload one after the other, so the first flush may come too early.
    const arrived = async (): Promise<number> => {
      await mx.flush(parked?.id);
      return howOften(store, anna, subject);
    };
    await expect.poll(arrived, patience).toBe(1);
    expect(await howOften(store, bert, subject)).toBe(1);
  });
});
