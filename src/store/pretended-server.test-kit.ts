/** For tests: something that speaks enough of PostgreSQL's protocol (manual §54.2) to be taken for a server of any version. */

import net from 'node:net';
import tls from 'node:tls';

/** Answers every question with `version`; with TLS where it has a certificate. Whoever listens with it closes it. */
export function serverOfVersion(
  version: string,
  identity?: { readonly key: Buffer; readonly cert: Buffer },
): net.Server {
  return net.createServer((socket) => {
    socket.on('error', () => undefined); // the client has gone
    socket.once('data', (first: Buffer) => {
      const isRequestForTls = first.length === 8 && first.readInt32BE(4) === 80_877_103;
      if (!isRequestForTls) return converse(socket, version);
      socket.write(identity === undefined ? 'N' : 'S');
      if (identity === undefined) return;
      const protectedSocket = new tls.TLSSocket(socket, { isServer: true, ...identity });
      protectedSocket.on('error', () => undefined); // it does not trust us
      protectedSocket.once('data', () => converse(protectedSocket, version));
    });
  });
}

/** Lets everyone in, and says with the same octets that it shuts down. */
export function serverThatShutsDown(): net.Server {
  const said = ['SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to administrator command', ''];
  const farewell = message('E', Buffer.from(said.map((field) => `${field}\0`).join('')));
  return net.createServer((socket) => {
    socket.on('error', () => undefined); // the client has gone
    socket.once('data', () =>
      socket.end(Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I')), farewell])),
    );
  });
}

/** After its startup message, from which nothing is to be learnt. */
function converse(socket: net.Socket, version: string): void {
  const ready = message('Z', Buffer.from('I'));
  socket.write(Buffer.concat([message('R', Buffer.alloc(4)), ready]));
  socket.on('data', (question: Buffer) => {
    if (question.toString('latin1', 0, 1) !== 'Q') return;
    const column = Buffer.concat([
      Buffer.from('version\0'),
      Buffer.from('000000000000000000170004000000000000', 'hex'),
    ]);
    const description = message('T', Buffer.concat([int(1, 2), column]));
    const row = message('D', Buffer.concat([int(1, 2), int(version.length, 4), Buffer.from(version)]));
    socket.write(Buffer.concat([description, row, message('C', Buffer.from('SELECT 1\0')), ready]));
  });
}

function message(kind: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(kind), int(body.length + 4, 4), body]);
}

function int(value: number, octets: number): Buffer {
  const buffer = Buffer.alloc(octets);
  buffer.writeUIntBE(value, 0, octets);
  return buffer;
}
