/** The contract: evidence that others can check (docs/evidence.md). What is a file there goes as its text, octet for octet. */

import Type from 'typebox';
import { addressesMost, get, lines, longOrder, name, oneLine, post } from './operation.ts';
import {
  bundleLine,
  certifiedLine,
  digestKeys,
  mailboxCertificate,
  signingKeyLine,
  waveCertificate,
} from './shapes/evidence.ts';
import { fields, flag, named, text } from './shapes/shape.ts';

/** It has 320 octets at most. */
const address = oneLine(400, 'Of a mailbox.');

export const evidenceContract = {
  'see-certificate': get({
    path: '/v1/mailboxes/:address/certificate',
    does: 'The latest certificate of a mailbox, as it lies in a file.',
    act: 'export-evidence',
    object: 'mailbox',
    params: fields({ address }),
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
  'certify-mailbox': longOrder({
    path: '/v1/mailboxes/:address/certificate',
    does: 'Read both sides of a mailbox in full and sign what was found; the next root of its wave covers it. It has no list of elements.',
    act: 'certify-wave',
    object: 'mailbox',
    params: fields({ address }),
    body: fields({ anew: Type.Optional(flag('Also where it has one that no root covers yet.')) }),
    answer: certifiedLine,
  }),
  'certify-wave': longOrder({
    path: '/v1/waves/:wave/certificates',
    does: 'Read both sides of each of its mailboxes in full and sign what was found; then sign the root over all of them, in the last line. They have no lists of elements.',
    act: 'certify-wave',
    object: 'wave',
    params: fields({ wave: name('Its name.') }),
    body: fields({ anew: Type.Optional(flag('Also of those who have one that no root covers yet.')) }),
    answer: certifiedLine,
  }),
  'take-digest-keys': {
    ...post({
      path: '/v1/digest-keys',
      does: 'Give out the keys with which contents of these mailboxes are checked. The audit log tells who took them.',
      act: 'take-digest-keys',
      object: 'mailbox',
      body: fields({
        addresses: Type.Array(address, { minItems: 1, maxItems: addressesMost, description: 'Whose.' }),
      }),
      answer: digestKeys,
    }),
    isSecret: true,
  },
  'rotate-signing-key': post({
    path: '/v1/signing-keys/rotate',
    does: 'Have another key sign from now on. What the one before it signed stays valid.',
    act: 'manage-secrets',
    body: fields({}),
    answer: named('SigningKeyRotated', 'It signs.', { id: text('Its thumbprint (RFC 7638).') }),
  }),
  'list-signing-keys': get({
    path: '/v1/signing-keys',
    does: 'The public halves of all keys that ever signed certificates.',
    act: 'anybody',
    answer: named('SigningKeys', 'The oldest first; the last one signs.', { keys: Type.Array(signingKeyLine) }),
  }),
} as const;
