/** Answers about heads of the audit log. */

import type { AuditHead } from '#domain/audit-finding.ts';
import type { Answerers } from './answer.ts';
import type { auditContract } from './contract-audit.ts';
import { wire } from './shapes/shape.ts';

export const auditAnswers: Answerers<typeof auditContract> = {
  'see-audit-head': async ({ estate }) => ({ head: wire(await estate.audit.head()) }),
  async 'compare-audit-heads'({ estate, query: { heads } }) {
    const first = await estate.audit.firstLost(heads.split(',').map(headOf));
    return { agrees: first === null, at: first?.at ?? null, what: first?.what ?? null };
  },
};

/** As the contract has it. */
function headOf(text: string): AuditHead {
  const [seq = '', hash = '', beginning = ''] = text.split('.');
  return { seq: Number(seq), hash, beginning };
}
