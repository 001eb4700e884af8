import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { fetchBodies } from './commands/bodies.ts';
import { noop } from './commands/sign-in.ts';
import { ImapError } from './errors.ts';
import { NumberGatherer } from './number-set.ts';
import { Session } from './session.ts';

const MiB = 1024 * 1024;

/** A server that compresses, and answers UID FETCH or NOOP with `answer`, which it sends no faster than it is taken. */
async function compressing(
  level: number,
  answer: () => Iterable<Buffer>,
): Promise<AsyncDisposable & { session: Session }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.write('* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] ready\r\n');
    socket.once('data', (asked: Buffer) => {
      socket.write(`${String(asked).split(' ')[0]} OK compressing\r\n`);
      const inflate = createInflateRaw();
      const out = createDeflateRaw({ level, flush: constants.Z_SYNC_FLUSH });
      out.pipe(socket);
      out.on('error', () => {});
      socket.pipe(inflate);
      void serve(inflate, out, answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const wire = { host: '127.0.0.1', port, tls: false, ca: null, verify: true, connectMs: 5_000, deadlineMs: 20_000 };
  const session = await Session.open({ ...wire, isReadOnly: true, trace: null }, null);
  await session.greeting;
  expect(await session.compress()).toBe(true);
  return {
    session,
    async [Symbol.asyncDispose]() {
      session.close({ kind: 'closed', why: 'the test is over' });
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  heard: AsyncIterable<Buffer>,
  out: ReturnType<typeof createDeflateRaw>,
  answer: () => Iterable<Buffer>,
): Promise<void> {
  for await (const lines of heard) {
    for (const line of String(lines).trim().split('\r\n')) {
      const tag = line.split(' ')[0];
      if (line.includes('FETCH') || line.includes('NOOP')) {
        for (const piece of answer()) if (!out.write(piece)) await once(out, 'drain');
      }
      out.write(`${tag} OK done\r\n`);
    }
  }
}

function* message(octets: number, piece: Buffer): Generator<Buffer> {
  yield Buffer.from(`* 1 FETCH (UID 1 BODY[] {${octets}}\r\n`);
  for (let sent = 0; sent < octets; sent += piece.length) yield piece;
  yield Buffer.from(')\r\n');
}

/** Fetches the message into a sink that holds all it is lent until it is let go. */
function held(session: Session): { readonly came: () => number; letGo(): void; readonly done: Promise<unknown> } {
  const gate = Promise.withResolvers<void>();
  let octets = 0;
  let isHeld = true;
  const all = [[1, 1]] as const;
  const done = fetchBodies(session, { mailbox: 'INBOX', mode: 'examine' }, '1', all, new NumberGatherer(), {
    begin() {},
    data: (chunk) => void (octets += chunk.length),
    end() {},
    broken() {},
    returned: () => (isHeld ? gate.promise : null),
  });
  return {
    came: () => octets,
    done,
    letGo() {
      isHeld = false;
      gate.resolve();
    },
  };
}

/** Waits until a number that grew has stopped growing for a while. */
async function settled(number: () => number): Promise<number> {
  let last = -1;
  for (let quiet = 0; quiet < 20; quiet++) {
    if (number() !== last || last === 0) quiet = 0;
    last = number();
    await sleep(10);
  }
  return last;
}

test('200 MB in a small compressed answer are not inflated before somebody takes them', async () => {
  await using server = await compressing(9, () => message(200 * MiB, Buffer.alloc(MiB)));
  const before = process.memoryUsage().arrayBuffers;
  const fetching = held(server.session);
  expect(await settled(fetching.came)).toBeLessThan(2 * MiB);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MiB);
  fetching.letGo();
  await fetching.done;
  expect(fetching.came()).toBe(200 * MiB);
});

test('what does not compress is not read off the line before somebody takes it', async () => {
  await using server = await compressing(0, () => message(64 * MiB, randomBytes(MiB)));
  const fetching = held(server.session);
  await settled(fetching.came);
  expect(await settled(() => server.session.line.octets)).toBeLessThan(4 * MiB);
  // An hour passes in which nothing is done: it was not the line that made us wait.
  const { idleTime } = performance.nodeTiming;
  vi.spyOn(performance.nodeTiming, 'idleTime', 'get').mockReturnValue(idleTime + 3_600_000);
  fetching.letGo();
  await fetching.done;
  vi.restoreAllMocks();
  expect(fetching.came()).toBe(64 * MiB);
  expect(server.session.line.waited.octets).toBeGreaterThan(60 * MiB);
  expect(server.session.line.waited.seconds).toBeLessThan(3_000);
});

test('a line without an end ends the session, however small it was on the wire', async () => {
  await using server = await compressing(9, function* () {
    yield Buffer.from('* OK ');
    for (;;) yield Buffer.alloc(MiB, 'a');
  });
  const error = await noop(server.session).then(null, (thrown: unknown) => thrown);
  expect(error instanceof ImapError && error.trouble.kind).toBe('endless');
  expect(server.session.line.octets).toBeLessThan(MiB);
});
