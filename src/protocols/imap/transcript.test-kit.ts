/**
 * Plays a server from a transcript: `S:` lines are said, `C:` lines must be heard, in that order and to the letter. `S:` lines
 * end in CRLF; a line that ends with a backslash does not. `S+` says the rest of a literal without a line end.
 */

import { createServer, type Socket } from 'node:net';
import { Session, type SessionOptions } from './session.ts';

export interface Played extends AsyncDisposable {
  readonly session: Session;
  /** Resolves when the transcript has been spoken to its end; rejects where the client said something else. */
  readonly ended: Promise<void>;
  readonly trace: readonly string[];
}

export interface Manner {
  readonly options?: Partial<SessionOptions>;
  /** How many octets the server writes at a time; all of a line's at once unless told. */
  readonly pieces?: number;
  /** What the server does when it has nothing more to say. */
  readonly afterwards?: 'stay' | 'close';
}

export async function play(
  transcript: string,
  { options = {}, pieces, afterwards = 'stay' }: Manner = {},
): Promise<Played> {
  const turns = turnsOf(transcript);
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => {});
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true).on('error', () => {});
    void perform(socket, turns, pieces ?? 0).then(
      () => {
        ended.resolve();
        if (afterwards === 'close') socket.end();
      },
      (error: unknown) => {
        ended.reject(error);
        socket.destroy();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const trace: string[] = [];
  const session = await Session.open(
    {
      host: '127.0.0.1',
      port: address.port,
      tls: false,
      ca: null,
      verify: true,
      connectMs: 5_000,
      deadlineMs: 5_000,
      isReadOnly: false,
      trace: (direction, line) => void trace.push(`${direction}: ${line}`),
      ...options,
    },
    null,
  );
  return {
    session,
    ended: ended.promise,
    trace,
    async [Symbol.asyncDispose]() {
      session.close({ kind: 'closed', why: 'the test is over' });
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Turn {
  readonly who: 'C' | 'S';
  readonly octets: string;
}

function turnsOf(transcript: string): readonly Turn[] {
  const turns: Turn[] = [];
  for (const line of transcript.split('\n')) {
    const match = /^\s*([CS])([:+]) ?(.*)$/.exec(line);
    if (!match) continue;
    const text = (match[3] as string).replaceAll('␀', '\0');
    const isCut = match[2] === '+' || text.endsWith('\\');
    const octets = isCut ? text.replace(/\\$/, '').replaceAll('␍␊', '\r\n') : `${text}\r\n`;
    const last = turns.at(-1);
    if (last && last.who === match[1]) turns[turns.length - 1] = { who: last.who, octets: last.octets + octets };
    else turns.push({ who: match[1] as 'C' | 'S', octets });
  }
  return turns;
}

async function perform(socket: Socket, turns: readonly Turn[], pieces: number): Promise<void> {
  let heard = '';
  let wake: () => void = () => {};
  let isOver = false;
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
    wake();
  });
  socket.on('close', () => {
    isOver = true;
    wake();
  });
  for (const { who, octets } of turns) {
    if (who === 'S') {
      const step = pieces === 0 ? octets.length : pieces;
      for (let at = 0; at < octets.length; at += step) {
        await new Promise<void>((resolve) =>
          socket.write(Buffer.from(octets.slice(at, at + step), 'latin1'), () => resolve()),
        );
      }
      continue;
    }
    while (heard.length < octets.length && !isOver && octets.startsWith(heard)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (!heard.startsWith(octets))
      throw new Error(`heard ${JSON.stringify(heard)} instead of ${JSON.stringify(octets)}`);
    heard = heard.slice(octets.length);
  }
  if (heard !== '') throw new Error(`heard ${JSON.stringify(heard)} at the end`);
}
