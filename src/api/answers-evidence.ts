/** Answers about certificates. */

import { exportEvidence } from '#operations/export-evidence.ts';
import { type Answerers, notThere, unknownName } from './answer.ts';
import type { evidenceContract } from './contract-evidence.ts';
import { wire } from './shapes/shape.ts';

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
  async 'export-evidence'({ estate, desk, params: { organisation }, signal }) {
    const unknown = await estate.evidence.organisation(organisation);
    if (unknown) throw unknownName(unknown);
    const keys = await desk.signingKeys.list();
    return told(exportEvidence({ organisation, evidence: estate.evidence, keys }, signal));
  },
  async 'list-signing-keys'({ desk }) {
    const keys = await desk.signingKeys.list();
    return {
      keys: keys.map(({ id, publicKey, madeAt, retiredAt }) =>
        wire({ id, x: Buffer.from(publicKey).toString('base64url'), madeAt, retiredAt }),
      ),
    };
  },
};

async function* told(lines: ReturnType<typeof exportEvidence>) {
  for await (const part of lines) yield wire(part);
}
