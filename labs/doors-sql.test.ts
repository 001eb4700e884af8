/** Mail systems that ask the database of the estate itself, by the queries in deploy/coexistence: a Dovecot proxy, and Postfix. */

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../src/store/test-database.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { startDovecotProxy } from './dovecot-proxy.ts';
import { labAvailable } from './namespace.ts';
import { startPostfix } from './postfix.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const [dovecot, proxied, postfix] = [
  await labAvailable('dovecot'),
  await labAvailable('dovecot-pgsql'),
  await labAvailable('postfix'),
];
skipAloud('Dovecot and Postfix that ask PostgreSQL', dovecot, proxied, postfix);

const password = 'secret of all';
const user = (name: string) => ({ name, password });
const names = ['ann@corp.example', 'bob@corp.example', 'bob.old', 'eve@corp.example'];

test.runIf(dovecot.ok && proxied.ok)(
  'leads each to their side by any of their names, lets nobody in who is held or has a wrong password, and is not to be talked over',
  async () => {
    await using ends = new AsyncDisposableStack();
    const db = ends.use(await estate());
    const role = await readingRole(db, ends, 'dovecot', 'dovecot-sql.conf.ext');
    const port = await relayTo(db, ends);
    const [old, fresh] = [
      ends.use(await startDovecot({ users: names.map(user) })),
      ends.use(await startDovecot({ users: names.map(user) })),
    ];
    const proxy = ends.use(
      await startDovecotProxy({
        sql: {
          connect: `host=127.0.0.1 port=${port} dbname=${new URL(db.url).pathname.slice(1)} user=${role}`,
          passwordQuery: await queryLeadingTo(old, fresh),
        },
      }),
    );
    const sideOf = async (name: string): Promise<string> => {
      const mark = `Mark${randomBytes(6).toString('hex')}`;
      await using wire = await Wire.signedIn(proxy.ports.imap as number, user(name));
      await wire.ok(`CREATE ${mark}`);
      const on = async (server: DovecotServer): Promise<boolean> =>
        (await server.doveadm(['mailbox', 'list', '-u', name])).includes(mark);
      return (await on(old)) ? 'source' : (await on(fresh)) ? 'target' : 'neither';
    };
    expect(await sideOf('ann@corp.example')).toBe('source');
    expect(await sideOf('bob@corp.example')).toBe('target');
    expect(await sideOf('bob.old')).toBe('target');
    const signIn = (name: string, given = password): Promise<unknown> =>
      Wire.signedIn(proxy.ports.imap as number, { name, password: given });
    await expect(signIn('eve@corp.example')).rejects.toThrow('[UNAVAILABLE]');
    const odd = ["' or true --", "x'; drop table route; --", 'a\\', '%u', '$$'];
    for (const name of ['ann@corp.example', 'bob@corp.example', 'nobody@corp.example', ...odd])
      await expect(signIn(name, 'a guess')).rejects.toThrow('AUTHENTICATIONFAILED');
    // It has opened by now: the next sign-in goes to the new side.
    await sql`update route set standing = 'open', side = 'target' where standing = 'held'`.execute(db.sql);
    expect(await sideOf('eve@corp.example')).toBe('target');
    expect(await proxy.log()).not.toContain(password);
  },
);

test.runIf(postfix.ok)(
  'Postfix is told the side of an address and the door for who moves, knows who is a recipient, and is not to be talked over',
  async () => {
    await using ends = new AsyncDisposableStack();
    const db = ends.use(await estate());
    const role = await readingRole(db, ends, 'postfix', 'pgsql-transport.cf');
    const port = await relayTo(db, ends);
    const mx = ends.use(await startPostfix());
    const table = async (file: string): Promise<string> => {
      const text = (await configuration(file))
        .replace(/^hosts = .*$/m, `hosts = inet:127.0.0.1:${port}`)
        .replace(/^user = .*$/m, `user = ${role}`)
        .replace(/^dbname = .*$/m, `dbname = ${new URL(db.url).pathname.slice(1)}`);
      await writeFile(join(mx.configFolder, file), text);
      return `pgsql:${join(mx.configFolder, file)}`;
    };
    const [transport, recipients] = [await table('pgsql-transport.cf'), await table('pgsql-recipients.cf')];
    expect(await mx.lookUp(transport, 'Ann@corp.example')).toBe('smtp:[mail.old.example]');
    expect(await mx.lookUp(transport, 'bob@corp.example')).toBe('smtp:[mail.new.example]');
    expect(await mx.lookUp(transport, 'eve@corp.example')).toBe('godwit:inet:127.0.0.1:8027');
    expect(await mx.lookUp(recipients, 'eve@corp.example')).toBe('yes');
    const odd = ["' or true --@corp.example", "x'; drop table route; --", 'a\\', '%s', '$$', '*', 'corp.example', '"'];
    for (const key of ['nobody@corp.example', ...odd])
      expect([await mx.lookUp(transport, key), await mx.lookUp(recipients, key)]).toEqual([null, null]);
    expect(await mx.lookUp(recipients, 'ann@corp.example')).toBe('yes');
  },
);

/** Ann on the source, Bob on the target, Eve held. */
async function estate(): Promise<TestDatabase> {
  const db = await testDatabase();
  await sql`insert into organisation (code, name) values ('X', 'X')`.execute(db.sql);
  await sql`
    insert into mailbox (address, kind, organisation, source_user)
    select address, 'person', (select id from organisation limit 1), source_user
      from (values ('ann@corp.example', null), ('bob@corp.example', 'bob.old'), ('eve@corp.example', null)) as v (address, source_user)`.execute(
    db.sql,
  );
  await sql`
    insert into route (mailbox, side, standing)
    select id, case when address like 'bob%' then 'target' else 'source' end,
           case when address like 'eve%' then 'held' else 'open' end from mailbox`.execute(db.sql);
  return db;
}

/** May read what that file says, and nothing else. */
async function readingRole(db: TestDatabase, ends: AsyncDisposableStack, who: string, file: string): Promise<string> {
  const role = `${who}_${randomBytes(6).toString('hex')}`;
  const text = await configuration(file);
  const grants = [...text.matchAll(/^#\s+(grant .*) to (\w+);$/gm)].flatMap(([, grant = '', to]) =>
    to === who ? [grant] : [],
  );
  expect(grants.length).toBe(2);
  await sql.raw(`create role ${role} login`).execute(db.sql);
  ends.defer(async () => void (await sql.raw(`drop owned by ${role}; drop role ${role}`).execute(db.sql)));
  for (const grant of grants) await sql.raw(`${grant} to ${role}`).execute(db.sql);
  return role;
}

/** Its query, with the places of this test. */
async function queryLeadingTo(old: DovecotServer, fresh: DovecotServer): Promise<string> {
  const query = /^password_query = (.*)$/m.exec(await configuration('dovecot-sql.conf.ext'))?.[1] ?? '';
  const port = `, case mail_side('%u') when 'target' then ${fresh.port} else ${old.port} end as port`;
  // Any value of `ssl` is a yes to Dovecot 2.3, even no.
  return `${query.replaceAll(/'mail\.(?:new|old)\.example'/g, "'127.0.0.1'").replace("'yes' as ssl, ", '')}${port}`;
}

function configuration(file: string): Promise<string> {
  return readFile(join(import.meta.dirname, '../deploy/coexistence', file), 'utf8');
}

/** The server of tests has a socket that is its user's alone. */
async function relayTo(db: TestDatabase, ends: AsyncDisposableStack): Promise<number> {
  const url = new URL(db.url);
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  const path = join(host, `.s.PGSQL.${url.searchParams.get('port') ?? (url.port || '5432')}`);
  const relay = createServer((client) => {
    const server = connect(path);
    client.on('error', () => server.destroy()).on('close', () => server.destroy());
    server.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  ends.defer(() => void relay.close());
  return (relay.address() as AddressInfo).port;
}
