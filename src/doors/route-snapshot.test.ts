import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Log, silent } from '#lib/log.ts';
import { RouteKeeper } from './route-keeper.ts';
import { MadeUpRoutes, someDoor } from './route-keeper.test-kit.ts';
import { openRouteSnapshot, type RouteSnapshot, type SnapshotOptions } from './route-snapshot.ts';
import { RouteTable } from './route-table.ts';

async function place(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-routes-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'routes');
}

/** Closed at the end of the test, as a kill would do. */
function opened(options: Partial<SnapshotOptions> & { readonly path: string; readonly of: string }): RouteSnapshot {
  const snapshot = openRouteSnapshot({ log: silent, ...options });
  onTestFinished(() => snapshot.end());
  return snapshot;
}

function someTable(): RouteTable {
  const table = new RouteTable(99);
  for (let mailbox = 1; mailbox <= 5_000; mailbox++)
    table.add({
      mailbox: mailbox * 7,
      named: { address: `p${mailbox}@old.example`, sourceUser: mailbox % 2 ? null : `P${mailbox}`, targetUser: null },
      aliases: [`q${mailbox}@bücher.example`],
      side: mailbox % 3 ? 'source' : 'target',
      standing: mailbox % 5 ? 'open' : 'announced',
    });
  return table;
}

const until = (look: () => void) => vi.waitFor(look, { timeout: 20_000, interval: 5 });

/** Whatever is warned of. */
function listening(): { readonly log: Log; readonly said: string[] } {
  const said: string[] = [];
  const hear = (phrase: string, fields = {}) => void said.push(`${phrase} ${JSON.stringify(fields)}`);
  return { log: { ...silent, warn: hear, error: hear }, said };
}

/** A door that is killed: it says nothing more, and nothing is closed in good order. */
async function killed(path: string, source: MadeUpRoutes, before: (keeper: RouteKeeper) => Promise<void>) {
  const keeper = new RouteKeeper({
    source,
    door: someDoor,
    snapshot: opened({ path, of: 'godwit' }),
    log: silent,
    steady: () => source.now,
  });
  keeper.start();
  await keeper.ready();
  await before(keeper);
  const left = `${path}.killed`;
  fs.copyFileSync(path, left);
  await keeper[Symbol.asyncDispose]();
  fs.renameSync(left, path);
}

function restarted(path: string, source: MadeUpRoutes): RouteKeeper {
  const snapshot = opened({ path, of: 'godwit' });
  const keeper = new RouteKeeper({ source, door: someDoor, snapshot, log: silent, steady: () => source.now });
  onTestFinished(() => keeper[Symbol.asyncDispose]());
  keeper.start();
  return keeper;
}

test('what was kept is read back to the last name and route, with all that was added', async () => {
  const path = await place();
  const table = someTable();
  const one = opened({ path, of: 'estate on db.example' });
  expect(await one.read()).toBeNull();
  await one.write(table, { revision: 41, estate: 3 });
  await one.name('a');
  await one.append([{ mailbox: 7, side: 'target', standing: 'held', revision: 42 }], 42);
  await one.append([], 43);
  const kept = await opened({ path, of: 'estate on db.example' }).read();
  expect(kept?.at).toEqual({ revision: 43, estate: 3 });
  expect(kept?.doors).toEqual(['a']);
  expect(fs.statSync(path).mode & 0o777).toBe(0o600);
  table.turn(7, 'target', 'held');
  for (let mailbox = 1; mailbox <= 5_000; mailbox++) {
    const number = mailbox * 7;
    for (const name of [`P${mailbox}@old.example`, `q${mailbox}@BÜCHER.example`, `P${mailbox}`])
      if (kept?.table.find(name) !== table.find(name)) expect.fail(name);
    expect(kept?.table.route(number)).toEqual(table.route(number));
  }
  expect(kept?.table.named(14)).toEqual(table.named(14));
  expect([kept?.table.names, kept?.table.mailboxes]).toEqual([table.names, table.mailboxes]);
});

test('what was half written when it was killed is left out, and the next line stands in its place', async () => {
  const path = await place();
  const one = opened({ path, of: 'x' });
  await one.write(someTable(), { revision: 1, estate: 0 });
  await one.append([{ mailbox: 7, side: 'target', standing: 'open', revision: 2 }], 2);
  const acknowledged = fs.statSync(path).size;
  await one.append([{ mailbox: 14, side: 'target', standing: 'open', revision: 3 }], 3);
  const octets = fs.readFileSync(path);
  for (const cut of [acknowledged + 1, acknowledged + 20, octets.length - 1]) {
    fs.writeFileSync(path, octets.subarray(0, cut));
    const two = opened({ path, of: 'x' });
    expect((await two.read())?.at.revision).toBe(2);
    await two.append([], 4);
    const three = await opened({ path, of: 'x' }).read();
    expect(three?.at.revision).toBe(4);
    expect(three?.table.route(14)?.side).toBe('source');
  }
});

test.each<readonly [string, (octets: Buffer) => Buffer, RegExp]>([
  ['in its first line', (octets) => Buffer.concat([Buffer.from('x'), octets]), /no file of routes/],
  ['in its head', (octets) => changed(octets, 60), /head is damaged/],
  ['in its names', (octets) => changed(octets, 200_000), /body is damaged/],
  ['before its last line', (octets) => changed(octets, octets.length - 100), /lines are damaged/],
  ['since it was cut off', (octets) => octets.subarray(0, 100_000), /cut off/],
  [
    'since it is of another format',
    (octets) => Buffer.from(octets.toString('latin1').replace('routes 1', 'routes 9'), 'latin1'),
    /format 9/,
  ],
  ['since nothing is in it', () => Buffer.alloc(0), /no file of routes/],
])('a file that is not as it was written, %s, is not used, and it is said why', async (_, damage, why) => {
  const path = await place();
  const one = opened({ path, of: 'x' });
  await one.write(someTable(), { revision: 1, estate: 0 });
  for (const revision of [2, 3, 4])
    await one.append([{ mailbox: 7, side: 'target', standing: 'open', revision }], revision);
  fs.writeFileSync(path, damage(fs.readFileSync(path)));
  const { log, said } = listening();
  expect(await opened({ path, of: 'x', log }).read()).toBeNull();
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(why);
});

test('what is of another database is not used', async () => {
  const path = await place();
  await opened({ path, of: 'x' }).write(someTable(), { revision: 1, estate: 0 });
  const { log, said } = listening();
  expect(await opened({ path, of: 'y', log }).read()).toBeNull();
  expect(said[0]).toMatch(/of another database, x/);
});

test('a door that was closed in good order is believed for seconds, since nobody waits for it, and goes on from what it knew', async () => {
  const path = await place();
  const now = Date.parse('2026-11-21T20:00Z');
  const one = opened({ path, of: 'x', now: () => now });
  await one.write(someTable(), { revision: 1, estate: 0 });
  await one.end();
  const later = (ms: number) => opened({ path, of: 'x', now: () => now + ms }).read();
  expect((await later(5_000))?.aloneMs).toBe(15_000);
  expect((await later(-5_000))?.aloneMs).toBe(15_000);
  expect((await later(3_700_000))?.aloneMs).toBe(0);
  expect((await later(3_700_000))?.at.revision).toBe(1);
});

test('closed in good order and started again without the database, it answers by its file only until somebody may have switched', async () => {
  const path = await place();
  const source = new MadeUpRoutes();
  const ann = source.join('ann@old.example');
  const first = restarted(path, source);
  await first.ready();
  await first[Symbol.asyncDispose]();
  source.isAway = true;
  const keeper = restarted(path, source);
  await keeper.ready();
  expect(keeper.find('ann@old.example')).toMatchObject({ kind: 'home', route: { side: 'source' } });
  source.set(ann, 'open', 'target');
  source.now += 20_000;
  await until(() => expect(keeper.find('ann@old.example').kind).toBe('later'));
  expect(keeper.state().isAnswering).toBe(false);
  source.isAway = false;
  await until(() => expect(keeper.find('ann@old.example')).toMatchObject({ route: { side: 'target' } }));
});

test('closed in good order long ago, it tells nobody a side before it has the database', async () => {
  const path = await place();
  const source = new MadeUpRoutes();
  source.join('ann@old.example');
  const first = restarted(path, source);
  await first.ready();
  await first[Symbol.asyncDispose]();
  source.isAway = true;
  const { log, said } = listening();
  const snapshot = opened({ path, of: 'godwit', now: () => Date.now() + 60_000 });
  await using keeper = new RouteKeeper({ source, door: someDoor, snapshot, log, steady: () => source.now });
  keeper.start();
  await until(() => expect(said.join()).toMatch(/cannot be followed/));
  expect(keeper.find('ann@old.example').kind).toBe('later');
  source.isAway = false;
  await keeper.ready();
  expect(keeper.find('ann@old.example')).toMatchObject({ kind: 'home' });
  // Nothing was read for that but what has changed.
  expect(keeper.state().revision).toBe(source.at.revision);
});

test('where changes cannot be kept any more, what was kept before is removed', async () => {
  const path = await place();
  const { log, said } = listening();
  const one = opened({ path, of: 'x', log });
  await one.write(someTable(), { revision: 1, estate: 0 });
  // The disk is full.
  const full = vi.spyOn(await fileOf(path), 'write').mockRejectedValue(new Error('no space left on device'));
  await one.append([{ mailbox: 7, side: 'target', standing: 'announced', revision: 2 }], 2);
  full.mockRestore();
  expect(said[0]).toMatch(/no space left/);
  expect(fs.existsSync(path)).toBe(false);
});

test('without the database, what stood open when it was killed is answered for, and all else told later', async () => {
  const path = await place();
  const source = new MadeUpRoutes();
  const ann = source.join('ann@old.example');
  source.join('bob@old.example', { side: 'target' });
  await killed(path, source, async () => {
    const revision = source.set(ann, 'announced');
    await until(() => expect(source.isKnown(revision)).toBe(true));
  });
  source.isAway = true;
  const keeper = restarted(path, source);
  await keeper.ready();
  expect(keeper.find('bob@old.example')).toMatchObject({ kind: 'home', route: { side: 'target', standing: 'open' } });
  expect(keeper.find('ann@old.example').kind).toBe('later');
  expect(keeper.find('nobody@old.example').kind).toBe('later');
  expect(keeper.find('no\nname').kind).toBe('unknown');
});

test('with the database it goes on from what was kept, and whoever it was before is not waited for', async () => {
  const path = await place();
  const source = new MadeUpRoutes();
  const ann = source.join('ann@old.example');
  let first: readonly string[] = [];
  await killed(path, source, async () => {
    first = [...source.doors.keys()];
  });
  source.set(ann, 'announced', 'target');
  const reading = Promise.withResolvers<void>();
  source.beforeTheEnd = reading.promise;
  const keeper = restarted(path, source);
  await keeper.ready();
  // All is not read yet, and the turn is known.
  expect(keeper.find('ann@old.example')).toMatchObject({ kind: 'home', route: { side: 'target' } });
  expect(keeper.find('nobody@old.example').kind).toBe('later');
  expect([...source.doors.values()].map(({ before }) => before)).toEqual([first]);
  reading.resolve();
  await until(() => expect(keeper.find('nobody@old.example').kind).toBe('unknown'));
});

test('a door that is killed before what is held was heeded heeds it before it joins again', async () => {
  const path = await place();
  const source = new MadeUpRoutes();
  const ann = source.join('ann@old.example');
  await killed(path, source, async (keeper) => {
    keeper.onHold(() => new Promise(() => undefined));
    source.set(ann, 'held');
    await until(() => expect(fs.readFileSync(path, 'latin1')).toMatch(/"held"/));
  });
  const snapshot = opened({ path, of: 'godwit' });
  await using keeper = new RouteKeeper({ source, door: someDoor, snapshot, log: silent, steady: () => source.now });
  const heeded: (readonly [number, number])[] = [];
  source.doors.clear();
  keeper.onHold(async (mailbox) => void heeded.push([mailbox, source.doors.size]));
  keeper.start();
  await keeper.ready();
  expect(heeded[0]).toEqual([ann, 0]);
});

test('one that knows more than the database reads everything', async () => {
  const path = await place();
  const source = new MadeUpRoutes();
  const ann = source.join('ann@old.example');
  await killed(path, source, async () => {
    const revision = source.set(ann, 'open', 'target');
    await until(() => expect(source.isKnown(revision)).toBe(true));
  });
  const other = new MadeUpRoutes();
  other.join('ann@old.example', { mailbox: ann });
  const keeper = restarted(path, other);
  await until(() => expect(keeper.find('ann@old.example')).toMatchObject({ kind: 'home', route: { side: 'source' } }));
});

function changed(octets: Buffer, at: number): Buffer {
  octets[at] = (octets[at] as number) ^ 1;
  return octets;
}

/** The prototype of all that `open` of node:fs/promises answers with. */
async function fileOf(path: string): Promise<fs.promises.FileHandle> {
  const file = await fs.promises.open(path, 'r');
  await file.close();
  return Object.getPrototypeOf(file) as fs.promises.FileHandle;
}
