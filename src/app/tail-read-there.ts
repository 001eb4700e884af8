/** `godwit tail read` by the API of a server: a log is sent whole, and read there as far as it is new. */

import type { ApiClient } from '#api/client.ts';
import { usageError } from '#cli/usage.ts';
import type { TailDesk } from '#cli/world.ts';
import { fault } from '#domain/fault.ts';
import { openLogFile } from '#operations/log-file.ts';
import type { LogRead } from '#operations/read-access-log.ts';
import { was } from './outcomes-there.ts';
import { sendFileThere } from './send-file-there.ts';

/** `server`: as it is shown. */
export function tailReadThere(client: ApiClient, server: string): Pick<TailDesk, 'read' | 'follow' | 'knowAgain'> {
  return {
    async read({ path, format, side, timezone, ports, notFrom }, _signal, sent = () => undefined) {
      const writtenAt = await lookAt(path);
      const there = await sendFileThere(client, path, sent);
      if ('unreadable' in there)
        throw fault('tail.file.unreadable', { file: there.name ?? '', text: `${there.unreadable}.` });
      const body = {
        ...there,
        format,
        side,
        writtenAt,
        ...(timezone === undefined ? {} : { timezone }),
        ports: Object.entries(ports).map(([port, protocol]) => ({
          port: Number(port),
          protocol,
        })),
        notFrom: [...notFrom],
      };
      for await (const lines of client.lines('read-log', { body }))
        for (const line of lines) if ('read' in line) return { ...was<LogRead>(line.read), path };
      throw fault('api.server.broke-off', { server });
    },
    follow: async () => {
      throw usageError(
        '--follow reads a log where it grows, and does not go by a server: run it on the machine of the estate, or read the log now and then.',
      );
    },
    knowAgain: async () => (await client.ask('know-names-again', { body: {} })).names,
  };
}

/** When it was written to last. Throws `tail.file.unreadable`, as if it were read here, before anything of it is sent. */
async function lookAt(path: string): Promise<number> {
  await using file = await openLogFile(path);
  return Math.max(0, Math.floor(file.writtenAt));
}
