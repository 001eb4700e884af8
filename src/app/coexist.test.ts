import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Asking } from '#doors/asking.test-kit.ts';
import { netstring } from '#doors/netstring.ts';
import { silent } from '#lib/log.ts';
import { openDoorCare } from '#store/door-care.ts';
import { testDatabase } from '#store/test-database.ts';
import { coexist } from './coexist.ts';
import { readEstate } from './read-estate.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-coexist-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const platform = (host: string) => `url: imaps://${host}\n  secret: env:SECRET`;
const doors = (more = '') => `
doors:
  source: { deliver: 'lmtp://127.0.0.1:24', imap: imaps://mail.old.example, nginx-imap: '127.0.0.1:1143' }
  target: { deliver: 'lmtp://127.0.0.1:25', imap: imaps://mail.new.example, nginx-imap: '127.0.0.1:2143' }
  postfix:
    listen: unix:${folder}/postfix
    views: [{ source: 'smtp:[old]', target: 'smtp:[new]', moving: 'godwit:door' }]
${more}`;

async function settingsWith(text: string) {
  const file = join(folder, 'godwit.yaml');
  await writeFile(
    file,
    `database: env:DB\nlisten: off\nsource:\n  ${platform('mail.old.example')}\ntarget:\n  ${platform('mail.new.example')}\n${text}`,
  );
  return await readEstate(file);
}

async function ask(question: string): Promise<string> {
  using asking = new Asking({ kind: 'unix', path: join(folder, 'postfix') });
  asking.say(netstring(question));
  return (await asking.until(',')).replace(/^\d+:|,$/g, '');
}

/** Runs it until the end of its `await using`. */
async function running(settings: Awaited<ReturnType<typeof settingsWith>>, url: () => string) {
  const stop = new AbortController();
  const opened = Promise.withResolvers<void>();
  const ended = coexist(
    {
      settings,
      stateDir: folder,
      version: '1.2.3',
      keys: [],
      environment: (name) => ({ DB: url(), NGINX: 'the key of nginx' })[name],
      log: silent,
      started: () => opened.resolve(),
    },
    stop.signal,
  );
  await Promise.race([opened.promise, ended]);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

const patience = { timeout: 20_000, interval: 20 };

describe('godwit coexist', () => {
  test('answers by the database within a second of a turn, and leaves the doors when it ends', async () => {
    await using db = await testDatabase();
    await sql`insert into organisation (code, name) values ('X', 'X')`.execute(db.sql);
    await sql`
      insert into mailbox (address, kind, organisation) select 'ann@x.example', 'person', id from organisation`.execute(
      db.sql,
    );
    const settings = await settingsWith(doors());
    {
      await using _running = await running(settings, () => db.url);
      await expect.poll(() => ask('transport ann@x.example'), patience).toBe('OK smtp:[old]');
      const [door] = await openDoorCare(db).list();
      expect(door).toMatchObject({ isAlive: true, serves: ['Postfix'], version: '1.2.3' });
      await sql`
        with clock as (update route_clock set revision = revision + 1 returning revision)
        insert into route (mailbox, side, revision) select m.id, 'target', clock.revision from mailbox m, clock`.execute(
        db.sql,
      );
      await expect.poll(() => ask('transport ann@x.example'), patience).toBe('OK smtp:[new]');
    }
    expect(await openDoorCare(db).list()).toEqual([]);
    // Started again, it knows what it knew, though the database lets it in no more.
    const closed = new URL(db.url);
    closed.username = 'nobody_it_knows';
    await using _again = await running(settings, () => closed.href);
    await expect.poll(() => ask('transport ann@x.example'), patience).toBe('OK smtp:[new]');
  });

  test('who signs in by its doors is in the tail when it ends, with the network of the client and not its address', async () => {
    await using db = await testDatabase();
    await sql`insert into organisation (code, name) values ('X', 'X')`.execute(db.sql);
    await sql`
      insert into mailbox (address, kind, organisation) select 'ann@x.example', 'person', id from organisation`.execute(
      db.sql,
    );
    const settings = await settingsWith(doors(`  dovecot: { listen: 'unix:${folder}/dovecot' }`));
    {
      await using _running = await running(settings, () => db.url);
      await expect.poll(() => ask('transport ann@x.example'), patience).toBe('OK smtp:[old]');
      using asking = new Asking({ kind: 'unix', path: join(folder, 'dovecot') });
      asking.say('H3\t2\t0\tdovecot\tgodwit\nLshared/passdb/imap/from=192.0.2.7/Ann@x.example\tAnn@x.example\n');
      expect(await asking.until('\n')).toContain('mail.old.example');
    }
    const { rows } = await sql<{ row: string }>`
      select row_to_json(t)::text as row from tail_use t join mailbox m on m.id = t.mailbox
       where m.address = 'ann@x.example' and t.door = 'godwit' and t.protocol = 'imap' and t.side = 'source'`.execute(
      db.sql,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).toContain('192.0.2.0/24');
    expect(rows[0]?.row).not.toContain('192.0.2.7');
  });

  test('opens its doors although the database is away, and says "later" to everybody', async () => {
    const settings = await settingsWith(doors());
    await using _running = await running(settings, () => 'postgresql://127.0.0.1:1/none');
    expect(await ask('transport ann@x.example')).toMatch(/^TEMP /);
    expect(await ask('relay-recipients ann@x.example')).toMatch(/^TEMP /);
  });

  test('a door that is lost is forgotten by a person, on record, and one that is not there is not', async () => {
    await using db = await testDatabase();
    await sql`
      insert into door (id, host, pid, version, revision, lease_until)
      values ('3f2a0000-0000-4000-8000-000000000000', 'away', 7, '1', 0, now() - interval '1 hour')`.execute(db.sql);
    const care = openDoorCare(db);
    const [lost] = await care.list();
    expect(lost).toMatchObject({ host: 'away', isAlive: false });
    expect(lost?.lostForMs).toBeGreaterThan(3_000_000);
    expect(await care.forget(lost?.id as string, 'ann', 'burnt')).toBe(true);
    expect(await care.forget(lost?.id as string, 'ann', 'burnt')).toBe(false);
    const { rows } = await sql<{ who: string; why: string }>`
      select who, why from audit where what = 'forget door'`.execute(db.sql);
    expect(rows).toEqual([{ who: 'ann', why: 'burnt' }]);
  });
});

describe('doors in godwit.yaml', () => {
  test.each([
    [
      'a place that others could come to, with nobody allowed',
      "  clients: { listen: '0.0.0.0:8029' }",
      /none is allowed/,
    ],
    [
      'a Dovecot by TCP, where a password would wait in the clear',
      "  dovecot: { listen: '127.0.0.1:1' }",
      /unix:\/PATH/,
    ],
    ['a key that stands there itself', "  nginx: { listen: '127.0.0.1:1', key: hunter2 }", /never the key itself/],
    ['a network that is none', '  allow: [here]', /an address or a network/],
  ])('%s is refused, with what to do', async (_, more, says) => {
    await expect(settingsWith(doors(more))).rejects.toThrow(says);
  });

  test('mail or passwords in clear text to another machine are refused unless somebody says so', async () => {
    const clear = doors().replace('lmtp://127.0.0.1:24', 'lmtp://mail.old.example');
    await expect(settingsWith(clear)).rejects.toThrow(/clear text/);
    const said = await settingsWith(clear.replace('doors:', 'doors:\n  allow-clear-text: true'));
    expect(said.doors?.source.deliver).toMatchObject({
      security: 'clear',
      place: { host: 'mail.old.example', port: 24 },
    });
  });

  test('credentials of ours are never used where nobody checks the password before', async () => {
    const asAdmin = doors("  nginx: { listen: '127.0.0.1:8028', key: env:NGINX }").replace(
      "nginx-imap: '127.0.0.1:2143' }",
      "nginx-imap: '127.0.0.1:2143', as-admin: true }",
    );
    await expect(settingsWith(asAdmin)).rejects.toThrow(/user\*master/);
    const file = join(folder, 'godwit.yaml');
    const withAdmin = (await readFile(file, 'utf8')).replace(
      'url: imaps://mail.new.example\n',
      'url: imaps://mail.new.example\n  admin: mover\n  admin-style: user*master\n',
    );
    await writeFile(file, withAdmin);
    await expect(readEstate(file)).rejects.toThrow(/anybody would get in/);
    await writeFile(file, withAdmin.replace('key: env:NGINX }', 'key: env:NGINX, check-at: source }'));
    expect((await readEstate(file)).doors?.nginx?.check).toEqual({ kind: 'source' });
  });
});
