/** Answers about certificates. */

import { envelopeText } from '#domain/certificate.ts';
import { addressKey } from '#domain/estate.ts';
import { fault } from '#domain/fault.ts';
import type { Wave } from '#domain/wave.ts';
import { exportEvidence } from '#operations/export-evidence.ts';
import { type Answerers, notThere, unknownName } from './answer.ts';
import type { EvidenceDesk } from './estate.ts';
import type { evidenceContract } from './contract-evidence.ts';
import { Places } from './places.ts';
import { wire } from './shapes/shape.ts';

/** Each holds trees of waves: some 80 MB where they are large (`operations/export-evidence.ts`). */
const bundles = new Places(8);
const againAfterSeconds = 30;

export const evidenceAnswers: Answerers<typeof evidenceContract> = {
  async 'see-certificate'({ estate, params: { address } }) {
    const found = await estate.evidence.mailbox(address);
    if (found.kind === 'unknown') throw notThere('mailbox', address, found.nearest);
    const { name, certificate: its } = found;
    if (its === null) return { address: name, certificate: null };
    const { madeAt, grade, waveCertificate, text: file } = its;
    return { address: name, certificate: { madeAt: madeAt.toISOString(), grade, waveCertificate, file } };
  },
  async 'see-wave-certificate'({ estate, params: { wave } }) {
    const found = await estate.evidence.wave(wave);
    if (found.kind === 'unknown') throw notThere('wave', wave, found.nearest);
    const { name, certificate: its } = found;
    return { wave: name, certificate: its && { id: its.id, file: its.text } };
  },
  async 'export-evidence'({ estate, desk, who, params: { organisation }, signal }) {
    const unknown = await estate.evidence.organisation(organisation);
    if (unknown) throw unknownName(unknown);
    const keys = await desk.signingKeys.list();
    return told(who, exportEvidence({ organisation, evidence: estate.evidence, keys }, signal));
  },
  async 'certify-mailbox'({ estate, who, params: { address }, body: { anew = false }, signal }) {
    const [member] = await estate.evidence.members([address]);
    if (member === undefined) throw notThere('mailbox', address);
    return certifiedAlone(estate.proofs.make({ members: [member.mailbox], anew }, who, signal), signal);
  },
  async 'certify-wave'({ estate, who, params: { wave: name }, body: { anew = false }, signal }) {
    const found = await estate.looks.find(name);
    if (found.kind === 'unknown') throw notThere('wave', name, found.nearest);
    const { wave, members } = found;
    return certified(estate.proofs, { wave, members, anew }, who, signal);
  },
  async 'take-digest-keys'({ estate, who, body: { addresses } }) {
    const members = await estate.evidence.members(addresses);
    const found = new Set(members.map(({ address }) => address));
    const missing = addresses.find((address) => !found.has(addressKey(address)));
    if (missing !== undefined) throw notThere('mailbox', missing);
    return { keys: await estate.proofs.digestKeys(members, who) };
  },
  'rotate-signing-key': async ({ estate, who }) => ({ id: await estate.proofs.rotate(who) }),
  async 'list-signing-keys'({ desk }) {
    const keys = await desk.signingKeys.list();
    return {
      keys: keys.map(({ id, publicKey, madeAt, retiredAt }) =>
        wire({ id, x: Buffer.from(publicKey).toString('base64url'), madeAt, retiredAt }),
      ),
    };
  },
};

interface Certifying {
  readonly wave: Wave;
  readonly members: readonly number[];
  readonly anew: boolean;
}

/** The root is made when everybody was looked at; what was made until then is kept for the next order. */
async function* certified(proofs: EvidenceDesk, { wave, members, anew }: Certifying, who: string, signal: AbortSignal) {
  const reasons = new Map<string, string>();
  let looked = 0;
  for await (const page of proofs.make({ members, anew }, who, signal)) {
    looked += page.length;
    for (const each of page) if (each.kind === 'none') reasons.set(each.address, each.code);
    yield page.map((made) => ({ made: wire(made) }));
  }
  signal.throwIfAborted();
  const root = looked === members.length ? await proofs.close({ wave, members, reasons }, who) : null;
  yield [{ closed: root && { file: envelopeText(root) } }];
}

/** Of one there is no root. */
async function* certifiedAlone(pages: ReturnType<EvidenceDesk['make']>, signal: AbortSignal) {
  for await (const page of pages) yield page.map((made) => ({ made: wire(made) }));
  signal.throwIfAborted();
  yield [{ closed: null }];
}

async function* told(who: string, lines: ReturnType<typeof exportEvidence>) {
  using place = bundles.take(who);
  if (place === null) throw fault('api.evidence.busy', { seconds: againAfterSeconds });
  for await (const part of lines) yield wire(part);
}
