/**
 * A wire with length: a TCP proxy that hands on every octet 10 ms after it came, in both directions, so that a question and
 * its answer take 20 ms. Bandwidth is not limited. A connection is as slow to come about as a real one: what the client
 * says before the handshake would be over (20 ms, and 10 more for its first octets to arrive) waits until then.
 *
 * Memory is bounded by pausing a side whose octets pile up: 32 MB under way in one direction is 3 GB/s at 10 ms, far above
 * what any server or client here does. Runs as a process of its own, outside the three parties whose CPU is counted:
 * `node delay-proxy.ts DELAY_MS HOST:PORT…` prints one line with its ports, in the order of the destinations.
 */

import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const delayMs = Number(process.argv[2]);
const roomBytes = 32 * 1024 * 1024;

const ports: number[] = [];
for (const destination of process.argv.slice(3)) {
  const at = destination.lastIndexOf(':');
  ports.push(await listen(destination.slice(0, at), Number(destination.slice(at + 1))));
}
console.log(ports.join(' '));
// Ends with the bench: when its end of the pipe closes there is nobody to delay for.
process.stdin.resume().once('end', () => process.exit(0));

function listen(host: string, port: number): Promise<number> {
  const server = createServer(
    { allowHalfOpen: true, pauseOnConnect: true, noDelay: true, highWaterMark: 256 * 1024 },
    (near) => {
      setTimeout(() => {
        const far = connect({ host, port, allowHalfOpen: true, noDelay: true });
        carry(near, far);
        carry(far, near);
      }, delayMs * 3);
    },
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

interface Parcel {
  readonly due: number;
  /** Null is the end of the stream. */
  readonly bytes: Uint8Array | null;
}

/** Hands on from one socket to the other, late. */
function carry(from: Socket, to: Socket): void {
  const under: Parcel[] = [];
  let bytesUnder = 0;
  let timer: NodeJS.Timeout | null = null;
  const send = (): void => {
    timer = null;
    const now = performance.now();
    to.cork();
    // A timer may fire a fraction early; half a millisecond is not worth another one.
    while (under[0] !== undefined && under[0].due <= now + 0.5) {
      const { bytes } = under.shift() as Parcel;
      if (bytes === null) to.end();
      else {
        bytesUnder -= bytes.length;
        to.write(bytes);
      }
    }
    to.uncork();
    resumeIfRoom();
    plan();
  };
  const plan = (): void => {
    const next = under[0];
    if (next !== undefined && timer === null) timer = setTimeout(send, Math.max(0, next.due - performance.now()));
  };
  const resumeIfRoom = (): void => {
    if (from.isPaused() && bytesUnder + to.writableLength < roomBytes / 2) from.resume();
  };
  const take = (bytes: Uint8Array | null): void => {
    under.push({ due: performance.now() + delayMs, bytes });
    bytesUnder += bytes?.length ?? 0;
    if (bytesUnder + to.writableLength > roomBytes) from.pause();
    plan();
  };
  from.on('data', take);
  from.once('end', () => take(null));
  to.on('drain', resumeIfRoom);
  // Either side breaking breaks the other: a bench has no use for half a connection.
  from.on('error', () => to.destroy());
  from.on('close', () => {
    if (!from.readableEnded) to.destroy();
  });
  from.resume();
}
