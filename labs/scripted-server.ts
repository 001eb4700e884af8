/** Servers that say what a test wants, for what no real server does: PREAUTH on a clear port, words without end. */

import { createServer, type Socket } from 'node:net';
import { listen } from './tcp-proxy.ts';

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
  /** What clients said, as text. */
  heard(): string;
}

/** Listens on loopback and hands each connection to `speak`, which writes what it likes and hears line by line. */
export async function scriptedServer(
  speak: (say: (text: string) => boolean, lines: AsyncIterable<string>, socket: Socket) => Promise<void>,
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  let heard = '';
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that hangs up on such a server does the right thing.
    socket.on('error', () => undefined);
    const lines = linesOf(socket, (line) => (heard += `${line}\n`));
    speak((text) => socket.write(text, 'latin1'), lines, socket).catch(() => socket.destroy());
  });
  const port = await listen(server);
  return {
    port,
    heard: () => heard,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function* linesOf(socket: Socket, hear: (line: string) => void): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of socket) {
    rest += (chunk as Buffer).toString('latin1');
    for (let at = rest.indexOf('\r\n'); at !== -1; at = rest.indexOf('\r\n')) {
      const line = rest.slice(0, at);
      rest = rest.slice(at + 2);
      hear(line);
      yield line;
    }
  }
}

/** Answers every command by its tag as a server with nothing in it would, until `special` says something itself. */
export async function politeServer(
  special: (line: string, say: (text: string) => boolean, socket: Socket) => boolean | Promise<boolean>,
): Promise<ScriptedServer> {
  return scriptedServer(async (say, lines, socket) => {
    const capabilities = 'CAPABILITY IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN UIDPLUS';
    say(`* OK [${capabilities}] ready\r\n`);
    for await (const line of lines) {
      if (await special(line, say, socket)) continue;
      const [tag, verb, ...rest] = line.split(' ');
      switch (verb?.toUpperCase()) {
        case 'CAPABILITY':
          say(`* ${capabilities}\r\n`);
          break;
        case 'LIST':
        case 'LSUB':
          say(`* ${verb.toUpperCase()} () "/" INBOX\r\n`);
          break;
        case 'STATUS':
          say('* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)\r\n');
          break;
        case 'SELECT':
        case 'EXAMINE':
          say('* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\n* FLAGS ()\r\n');
          break;
        case 'LOGOUT':
          say('* BYE\r\n');
          break;
        default:
          if (verb === undefined || rest.length > 100) return;
      }
      say(`${tag} OK done\r\n`);
    }
  });
}
