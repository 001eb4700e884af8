/** Certificates by the API of a server: what is written into a folder here is, octet for octet, what would be written there. */

import { ApiClient } from '#api/client.ts';
import { atOnceElsewhere } from '#cli/inspection.ts';
import { shown } from '#cli/shown.ts';
import { usageError } from '#cli/usage.ts';
import type { Certified, EvidenceWork, ServerOptions } from '#cli/world.ts';
import { type Envelope, type WaveCertificate, waveCertificateType } from '#domain/certificate.ts';
import { fault, isFault } from '#domain/fault.ts';
import type { UnknownName } from '#domain/selector.ts';
import { shownServerPlace } from '#domain/server-place.ts';
import { jwkSet, type KnownKey } from '#domain/signing-key.ts';
import { writeBundle } from '#operations/bundle-folder.ts';
import type { BundleLine, ExportedEvidence } from '#operations/bundle-lines.ts';
import { EvidenceFiles } from '#operations/evidence-files.ts';
import { type MailboxKey, withDigestKeys as withKeys } from '#operations/export-evidence.ts';
import type { MadeCertificate } from '#operations/make-certificates.ts';
import { inspectionThere } from './inspection-there.ts';
import { listsThere } from './lists-there.ts';
import { orNotThere, was } from './outcomes-there.ts';

/** Addresses of 320 octets each that fit into an order (`api/contract-routes.ts`). */
const keysAtOnce = 150;

/** Nothing is asked before a command asks it. */
export function openEvidenceThere({ place, bearer, ca, signal }: ServerOptions, version: string): EvidenceWork {
  const client = new ApiClient({ place, bearer, ca, version }, signal);
  const server = shownServerPlace(place);
  const keysOf = async (addresses: readonly string[]): Promise<readonly MailboxKey[]> => {
    const keys: MailboxKey[] = [];
    for (let at = 0; at < addresses.length; at += keysAtOnce) {
      const body = { addresses: addresses.slice(at, at + keysAtOnce) };
      keys.push(...(await client.ask('take-digest-keys', { body })).keys);
    }
    return keys;
  };
  const making = makingThere(client, server);
  return {
    ...making,
    find: inspectionThere(client).find,
    export: ({ organisation, folder, withDigestKeys }) => {
      const lines = whole(client.lines('export-evidence', { params: { organisation } }), server);
      return orNotThere<ExportedEvidence | UnknownName>(
        writeBundle(folder, withDigestKeys ? withKeys(lines, keysOf) : lines),
        (nearest) => ({ kind: 'unknown', key: 'organisation', value: organisation, nearest }),
      );
    },
    async digestKeys(whose, folder) {
      const files = await EvidenceFiles.open(folder);
      if ('mailbox' in whose) {
        const asked = orNotThere<readonly MailboxKey[]>(keysOf([whose.mailbox]), () => {
          throw noSuchMailbox(whose.mailbox);
        });
        for (const { address, key } of await asked) await files.digestKey(address, key);
        return 1;
      }
      const addresses = await membersOf(client, whose.wave.name);
      for (let at = 0; at < addresses.length; at += keysAtOnce)
        for (const { address, key } of await keysOf(addresses.slice(at, at + keysAtOnce)))
          await files.digestKey(address, key);
      return addresses.length;
    },
    keys: {
      list: () => signingKeysThere(client),
      rotate: async () => (await client.ask('rotate-signing-key', { body: {} })).id,
    },
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

/** Made there, and the files fetched one by one: a list of elements has nobody there to keep it. */
function makingThere(client: ApiClient, server: string): Pick<EvidenceWork, 'make' | 'close'> {
  /** As the last line told it; undefined before that. */
  let closed: { readonly file: string } | null | undefined;
  return {
    async *make({ whose, atOnce, anew, watcher, folder }) {
      if (atOnce !== null) throw atOnceElsewhere();
      const files = folder === null ? null : await EvidenceFiles.open(folder);
      closed = undefined;
      for await (const lines of certifying(client, whose, anew)) {
        const made = lines.flatMap((line) => ('made' in line ? [was<MadeCertificate>(line.made)] : []));
        for (const line of lines) if ('closed' in line) closed = line.closed;
        for (const each of made) {
          watcher.begins(each.address).ended();
          if (files && each.kind !== 'none') await fetchCertificate(client, files, each.address);
        }
        yield made;
      }
      if (closed === undefined) throw fault('api.server.broke-off', { server });
      await files?.other('public-keys.json', `${JSON.stringify(jwkSet(await signingKeysThere(client)), null, 2)}\n`);
    },
    async close({ wave, folder }) {
      if (!closed) return null;
      const certificate = waveCertificateIn(closed.file, server);
      const files = folder === null ? null : await EvidenceFiles.open(folder);
      await files?.wave(wave.name, closed.file);
      return certificate;
    },
  };
}

/** What is told of each as it is made, and in the last line of the root; of one mailbox there is none. */
async function* certifying(client: ApiClient, whose: Certified, anew: boolean) {
  const body = { anew };
  if ('wave' in whose) {
    yield* client.lines('certify-wave', { params: { wave: whose.wave.name }, body });
    return;
  }
  try {
    yield* client.lines('certify-mailbox', { params: { address: whose.mailbox }, body });
  } catch (error) {
    throw isFault(error, 'api.not-there') ? noSuchMailbox(whose.mailbox) : error;
  }
}

function noSuchMailbox(address: string): Error {
  return usageError(`There is no mailbox ${shown(address)} in this estate.`);
}

/** Before it is written anywhere. */
function waveCertificateIn(file: string, server: string): WaveCertificate {
  const told = (): Partial<Envelope<WaveCertificate>> | null => {
    try {
      return JSON.parse(file) as Partial<Envelope<WaveCertificate>> | null;
    } catch {
      return null; // told below
    }
  };
  const certificate = told()?.certificate;
  if (certificate?.type === waveCertificateType) return certificate;
  throw fault('api.server.garbled', { server, text: 'it tells as the certificate of a wave what is none.' });
}

async function fetchCertificate(client: ApiClient, files: EvidenceFiles, address: string): Promise<void> {
  const { certificate } = await client.ask('see-certificate', { params: { address } });
  if (certificate) await files.certificate(address, certificate.file);
}

async function signingKeysThere(client: ApiClient): Promise<readonly KnownKey[]> {
  const { keys } = await client.ask('list-signing-keys');
  return keys.map(({ x, ...key }) => ({
    ...was<Pick<KnownKey, 'id' | 'madeAt' | 'retiredAt'>>(key),
    publicKey: Buffer.from(x, 'base64url'),
  }));
}

async function membersOf(client: ApiClient, wave: string): Promise<readonly string[]> {
  const order = { selector: { wave: [wave] }, after: null, max: Number.MAX_SAFE_INTEGER };
  const found = await listsThere(client).mailboxes(order);
  return 'lines' in found ? found.lines.map(({ address }) => address) : [];
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
