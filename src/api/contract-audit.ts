/** The contract: heads of the audit log, for whoever keeps them elsewhere. */

import Type from 'typebox';
import { get } from './operation.ts';
import { auditHead } from './shapes/audit.ts';
import { count, fields, flag, maybe, named, text } from './shapes/shape.ts';

/** Of one question: they stand in its address, of which a server reads 16 kB. */
export const headsMost = 50;
const headText = String.raw`[1-9]\d{0,14}\.[0-9a-f]{64}\.[0-9a-f]{64}`;

export const auditContract = {
  'see-audit-head': get({
    path: '/v1/audit/head',
    does: 'The latest link of the chain, once everything there is has been chained; null for a log in which nothing is.',
    act: 'see-audit',
    answer: named('AuditHeadNow', 'The head of the log.', { head: maybe(auditHead) }),
  }),
  'compare-audit-heads': get({
    path: '/v1/audit/heads',
    does: 'Whether the log still holds heads of it that were kept elsewhere.',
    act: 'see-audit',
    query: fields({
      heads: Type.String({
        maxLength: 8_000,
        pattern: `^${headText}(?:,${headText}){0,${headsMost - 1}}$`,
        description: `What was kept, as SEQ.HASH.BEGINNING each, with commas between them; at most ${headsMost}.`,
      }),
    }),
    answer: named('AuditHeadsCompared', 'Of the first that it does not hold.', {
      agrees: flag('It holds them all.'),
      at: maybe(count('Which of them it does not hold, from 0; null where it holds them all.')),
      what: maybe(text('What is wrong; null where nothing is.')),
    }),
  }),
} as const;
