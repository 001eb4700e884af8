/** Certificates by the API of a server: what is written into a folder here is, octet for octet, what would be written there. */

import { ApiClient } from '#api/client.ts';
import { machineOnly } from '#cli/machine-only.ts';
import { usageError } from '#cli/usage.ts';
import type { EvidenceWork, ServerOptions } from '#cli/world.ts';
import { fault } from '#domain/fault.ts';
import type { UnknownName } from '#domain/selector.ts';
import { shownServerPlace } from '#domain/server-place.ts';
import { writeBundle } from '#operations/bundle-folder.ts';
import type { BundleLine, ExportedEvidence } from '#operations/bundle-lines.ts';
import { orNotThere, was } from './outcomes-there.ts';

/** Nothing is asked before a command asks it. */
export function openEvidenceThere({ place, bearer, ca, signal }: ServerOptions, version: string): EvidenceWork {
  const client = new ApiClient({ place, bearer, ca, version }, signal);
  const server = shownServerPlace(place);
  return {
    atOnce: 1,
    find: notByServer,
    mailbox: notByServer,
    async *make() {
      yield await notByServer();
    },
    close: notByServer,
    export: ({ organisation, folder }) =>
      orNotThere<ExportedEvidence | UnknownName>(
        writeBundle(folder, whole(client.lines('export-evidence', { params: { organisation } }), server)),
        (nearest) => ({ kind: 'unknown', key: 'organisation', value: organisation, nearest }),
      ),
    digestKeys: notByServer,
    keys: {
      async list() {
        const { keys } = await client.ask('list-signing-keys');
        return keys.map(({ x, ...key }) => ({
          ...was<{ readonly id: string; readonly madeAt: Date; readonly retiredAt: Date | null }>(key),
          publicKey: Buffer.from(x, 'base64url'),
        }));
      },
      rotate: notByServer,
    },
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

/** What ends without a summary has broken off. */
async function* whole(
  lines: AsyncIterable<readonly BundleLine[]>,
  server: string,
): AsyncGenerator<readonly BundleLine[]> {
  let isWhole = false;
  for await (const part of lines) {
    isWhole ||= part.some((line) => 'summary' in line);
    yield part;
  }
  if (!isWhole) throw fault('api.server.broke-off', { server });
}

async function notByServer(): Promise<never> {
  throw usageError(machineOnly);
}
