/** The contract: evidence that others can check (docs/evidence.md). What is a file there goes as its text, octet for octet. */

import Type from 'typebox';
import { get, lines, name } from './operation.ts';
import { bundleLine, mailboxCertificate, signingKeyLine, waveCertificate } from './shapes/evidence.ts';
import { fields, named } from './shapes/shape.ts';

export const evidenceContract = {
  'see-certificate': get({
    path: '/v1/mailboxes/:address/certificate',
    does: 'The latest certificate of a mailbox, as it lies in a file.',
    act: 'export-evidence',
    object: 'mailbox',
    params: fields({ address: name('Its address.') }),
    answer: mailboxCertificate,
  }),
  'see-wave-certificate': get({
    path: '/v1/waves/:wave/certificate',
    does: 'The latest certificate of a wave, as it lies in a file. It holds numbers and a root, and names nobody.',
    act: 'export-evidence',
    object: 'wave',
    params: fields({ wave: name('Its name.') }),
    answer: waveCertificate,
  }),
  'export-evidence': lines({
    path: '/v1/organisations/:organisation/evidence',
    does: 'The bundle of an organisation and all below it, file by file in pieces. One whose last line is no summary is not whole.',
    act: 'export-evidence',
    object: 'organisation',
    params: fields({ organisation: name('Its code.') }),
    answer: bundleLine,
  }),
  'list-signing-keys': get({
    path: '/v1/signing-keys',
    does: 'The public halves of all keys that ever signed certificates.',
    act: 'anybody',
    answer: named('SigningKeys', 'The oldest first; the last one signs.', { keys: Type.Array(signingKeyLine) }),
  }),
} as const;
