/** `godwit doctor coexistence` against the whole chain: Postfix as MX, nginx as proxy, two Dovecots behind, and doors of ours. */

import { chmod, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { coexist } from '../src/app/coexist.ts';
import { doctor } from '../src/app/doctor.ts';
import { readEstate } from '../src/app/read-estate.ts';
import type { DoctorOptions } from '../src/cli/world.ts';
import { parseEndpoint } from '../src/domain/endpoint.ts';
import type { EstateSettings } from '../src/domain/estate-settings.ts';
import { silent } from '../src/lib/log.ts';
import type { Finding } from '../src/operations/doctor-parts.ts';
import { testDatabase, type TestDatabase } from '../src/store/test-database.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { labAvailable } from './namespace.ts';
import { type NginxMail, startNginxMail } from './nginx.ts';
import { type PostfixServer, startPostfix } from './postfix.ts';
import { makeScratch, removeScratch } from './server.ts';
import { skipAloud } from './skip-aloud.ts';

const here = [await labAvailable('postfix'), await labAvailable('dovecot'), await labAvailable('nginx')] as const;
skipAloud('the doctor of coexistence', ...here);

const anna = { name: 'anna@corp.example', password: 'canary of anna' };
const bert = { name: 'bert@corp.example', password: 'canary of bert' };
const master = { name: 'mover', password: 'canary of the mover' };
const key = 'canary key of nginx';

describe.runIf(here.every(({ ok }) => ok))('godwit doctor coexistence', () => {
  let ends: AsyncDisposableStack;
  let db: TestDatabase;
  let old: DovecotServer;
  let fresh: DovecotServer;
  let mx: PostfixServer;
  let proxy: NginxMail;
  let settings: EstateSettings;
  let folder: string;
  let doors: AbortController;
  let doorsEnded: Promise<void>;
  const secrets: Readonly<Record<string, () => string>> = {
    DB: () => db.url,
    MOVER: () => master.password,
    KEY: () => key,
    ANNA: () => anna.password,
    BERT: () => bert.password,
  };
  const environment = (name: string): string | undefined => secrets[name]?.();

  beforeEach(async () => {
    ends = new AsyncDisposableStack();
    const behind = { users: [anna, bert], master, lmtp: true };
    [db, old, fresh, folder] = await Promise.all([
      testDatabase(),
      startDovecot(behind),
      startDovecot(behind),
      makeScratch('doctor'),
    ]);
    for (const each of [db, old, fresh]) ends.use(each);
    ends.defer(() => removeScratch(folder));
    await chmod(folder, 0o755);
    await populate();
    const port = await freePort();
    settings = await written(port);
    await openDoors();
    const map = `socketmap:inet:127.0.0.1:${port}`;
    const maps = { transport_maps: `${map}:transport@mx`, relay_recipient_maps: `${map}:relay-recipients` };
    const asked = { authHttp: `http://unix:${folder}/nginx:/`, header: { name: 'X-Auth-Key', value: key } };
    [mx, proxy] = await Promise.all([
      startPostfix({ mainCf: { relay_domains: 'corp.example', ...maps } }),
      startNginxMail({ ...asked, protocols: ['imap'] }),
    ]);
    ends.use(mx);
    ends.use(proxy);
  });
  afterEach(() => ends[Symbol.asyncDispose]());

  async function populate(): Promise<void> {
    await sql`insert into organisation (code, name) values ('X', 'X')`.execute(db.sql);
    await sql`
      insert into mailbox (address, kind, organisation)
      select address, 'person', id from organisation, unnest(${[anna.name, bert.name]}::text[]) as a (address)`.execute(
      db.sql,
    );
    await sql`
      with clock as (update route_clock set revision = revision + 1 returning revision)
      insert into route (mailbox, side, revision)
      select m.id, 'target', clock.revision from mailbox m, clock where m.address = ${bert.name}`.execute(db.sql);
  }

  async function written(port: number): Promise<EstateSettings> {
    const platform = (server: DovecotServer) =>
      `{ url: 'imap+plain://127.0.0.1:${server.port}', admin: ${master.name}, secret: env:MOVER }`;
    const side = ({ port: at, lmtpPort }: DovecotServer) =>
      `{ deliver: 'lmtp://127.0.0.1:${lmtpPort}', imap: 'imap+plain://127.0.0.1:${at}', nginx-imap: '127.0.0.1:${at}' }`;
    const lmtp = ({ lmtpPort }: DovecotServer) => `lmtp:inet:127.0.0.1:${lmtpPort}`;
    const file = join(folder, 'godwit.yaml');
    await writeFile(
      file,
      `database: env:DB
listen: off
source: ${platform(old)}
target: ${platform(fresh)}
doors:
  source: ${side(old)}
  target: ${side(fresh)}
  postfix:
    listen: 127.0.0.1:${port}
    views: [{ name: mx, source: '${lmtp(old)}', target: '${lmtp(fresh)}', moving: 'retry:4.3.2 moving' }]
  deliveries: { listen: 'unix:${folder}/deliveries' }
  nginx: { listen: 'unix:${folder}/nginx', key: env:KEY }
  dovecot: { listen: 'unix:${folder}/dovecot' }
  clients: { listen: 'unix:${folder}/clients' }
`,
    );
    return await readEstate(file);
  }

  async function openDoors(): Promise<void> {
    doors = new AbortController();
    const opened = Promise.withResolvers<void>();
    const common = { settings, stateDir: folder, version: '1.2.3', keys: [], environment, log: silent };
    doorsEnded = coexist({ ...common, started: () => opened.resolve() }, doors.signal);
    ends.defer(closeDoors);
    await Promise.race([opened.promise, doorsEnded]);
    await expect
      .poll(async () => (await sql`select from door`.execute(db.sql)).rows.length, { timeout: 20_000, interval: 50 })
      .toBe(1);
  }

  async function closeDoors(): Promise<void> {
    doors.abort();
    await doorsEnded;
  }

  async function examined(more: Partial<DoctorOptions> = {}): Promise<readonly Finding[]> {
    const parsed = parseEndpoint(`imap+plain://127.0.0.1:${proxy.ports.imap}`, 'optional');
    if (parsed.kind === 'refused') throw new Error(parsed.says);
    const common = { settings, stateDir: folder, keys: [], log: silent, from: null, tell: () => {}, withinMs: 15_000 };
    const findings = await doctor(
      {
        ...common,
        unmoved: { address: anna.name, secret: { kind: 'env', name: 'ANNA' } },
        moved: { address: bert.name, secret: { kind: 'env', name: 'BERT' } },
        mx,
        imap: { endpoint: parsed.endpoint, ca: null, verify: true },
        ...more,
      },
      environment,
      new AbortController().signal,
    );
    // Neither what people are called by nor what opens anything: no secret is in what it says.
    expect(JSON.stringify(findings)).not.toContain('canary');
    return findings;
  }

  const wrongIn = (findings: readonly Finding[]) =>
    findings.flatMap(({ check, about, state, says }) => (state === 'ok' ? [] : [`${check} ${about}: ${says}`]));

  test('a chain that is whole is found so, from the doors to the message and the session; a transport that leads everybody to the old side, a wrong password and doors that are gone are each told', async () => {
    const findings = await examined();
    expect(wrongIn(findings)).toEqual([]);
    const count = (check: Finding['check']) => findings.filter((each) => each.check === check).length;
    expect([count('registered'), count('route'), count('delivery'), count('sign-in')]).toEqual([1, 2, 2, 2]);
    const asked = new Set(findings.flatMap(({ check, about }) => (check === 'door' ? [about] : [])));
    expect([...asked].toSorted()).toEqual([
      'Dovecot, dict, imap',
      'Postfix, relay-recipients',
      'Postfix, transport@mx',
      'deliveries, LMTP',
      'mail programs, autoconfig, imap',
      'nginx, auth_http without the key',
      'nginx, auth_http, imap',
    ]);

    await using astray = await startPostfix({
      mainCf: { relay_domains: 'corp.example', transport_maps: `static:lmtp:inet:127.0.0.1:${old.lmtpPort}` },
    });
    const secret = { kind: 'env', name: 'ANNA' } as const;
    const led = await examined({ mx: astray, moved: { address: bert.name, secret } });
    const wrong = wrongIn(led);
    expect(wrong).toHaveLength(2);
    expect(wrong[0]).toMatch(/^delivery bert@corp\.example: a message arrived on the source .* belongs on the target/);
    expect(wrong[1]).toMatch(/^sign-in bert@corp\.example: .*refused/);

    await closeDoors();
    const gone = wrongIn(await examined({ mx: null, imap: null }));
    expect(gone[0]).toBe('registered doors: no door has registered with the database');
    expect(gone.filter((each) => each.includes('cannot be asked')).length).toBeGreaterThan(5);
    expect(gone.filter((each) => /^(delivery|sign-in)/.test(each))).toHaveLength(4);
  });

  test('mailboxes that are not where the operator says are told, and nothing is sent to them', async () => {
    const before = await fresh.doveadm(['mailbox', 'status', '-u', bert.name, 'messages', 'INBOX']);
    const findings = await examined({
      unmoved: { address: bert.name, secret: null },
      moved: { address: 'carl@corp.example', secret: null },
    });
    expect(wrongIn(findings)).toEqual([
      'route bert@corp.example: lives on the target',
      'route carl@corp.example: nobody of the estate has this address',
    ]);
    expect(findings.filter(({ check }) => check === 'delivery' || check === 'sign-in')).toEqual([]);
    expect(await fresh.doveadm(['mailbox', 'status', '-u', bert.name, 'messages', 'INBOX'])).toBe(before);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
