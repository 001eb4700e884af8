/** Joins certificates to the database of the estate, the keys that sign them, and both platforms. */

import { userInfo } from 'node:os';
import { shown } from '#cli/shown.ts';
import { usageError } from '#cli/usage.ts';
import type { Certified, EvidenceWork, InspectionOptions } from '#cli/world.ts';
import { envelopeText } from '#domain/certificate.ts';
import { jwkSet } from '#domain/signing-key.ts';
import { realClock } from '#lib/clock.ts';
import { certifyWave } from '#operations/certify-wave.ts';
import { EvidenceFiles } from '#operations/evidence-files.ts';
import { writeBundle } from '#operations/bundle-folder.ts';
import { exportEvidence, type MailboxKey, withDigestKeys as withKeys } from '#operations/export-evidence.ts';
import { makeCertificates } from '#operations/make-certificates.ts';
import type { EstateMember } from '#ports/evidence.ts';
import { openEvidence } from '#store/evidence.ts';
import { noteDigestKeys, openEvidenceView } from '#store/evidence-view.ts';
import { digestKeyOf } from '#store/ledger.ts';
import { openLooks } from '#store/looks.ts';
import { signingKeys } from '#store/signing-keys.ts';
import { openWaveAccounts } from '#store/wave-accounts.ts';
import { openEstateDatabase } from './estate-database.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { Onlooker } from './onlooker.ts';
import { rootKeyOf } from './root-key.ts';
import { rotateSigningKey, signingKeyOf } from './signing-key.ts';

const connectionsMax = 8;

/** Opens it. Throws `secret.key.unreadable` and `database.*`, and a `UsageError` where its URL cannot be had. */
export async function openEvidenceWork(
  options: InspectionOptions,
  version: string,
  environment: Environment,
): Promise<EvidenceWork> {
  const { database, settings, stateDir, log, signal } = options;
  const keys = await readKeyring(options.keys, environment, log);
  const opening = { stateDir, environment, connectionsMax, applicationName: 'godwit evidence', log };
  const db = await openEstateDatabase(database, opening, signal);
  const onlooker = new Onlooker({ db, settings, version, keys, environment, log });
  const accounts = openWaveAccounts(db);
  const evidence = openEvidence(db);
  const view = openEvidenceView(db);
  const who = `operator ${userInfo().username}`;
  const signing = { db, stateDir, keys, who, log };
  const rootKey = () => rootKeyOf({ db, stateDir, keys, mayMake: false, log });
  const { selection } = settings;
  const common = { selection, lookAt: onlooker.lookAt, looks: openLooks(db), evidence, version, log, clock: realClock };
  /** By their ids. */
  const membersOf = async (whose: Certified): Promise<readonly number[]> => {
    if ('wave' in whose) return accounts.members(whose.wave.id);
    const mailbox = await evidence.find(whose.mailbox);
    if (mailbox === null) throw usageError(`There is no mailbox ${shown(whose.mailbox)} in this estate.`);
    return [mailbox];
  };
  /** Taken with a record, as by a server. */
  const keysTold = async (root: Uint8Array, those: readonly EstateMember[]): Promise<readonly MailboxKey[]> => {
    await noteDigestKeys(db, those, who);
    return digestKeysIn(root, those);
  };
  return {
    async find(name) {
      const found = await accounts.find(name);
      if (found.kind === 'unknown') return found;
      return { ...found, mailboxes: (await accounts.members(found.wave.id)).length };
    },
    async *make({ folder, whose, atOnce, ...order }, over) {
      const members = await membersOf(whose);
      const root = await rootKey();
      const key = await signingKeyOf(signing);
      const files = folder === null ? null : await EvidenceFiles.open(folder);
      await files?.other('public-keys.json', publicKeys(await signingKeys(db).list()));
      const how = { atOnce: atOnce ?? settings.atOnce, files, key, digestKeyOf: (of: number) => digestKeyOf(root, of) };
      yield* makeCertificates({ ...common, ...order, ...how, members }, over);
    },
    async close({ folder, wave, reasons }) {
      const key = await signingKeyOf(signing);
      const members = await accounts.members(wave.id);
      const made = await certifyWave({ wave, reasons, members, evidence, key, version, who, now: () => Date.now() });
      if (made === null) return null;
      const files = folder === null ? null : await EvidenceFiles.open(folder);
      await files?.wave(made.certificate.wave.name, envelopeText(made));
      return made.certificate;
    },
    async export({ organisation, folder, withDigestKeys }, over) {
      const unknown = await view.organisation(organisation);
      if (unknown) return unknown;
      const root = withDigestKeys ? await rootKey() : null;
      const signers = await signingKeys(db).list();
      const lines = exportEvidence({ organisation, evidence: view, keys: signers }, over);
      const keysOf = async (addresses: readonly string[]) =>
        keysTold(root as Uint8Array, await view.members(addresses));
      return writeBundle(folder, root ? withKeys(lines, keysOf) : lines);
    },
    async digestKeys(whose, folder) {
      const root = await rootKey();
      const files = await EvidenceFiles.open(folder);
      const members = [...(await evidence.addresses(await membersOf(whose)))];
      const whoseKeys = members.map(([mailbox, address]) => ({ mailbox, address }));
      for (const { address, key } of await keysTold(root, whoseKeys)) await files.digestKey(address, key);
      return members.length;
    },
    keys: {
      list: () => signingKeys(db).list(),
      rotate: async () => (await rotateSigningKey(signing)).id,
    },
    async [Symbol.asyncDispose]() {
      await onlooker[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}

/** In hexadecimal digits, as they lie in files. */
export function digestKeysIn(root: Uint8Array, members: readonly EstateMember[]): readonly MailboxKey[] {
  return members.map(({ mailbox, address }) => {
    return { address, key: Buffer.from(digestKeyOf(root, mailbox)).toString('hex') };
  });
}

function publicKeys(keys: Parameters<typeof jwkSet>[0]): string {
  return `${JSON.stringify(jwkSet(keys), null, 2)}\n`;
}
