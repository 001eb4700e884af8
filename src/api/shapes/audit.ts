/** The audit log as somebody who does not trust its keeper sees it. */

import Type from 'typebox';
import type { AuditFinding, AuditHead } from '#domain/audit-finding.ts';
import type { AuditLine } from '#domain/audit-line.ts';
import { count, maybe, named, shapeOf, text } from './shape.ts';

export const auditHead = shapeOf<AuditHead>()(
  named('AuditHead', 'A link of the chain.', {
    seq: count('Its place.'),
    hash: text('SHA-256 over all links up to this one, in hexadecimal digits.'),
    beginning: text('That of the first link.'),
  }),
);

const auditFinding = shapeOf<AuditFinding>()(
  Type.Union([
    named('AuditIntact', 'It is as it was written.', {
      intact: Type.Literal(true),
      records: count('How many there are.'),
      head: maybe(auditHead),
      unsealed: count('Records that are not chained yet.'),
    }),
    named('AuditBroken', 'It is not as it was written.', {
      intact: Type.Literal(false),
      what: text('The first place where that is so.'),
      record: maybe(count('The first record that it concerns; null where it cannot be said which.')),
    }),
  ]),
);

export const auditVerified = shapeOf<{ readonly finding: AuditFinding; readonly kept: AuditHead | null }>()(
  named('AuditVerified', 'The whole log against itself, and against the head that is kept outside of the database.', {
    finding: auditFinding,
    kept: maybe(auditHead),
  }),
);

export const auditLine = shapeOf<AuditLine>()(
  named('AuditLine', 'A record of the audit log.', {
    id: count('Its number.'),
    at: text('When, in ISO 8601 with microseconds, as it is hashed.'),
    who: text('Who.'),
    what: text('What was done.'),
    mailbox: maybe(text('The address of the mailbox that it is about.')),
    wave: maybe(text('The name of the wave that it is about.')),
    from: maybe(text('The stage before.')),
    to: maybe(text('The stage after.')),
    why: maybe(text('Why.')),
    about: maybe(Type.Record(Type.String(), Type.Unknown({ description: 'Whatever the record holds.' }))),
  }),
);
