/**
 * The operator's directory, a real OpenLDAP: it tells where a mailbox lives from the switch on, and is as it was where the switch did not
 * come about, whoever refused it and wherever we were killed.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { readEstate } from '../src/app/read-estate.ts';
import { serve } from '../src/app/serve.ts';
import { type LdapOptions, ldapDirectory } from '../src/connectors/ldap/index.ts';
import { type DirectoryServer, type EntryValues, escapedInFilter } from '../src/domain/directory.ts';
import { fault } from '../src/domain/fault.ts';
import { silent } from '../src/lib/log.ts';
import { fill } from '../src/operations/copy-mailbox.test-kit.ts';
import { aJourney } from '../src/operations/way-home.test-kit.ts';
import { openMailboxOrders } from '../src/store/mailbox-orders.ts';
import { plainMessages } from './awkward-mail.ts';
import { startDovecot } from './dovecot.ts';
import { openEmbedded, populate, startPilot, untilStanding } from './embedded-estate.ts';
import { freshState } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { type LdapEntry, type OpenLdapServer, startOpenLdap } from './openldap.ts';
import { seedAccount } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';

const [openldap, dovecot] = [await labAvailable('openldap'), await labAvailable('dovecot')];
skipAloud('the directory', openldap, dovecot);

const base = 'ou=people,dc=corp,dc=example';
const people: LdapEntry = { dn: base, attributes: { objectClass: 'organizationalUnit', ou: 'people' } };
const mover = { dn: 'cn=godwit,dc=corp,dc=example', password: 'secret of the mover' };
const moverEntry: LdapEntry = {
  dn: mover.dn,
  attributes: {
    objectClass: ['applicationProcess', 'simpleSecurityObject'],
    cn: 'godwit',
    userPassword: mover.password,
  },
};
const person = (uid: string, mail = `${uid}@corp.example`): LdapEntry => ({
  dn: dnOf(uid),
  attributes: {
    objectClass: ['inetOrgPerson', 'inetLocalMailRecipient', 'labMailRecipient'],
    uid,
    cn: uid,
    sn: uid,
    mail,
    mailHost: 'by-hand.example',
  },
});
const dnOf = (uid: string): string => `uid=${uid},${base}`;

/** What is to be written may be written by the mover, but for the entry of `guarded`. */
const rights = (guarded: string): string =>
  `access to dn.exact="${dnOf(guarded)}" by * read
access to attrs=userPassword by anonymous auth
access to * by dn.exact="${mover.dn}" write by * read`;

const asked = ['mailHost', 'mailRoutingAddress', 'targetAddress'];
const signal = new AbortController().signal;

async function told(server: OpenLdapServer, uid: string): Promise<EntryValues> {
  const entry = await server.entry(dnOf(uid));
  return Object.fromEntries(asked.flatMap((name) => (entry?.[name] ? [[name, entry[name]]] : [])));
}

const clear = ({ port }: OpenLdapServer): DirectoryServer => ({ host: '127.0.0.1', port, security: 'clear', ca: null });
const asMover = (server: DirectoryServer, more: Partial<LdapOptions> = {}) =>
  ldapDirectory({ server, bindDn: mover.dn, password: async () => mover.password, base, ...more });

describe.runIf(openldap.ok)('a change in the directory', () => {
  test('is written by TLS and by StartTLS to a server that proves itself, and to no other', async () => {
    await using server = await startOpenLdap({
      entries: [people, moverEntry, person('ann')],
      tls: true,
      extra: rights('none'),
    });
    const ca = await readFile(server.caFile ?? '', 'utf8');
    const tlsPort = Number(new URL(server.tlsUrl ?? '').port);
    const places = [
      { host: '127.0.0.1', port: tlsPort, security: 'tls' },
      { host: 'localhost', port: server.port, security: 'starttls' },
      { host: '127.0.0.1', port: server.port, security: 'starttls' },
    ] as const;
    for (const [i, place] of places.entries()) {
      const written = { mailHost: [`new${i}.example`], targetAddress: [`SMTP:ann@tenant${i}.example`] };
      await asMover({ ...place, ca }).change('(mail=ann@corp.example)', asked, async () => written, signal);
      expect(await told(server, 'ann')).toEqual(written);
      const stranger = asMover({ ...place, ca: null }).change(
        '(uid=ann)',
        asked,
        async () => ({ mailHost: ['x'] }),
        signal,
      );
      await expect(stranger).rejects.toMatchObject({ code: 'directory.unusable' });
      expect(await told(server, 'ann')).toEqual(written);
    }
  });

  test('without StartTLS at the server nothing is said to it, and no password goes there', async () => {
    await using server = await startOpenLdap({ entries: [people, moverEntry, person('ann')] });
    const change = asMover({ ...clear(server), security: 'starttls' }).change(
      '(uid=ann)',
      asked,
      async () => null,
      signal,
    );
    await expect(change).rejects.toMatchObject({ code: expect.stringMatching(/^directory\./) as string });
    expect(await server.log()).not.toContain('BIND');
  });

  test('finds one entry and no other, whatever an address is made of', async () => {
    const odd = 'a*)(uid=b\\c@corp.example';
    const entries = [people, moverEntry, person('ann', 'two@corp.example'), person('bob', 'two@corp.example')];
    await using server = await startOpenLdap({
      entries: [...entries, person('odd', odd), person('eve')],
      extra: rights('eve'),
    });
    const directory = asMover(clear(server));
    const write = (filter: string, values: EntryValues): Promise<void> =>
      directory.change(filter, asked, async () => values, signal);
    const fresh = { mailHost: ['new.example'], mailRoutingAddress: ['x@new.example'] };
    await write(`(mail=${escapedInFilter(odd)})`, fresh);
    expect(await told(server, 'odd')).toEqual(fresh);
    // None of an attribute removes it, whether it was there or not.
    await write(`(mail=${escapedInFilter(odd)})`, { mailHost: [], mailRoutingAddress: [], targetAddress: [] });
    expect(await told(server, 'odd')).toEqual({});
    await expect(write('(mail=two@corp.example)', fresh)).rejects.toMatchObject({ code: 'directory.several' });
    await expect(write(`(mail=${escapedInFilter('*')})`, fresh)).rejects.toMatchObject({ code: 'directory.no-entry' });
    await expect(write('(uid=eve)', fresh)).rejects.toMatchObject({ code: 'directory.refused' });
    await expect(write('(uid=odd)', { nowhereDeclared: ['x'] })).rejects.toMatchObject({ code: 'directory.refused' });
    const guess = asMover(clear(server), { password: async () => 'a guess' });
    await expect(guess.change('(uid=odd)', asked, async () => null, signal)).rejects.toMatchObject({
      code: 'directory.refused',
    });
    await server.stop();
    await expect(write('(uid=odd)', fresh)).rejects.toMatchObject({ code: 'directory.unusable' });
  });
});

const settings = {
  filter: '(uid={address})',
  source: { mailHost: 'old.example', mailRoutingAddress: null },
  target: { mailHost: 'new.example', mailRoutingAddress: '{local}@new.example' },
};
const byHand = { mailHost: ['by-hand.example'] };
const onSource = { mailHost: ['old.example'] };
const onTarget = { mailHost: ['new.example'], mailRoutingAddress: ['a@new.example'] };

describe.runIf(openldap.ok)('a mailbox that changes sides', () => {
  async function following(server: OpenLdapServer) {
    const journey = await aJourney();
    journey.directing = { directory: asMover(clear(server)), settings, msLeft: () => 8_000 };
    fill(journey.source.create(['INBOX']), 1, 5);
    await journey.until('following');
    return journey;
  }

  test('that is killed between the write and the turn, and does not come about by the next attempt, has the very entry again that it had', async () => {
    await using server = await startOpenLdap({ entries: [people, moverEntry, person('a')], extra: rights('none') });
    await using journey = await following(server);
    journey.order('switch');
    expect(await journey.work('pointed')).toBe(true);
    expect(journey.stage).toBe('switching');
    expect(await told(server, 'a')).toEqual(onTarget);
    // The next attempt comes to nothing before it gets so far.
    journey.accounts = { ...journey.accounts, target: 'another account' };
    await journey.work();
    expect(journey.stage).toBe('switching');
    expect(journey.blocked).not.toBeNull();
    expect(await told(server, 'a')).toEqual(byHand);
  });

  test('is written once more by the attempt that follows a kill, turned, and written back on the way home', async () => {
    await using server = await startOpenLdap({ entries: [people, moverEntry, person('a')], extra: rights('none') });
    await using journey = await following(server);
    journey.order('switch');
    expect(await journey.work('pointed')).toBe(true);
    await journey.until('settled');
    expect(await told(server, 'a')).toEqual(onTarget);
    journey.order('go-back');
    expect(await journey.work('pointed')).toBe(true);
    expect(journey.stage).toBe('returning');
    expect(await told(server, 'a')).toEqual(onSource);
    await journey.until('following');
    expect(await told(server, 'a')).toEqual(onSource);
  });

  test('whose switch is called off after the write has the very entry again that it had', async () => {
    await using server = await startOpenLdap({ entries: [people, moverEntry, person('a')], extra: rights('none') });
    await using journey = await following(server);
    let isWritten = false;
    journey.meanwhile = (at) => {
      if (at !== 'pointed') return;
      isWritten = true;
      throw fault('switch.braked', { who: 'a test', why: 'as tried' });
    };
    journey.order('switch');
    await journey.work();
    expect(isWritten).toBe(true);
    expect(journey.stage).toBe('following');
    expect(await told(server, 'a')).toEqual(byHand);
  });

  test('stays where it was, and so does its entry, while the directory is away or refuses', async () => {
    await using server = await startOpenLdap({ entries: [people, moverEntry, person('a')], extra: rights('a') });
    await using journey = await following(server);
    await server.stop();
    journey.order('switch');
    await journey.work();
    expect([journey.stage, journey.blocked, journey.failures]).toEqual(['switching', null, 1]);
    await server.start();
    await journey.work();
    expect(journey.stage).toBe('switching');
    expect(journey.blocked).toContain('directory.refused');
    expect(await told(server, 'a')).toEqual(byHand);
  });
});

describe.runIf(openldap.ok && dovecot.ok)('an estate with a directory', () => {
  test('tells it of every switch and of the way back; whose entry may not be written does not move, and a person is called', async () => {
    const users = ['ann', 'bob', 'eve'].map((name) => ({ name: `${name}@corp.example`, password: 'one for all' }));
    const entries = [people, moverEntry, person('ann'), person('bob'), person('eve')];
    await using ldap = await startOpenLdap({ entries, tls: true, extra: rights('eve') });
    await using source = await startDovecot({ users });
    await using target = await startDovecot({ users });
    await using state = await freshState();
    for (const user of users) await seedAccount(source, user, [{ path: ['INBOX'], messages: plainMessages(1, 5) }]);
    const file = join(state.path, 'godwit.yaml');
    const lines = [
      `source: { url: 'imap+plain://127.0.0.1:${source.port}', secret: env:PW }`,
      `target: { url: 'imap+plain://127.0.0.1:${target.port}', secret: env:PW }`,
      'follow-every: 1s',
      'directory:',
      `  url: ldap://127.0.0.1:${ldap.port}`,
      `  ca: ${ldap.caFile}`,
      `  bind-dn: ${mover.dn}`,
      '  secret: env:LDAP',
      `  base: ${base}`,
      '  source: { mailHost: old.example, mailRoutingAddress: null }',
      '  target: { mailHost: new.example, mailRoutingAddress: "{local}@new.example" }',
    ];
    await writeFile(file, lines.join('\n'));
    const secrets = new Map([
      ['PW', 'one for all'],
      ['LDAP', mover.password],
    ]);
    const stop = new AbortController();
    await using db = await openEmbedded(state.path);
    await populate(db, users);
    const serving = serve(
      {
        settings: await readEstate(file),
        stateDir: state.path,
        version: 'test',
        keys: [],
        environment: (name) => secrets.get(name),
        log: silent,
        started: () => undefined,
      },
      stop.signal,
    );
    try {
      await startPilot(db, users.length, { errorBudget: 0.9 });
      await untilStanding(db, 'settled', 2);
      const eve = async (): Promise<unknown> =>
        (await sql`select stage, blocked from mailbox where address like 'eve@%'`.execute(db.sql)).rows[0];
      await expect
        .poll(eve, { timeout: 60_000, interval: 200 })
        .toEqual({ stage: 'following', blocked: 'directory.refused' });
      for (const name of ['ann', 'bob'])
        expect(await told(ldap, name)).toEqual({
          mailHost: ['new.example'],
          mailRoutingAddress: [`${name}@new.example`],
        });
      expect(await told(ldap, 'eve')).toEqual(byHand);
      const { rows } = await sql`select 1 from route join mailbox on id = mailbox
                                  where address like 'eve@%' and side = 'target'`.execute(db.sql);
      expect(rows).toEqual([]);
      const everyone = { kind: 'selector', selector: {} } as const;
      await openMailboxOrders(db).order(everyone, 'go-back', 'a test', 'as tried');
      await untilStanding(db, 'following', 3);
      for (const name of ['ann', 'bob']) expect(await told(ldap, name)).toEqual(onSource);
      expect(await told(ldap, 'eve')).toEqual(byHand);
    } finally {
      stop.abort();
      await serving;
    }
  }, 120_000);
});
