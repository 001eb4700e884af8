/** Files that were sent, as they are told. */

import type { SentFile } from '#ports/sent-files.ts';
import { count, named, shapeOf, text } from './shape.ts';

export const sentFile = shapeOf<SentFile>()(
  named('SentFile', 'It is there for whoever sent it, for a day after it was used last.', {
    file: text('By which an order names it: the SHA-256 of its octets in hexadecimal digits.'),
    octets: count('So many.'),
  }),
);
