/** The IMAP connector against the suite that all connectors pass, on a real Dovecot; hands reach in by the labs' own wire. */

import { afterAll, beforeAll, describe } from 'vitest';
import { conformance, type FolderContents, type Hands, type Pair } from '#connectors/conformance.ts';
import { imapSource, imapTarget, ServerMemory } from '#connectors/imap/index.ts';
import type { Instant, Uid } from '#domain/item.ts';
import { tidyFlags } from '#domain/listing.ts';
import { silent } from '#lib/log.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { toWire } from './folder-names.ts';
import { labAvailable } from './namespace.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { field, octets, type Value, Wire } from './wire.ts';

const password = 'conformance';
const dovecot = await labAvailable('dovecot');
skipAloud('conformance on Dovecot', dovecot);

describe.runIf(dovecot.ok)('on Dovecot', () => {
  let server: DovecotServer;
  let mailboxes = 0;
  beforeAll(async () => {
    // Anybody may sign in: every test has two mailboxes that nobody had before.
    const extra = `passdb {\n  driver = static\n  args = password=${password}\n}\n`;
    server = await startDovecot({ users: [], extra });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const servers = new ServerMemory();
  const side = (user: string) => ({
    endpoint: { host: server.host, port: server.port, security: 'clear' as const, ca: null, verify: true },
    credentials: { current: async () => ({ kind: 'password' as const, user, password, onBehalfOf: null }) },
    log: silent,
    servers,
    name: `imap+plain://${user}@127.0.0.1`,
  });

  conformance('IMAP', async (): Promise<Pair> => {
    const [from, to] = [`from${++mailboxes}`, `to${mailboxes}`];
    return {
      openSource: imapSource(side(from)),
      openTarget: imapTarget(side(to)),
      source: handsInto(server, from),
      target: handsInto(server, to),
      [Symbol.asyncDispose]: async () => {},
    };
  });
});

function handsInto(server: DovecotServer, name: string): Hands {
  const user = { name, password };
  const within = async <T>(work: (wire: Wire) => Promise<T>): Promise<T> => {
    await using wire = await Wire.signedIn(server.port, user);
    return await work(wire);
  };
  const selected = <T>(path: readonly string[], work: (wire: Wire) => Promise<T>): Promise<T> =>
    within(async (wire) => {
      await wire.ok('SELECT ', nameOf(path));
      return work(wire);
    });
  return {
    create: (path) => within(async (wire) => void (await wire.ok('CREATE ', nameOf(path)))),
    add: (path, { bytes, flags, internalDate }) =>
      within(async (wire) => {
        const date = dateTime(internalDate);
        const { text } = await wire.ok('APPEND ', nameOf(path), ` (${flags.join(' ')}) "${date}" `, bytes);
        return Number(/APPENDUID \d+ (\d+)/.exec(text)?.[1]) as Uid;
      }),
    setFlags: (path, uid, flags) =>
      selected(path, async (wire) => void (await wire.ok(`UID STORE ${uid} FLAGS.SILENT (${flags.join(' ')})`))),
    expunge: (path, uids) =>
      selected(path, async (wire) => {
        const set = uids.map(([first, last]) => `${first}:${last}`).join(',');
        await wire.ok(`UID STORE ${set} +FLAGS.SILENT (\\Deleted)`);
        await wire.ok(`UID EXPUNGE ${set}`);
      }),
    contents: async () => {
      const { folders } = await accountSeen(server, user);
      const seen = [...folders.values()];
      return within(async (wire) => {
        const contents: FolderContents[] = [];
        for (const { path, selectable, subscribed } of seen) {
          contents.push({ path, selectable, subscribed, messages: selectable ? await messagesIn(wire, path) : [] });
        }
        return contents;
      });
    },
  };
}

async function messagesIn(wire: Wire, path: readonly string[]): Promise<FolderContents['messages']> {
  await wire.ok('EXAMINE ', nameOf(path));
  const messages: FolderContents['messages'][number][] = [];
  const answer = await wire.ok('UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])');
  for (const response of answer.untagged) {
    if (response[1] !== 'FETCH') continue;
    const items = response[2];
    const flags = field(items, 'FLAGS');
    const body = field(items, 'BODY[]');
    const date = octets(field(items, 'INTERNALDATE')).trim();
    messages.push({
      uid: Number(octets(field(items, 'UID'))) as Uid,
      bytes: new Uint8Array(Buffer.isBuffer(body) ? body : Buffer.alloc(0)),
      flags: tidyFlags((Array.isArray(flags) ? (flags as readonly Value[]) : []).map((each) => octets(each))),
      internalDate: (Date.parse(date.replace(/^(\d+)-(\w+)-(\d+)/, '$1 $2 $3')) / 1000) as Instant,
    });
  }
  return messages;
}

function nameOf(path: readonly string[]): Buffer {
  return Buffer.from(path.map(toWire).join('/'), 'latin1');
}

function dateTime(instant: Instant): string {
  const [, day, month, year, time] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(instant * 1000).toUTCString()) ?? [];
  return `${day}-${month}-${year} ${time} +0000`;
}
