/** Certificates, and bundles of them. */

import Type from 'typebox';
import { type Graded, type GradeCounts, grades } from '#domain/grade.ts';
import type { MadeCertificate } from '#operations/make-certificates.ts';
import {
  type BundleLine,
  bundleNamePattern,
  type BundlePiece,
  type ExportedEvidence,
  pieceMax,
} from '#operations/bundle-lines.ts';
import { count, fields, flag, maybe, moment, named, oneOf, shapeOf, text, texts } from './shape.ts';

export const grade = oneOf(grades, 'In a word (docs/evidence.md).');
export const graded = shapeOf<Graded>()(
  named('Graded', 'A grade, and why.', {
    grade,
    because: texts('What kept it from a better one, the gravest first.'),
  }),
);
export const gradeCounts = shapeOf<GradeCounts>()(
  named('GradeCounts', 'How many have each grade.', {
    perfect: count('How many.'),
    good: count('How many.'),
    investigate: count('How many.'),
    poor: count('How many.'),
  }),
);

const file = text('The octets of its file (docs/evidence-format.md).');

export const mailboxCertificate = named('MailboxCertificate', 'The latest of a mailbox.', {
  address: text('Of the mailbox.'),
  certificate: maybe(
    fields({
      madeAt: moment('When.'),
      grade,
      waveCertificate: maybe(text('The id of the certificate of its wave whose root covers it; null before that.')),
      file,
    }),
  ),
});

export const waveCertificate = named('KeptWaveCertificate', 'The latest of a wave.', {
  wave: text('Its name.'),
  certificate: maybe(fields({ id: text('Its id.'), file })),
});

const piece = shapeOf<BundlePiece>()(
  named('BundlePiece', 'The next of a file; several files are under way at once.', {
    name: Type.String({ pattern: bundleNamePattern, description: 'Of the file.' }),
    text: Type.String({ maxLength: pieceMax, description: 'What comes next in it, in UTF-8.' }),
    ends: flag('Whether that is all of it.'),
    mailbox: maybe(text('The address of the mailbox whose certificate it is; null of all other files.')),
  }),
);
const summary = shapeOf<ExportedEvidence>()(
  named('ExportedEvidence', 'What a bundle holds.', {
    mailboxes: count('Certificates of mailboxes.'),
    grades: gradeCounts,
    before: count('Whose mailbox has changed sides since, and which are in no grade.'),
    waves: texts('The waves whose roots cover them.'),
  }),
);
export const bundleLine = shapeOf<BundleLine>()(
  Type.Union([
    named('BundlePart', 'A piece of a file.', { piece }),
    named('BundleSummary', 'The last line of a bundle that is whole.', { summary }),
  ]),
);

const made = shapeOf<MadeCertificate>()(
  Type.Union([
    fields({ kind: Type.Literal('made'), address: text('Of the mailbox.'), grade: graded }),
    fields({ kind: Type.Literal('kept'), address: text('Of one that had one already.'), grade }),
    fields({
      kind: Type.Literal('none'),
      address: text('Of one that has none.'),
      code: text('Its stage, or the code of a fault.'),
      why: text('Why, for people.'),
    }),
  ]),
);
/** The last line of an order that came to its end is `closed`. */
export const certifiedLine = Type.Union([
  named('CertificateMade', 'What became of a mailbox.', { made }),
  named(
    'WaveClosed',
    'The certificate of the wave; null where there is nothing to cover, and of a mailbox by itself.',
    {
      closed: maybe(fields({ file })),
    },
  ),
]);

export const digestKeys = named('DigestKeys', 'Told once.', {
  keys: Type.Array(fields({ address: text('Of the mailbox.'), key: text('64 hexadecimal digits.') })),
});

export const signingKeyLine = named('SigningKey', 'The public half of a key.', {
  id: text('Its thumbprint (RFC 7638).'),
  x: text('The public key in base64url, as in a JWK (RFC 8037): `kty` is OKP, `crv` is Ed25519.'),
  madeAt: moment('When.'),
  retiredAt: maybe(moment('Since when another signs; null for the one that signs.')),
});
