/** The contract: files that orders read, which are sent before. */

import type { Act } from '#domain/rights.ts';
import { fileName, get, takesFile } from './operation.ts';
import { sentFile } from './shapes/file.ts';
import { fields } from './shapes/shape.ts';

/** Whoever may order what reads files. */
const readers: readonly Act[] = ['import-estate', 'plan', 'read-logs'];

export const filesContract = {
  'send-file': takesFile({
    path: '/v1/files',
    does: 'Send a file, for an order of yours to read within a day. It is called by the SHA-256 of its octets.',
    act: readers,
    object: 'file',
    answer: sentFile,
  }),
  'see-file': get({
    path: '/v1/files/:file',
    does: 'Whether a file that you have sent is there, so that it need not be sent again.',
    act: readers,
    object: 'file',
    params: fields({ file: fileName('SHA-256 of its octets.') }),
    answer: sentFile,
  }),
} as const;
