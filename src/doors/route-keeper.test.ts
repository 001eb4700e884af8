import { expect, test, vi } from 'vitest';
import { silent } from '#lib/log.ts';
import type { RouteKeeperOptions } from './route-keeper.ts';
import { RouteKeeper } from './route-keeper.ts';
import { MadeUpRoutes, someDoor } from './route-keeper.test-kit.ts';

const never = new AbortController().signal;
const lateEnoughMs = 5_100;

function keep(source: MadeUpRoutes, more: Partial<RouteKeeperOptions> = {}): RouteKeeper {
  return new RouteKeeper({ source, door: someDoor, snapshot: null, log: silent, steady: () => source.now, ...more });
}

/** Ann on the source and Bob on the target, followed. */
async function followed(more: Partial<RouteKeeperOptions> = {}) {
  const source = new MadeUpRoutes();
  const ann = source.join('ann@old.example', { aliases: ['ann.jones@old.example'] });
  const bob = source.join('bob@old.example', { side: 'target' });
  const keeper = keep(source, more);
  keeper.start();
  await keeper.ready();
  return { source, keeper, ann, bob };
}

const until = (look: () => void) => vi.waitFor(look, { timeout: 20_000, interval: 5 });
const sideOf = (keeper: RouteKeeper, name: string) => {
  const found = keeper.find(name);
  return found.kind === 'home' ? `${found.route.side}, ${found.route.standing}` : found.kind;
};

test('before anything is known everybody is told to ask later, and nobody is unknown', async () => {
  const source = new MadeUpRoutes();
  source.join('ann@old.example');
  source.isAway = true;
  await using keeper = keep(source);
  keeper.start();
  expect(keeper.find('ann@old.example').kind).toBe('later');
  expect(keeper.find('nobody@old.example').kind).toBe('later');
  source.isAway = false;
  await keeper.ready();
  expect(sideOf(keeper, 'Ann@old.example')).toBe('source, open');
  expect(keeper.find('nobody@old.example').kind).toBe('unknown');
});

test('whoever is turned is answered for on the other side, and the change is acknowledged', async () => {
  const { source, keeper, ann } = await followed();
  await using _ = keeper;
  const revision = source.set(ann, 'announced', 'target');
  await until(() => expect(source.isKnown(revision)).toBe(true));
  expect(sideOf(keeper, 'ann.jones@old.example')).toBe('target, announced');
  expect(keeper.route(ann)?.named.address).toBe('ann@old.example');
});

test('a hold is answered for at once, and acknowledged when those who heed it are done', async () => {
  const { source, keeper, ann, bob } = await followed();
  await using _ = keeper;
  const closing = Promise.withResolvers<void>();
  const heeded: number[] = [];
  keeper.onHold(async (mailbox) => {
    heeded.push(mailbox);
    await closing.promise;
  });
  const held = source.set(ann, 'held');
  await until(() => expect(heeded).toEqual([ann]));
  expect(sideOf(keeper, 'ann@old.example')).toBe('source, held');
  // The lease is renewed meanwhile, and others are turned.
  source.set(bob, 'announced');
  await until(() => expect(sideOf(keeper, 'bob@old.example')).toBe('target, announced'));
  expect(source.isKnown(held)).toBe(false);
  expect(heeded).toEqual([ann]);
  closing.resolve();
  await until(() => expect(source.isKnown(source.at.revision)).toBe(true));
});

test('one who heeds a hold and fails, or never ends, keeps a switch waiting no longer than its bound', async () => {
  const { source, keeper, ann } = await followed({ heedMostMs: 20 });
  await using _ = keeper;
  keeper.onHold(() => Promise.reject(new Error('the proxy does not answer')));
  keeper.onHold(() => new Promise(() => undefined));
  const held = source.set(ann, 'held');
  await until(() => expect(source.isKnown(held)).toBe(true));
});

test('a mailbox that is held anew is heeded anew', async () => {
  const { source, keeper, ann } = await followed();
  await using _ = keeper;
  let heeded = 0;
  keeper.onHold(async () => void heeded++);
  for (const times of [1, 2]) {
    const held = source.set(ann, 'held');
    await until(() => expect(source.isKnown(held)).toBe(true));
    expect(heeded).toBe(times);
  }
});

test('what was held before a door joined is heeded before it joins', async () => {
  const source = new MadeUpRoutes();
  const ann = source.join('ann@old.example', { standing: 'held' });
  await using keeper = keep(source);
  const doors: number[] = [];
  keeper.onHold(async (mailbox) => {
    expect(mailbox).toBe(ann);
    doors.push(source.doors.size);
  });
  keeper.start();
  await keeper.ready();
  expect(doors).toEqual([0]);
});

test('who waits for a mailbox to open is told when it does, whichever side it is on then', async () => {
  const { source, keeper, ann, bob } = await followed();
  await using _ = keeper;
  expect(await keeper.whenOpen(bob, 60_000, never)).toBe(true);
  source.set(ann, 'held');
  await until(() => expect(sideOf(keeper, 'ann@old.example')).toBe('source, held'));
  const waiting = keeper.whenOpen(ann, 60_000, never);
  const leaving = new AbortController();
  const left = keeper.whenOpen(ann, 60_000, leaving.signal);
  expect(await keeper.whenOpen(ann, 1, never)).toBe(false);
  leaving.abort();
  expect(await left).toBe(false);
  source.set(ann, 'announced', 'target');
  expect(await waiting).toBe(true);
  expect(sideOf(keeper, 'ann@old.example')).toBe('target, announced');
});

test('without the database for longer than the lease, who changes sides is told later and all others what was', async () => {
  const { source, keeper, ann } = await followed();
  await using _ = keeper;
  const revision = source.set(ann, 'announced');
  await until(() => expect(source.isKnown(revision)).toBe(true));
  source.isAway = true;
  source.now += lateEnoughMs;
  expect(keeper.find('ann@old.example').kind).toBe('later');
  expect(keeper.route(ann)?.route.standing).toBe('held');
  expect(sideOf(keeper, 'bob@old.example')).toBe('target, open');
  const waiting = keeper.whenOpen(ann, 60_000, never);
  source.isAway = false;
  expect(await waiting).toBe(true);
  expect(sideOf(keeper, 'ann@old.example')).toBe('source, announced');
});

test('when the lease is over, what has begun for those who are about to move is broken off, and for nobody else', async () => {
  const { source, keeper, ann } = await followed();
  await using _ = keeper;
  const heeded: (readonly [number, boolean])[] = [];
  keeper.onHold(async (mailbox, hasTime) => void heeded.push([mailbox, hasTime]));
  const revision = source.set(ann, 'announced');
  await until(() => expect(source.isKnown(revision)).toBe(true));
  expect(heeded).toEqual([]);
  source.isAway = true;
  source.now += lateEnoughMs;
  await until(() => expect(heeded).toEqual([[ann, false]]));
});

test('without the database who was imported meanwhile is told later and never unknown, and all the world is no stranger than before', async () => {
  const { source, keeper } = await followed();
  await using _ = keeper;
  expect(keeper.find('carla@old.example').kind).toBe('unknown');
  source.isAway = true;
  source.join('carla@old.example');
  source.import();
  source.now += lateEnoughMs;
  expect(keeper.find('Carla@OLD.example').kind).toBe('later');
  expect(keeper.find('somebody@elsewhere.example').kind).toBe('unknown');
  expect(keeper.find('*').kind).toBe('unknown');
  source.isAway = false;
  await until(() => expect(sideOf(keeper, 'carla@old.example')).toBe('source, open'));
  expect(keeper.find('nobody@old.example').kind).toBe('unknown');
});

test('it is over with the lease here before it is over for the database', async () => {
  const { source, keeper, ann } = await followed();
  await using _ = keeper;
  const revision = source.set(ann, 'announced');
  await until(() => expect(source.isKnown(revision)).toBe(true));
  source.isAway = true;
  const [door] = source.doors.values();
  source.now = (door?.leaseUntil ?? 0) - 400;
  expect(keeper.find('ann@old.example').kind).toBe('later');
});

test('a lease that was over counts again only when a question that began under the new one is answered', async () => {
  const { source, keeper, ann } = await followed();
  await using _ = keeper;
  const revision = source.set(ann, 'announced');
  await until(() => expect(source.isKnown(revision)).toBe(true));
  source.isAway = true;
  source.now += lateEnoughMs;
  // The first answer after that takes so long that a hold may have passed between what it saw and when the lease was written down.
  const answers = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  source.beforeAnAnswer = async () => {
    asked.resolve();
    await answers.promise;
  };
  source.isAway = false;
  await asked.promise;
  source.set(ann, 'held');
  const next = Promise.withResolvers<void>();
  const askedNext = Promise.withResolvers<void>();
  source.beforeAnAnswer = async () => {
    askedNext.resolve();
    await next.promise;
  };
  answers.resolve();
  await askedNext.promise;
  expect(keeper.find('ann@old.example').kind).toBe('later');
  next.resolve();
  await until(() => expect(sideOf(keeper, 'ann@old.example')).toBe('source, held'));
});

test('after an import who joined is told later until all was read again, and others are answered meanwhile', async () => {
  const { source, keeper, ann } = await followed();
  await using _ = keeper;
  const reading = Promise.withResolvers<void>();
  source.beforeTheEnd = reading.promise;
  const carla = source.join('carla@old.example', { side: 'target' });
  source.import();
  await until(() => expect(keeper.find('carla@old.example').kind).toBe('later'));
  await until(() => expect(source.readings).toBe(2));
  expect(keeper.find('nobody@old.example').kind).toBe('later');
  expect(sideOf(keeper, 'ann@old.example')).toBe('source, open');
  // What changes while it is read is not lost in what was read.
  const revision = source.set(ann, 'announced', 'target');
  await until(() => expect(source.isKnown(revision)).toBe(true));
  reading.resolve();
  await until(() => expect(sideOf(keeper, 'carla@old.example')).toBe('target, open'));
  expect(keeper.route(carla)?.named.address).toBe('carla@old.example');
  expect(keeper.find('nobody@old.example').kind).toBe('unknown');
  expect(sideOf(keeper, 'ann@old.example')).toBe('target, announced');
});

test('who left the estate is unknown after the import', async () => {
  const { source, keeper, ann } = await followed();
  await using _ = keeper;
  source.rows.delete(ann);
  source.import();
  await until(() => expect(keeper.find('ann@old.example').kind).toBe('unknown'));
  expect(keeper.route(ann)).toBeNull();
  expect(await keeper.whenOpen(ann, 60_000, never)).toBe(true);
});

test('a door of which a person has said that it is gone reads everything and joins anew', async () => {
  const { source, keeper, ann } = await followed();
  await using _ = keeper;
  source.set(ann, 'announced');
  await until(() => expect(sideOf(keeper, 'ann@old.example')).toBe('source, announced'));
  const [id] = source.doors.keys();
  source.doors.clear();
  source.tell();
  await until(() => expect(source.doors.size).toBe(1));
  expect([...source.doors.keys()]).not.toContain(id);
  await until(() => expect(sideOf(keeper, 'ann@old.example')).toBe('source, announced'));
  expect(source.readings).toBe(2);
});

test('a database that was put back to an earlier state is read anew', async () => {
  const { source, keeper, ann } = await followed();
  await using _ = keeper;
  const before = source.at;
  source.set(ann, 'announced');
  const revision = source.set(ann, 'open', 'target');
  await until(() => expect(source.isKnown(revision)).toBe(true));
  source.at = before;
  source.changes.clear();
  source.join('ann@old.example', { mailbox: ann, side: 'source' });
  source.tell();
  await until(() => expect(sideOf(keeper, 'ann@old.example')).toBe('source, open'));
  const again = source.set(ann, 'announced');
  await until(() => expect(source.isKnown(again)).toBe(true));
});

test('a door that ends leaves the doors, and answers nobody any more', async () => {
  const { source, keeper } = await followed();
  await keeper[Symbol.asyncDispose]();
  expect(source.doors.size).toBe(0);
  expect(keeper.find('ann@old.example').kind).toBe('later');
});
