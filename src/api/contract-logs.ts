/** The contract: reading log files of sign-ins that were sent. */

import Type from 'typebox';
import { accessLogFormats } from '#domain/access-log.ts';
import { sideNames } from '#domain/platform.ts';
import { tailProtocols } from '#domain/tail-sighting.ts';
import { fileName, longOrder, name, post } from './operation.ts';
import { logLine } from './shapes/log.ts';
import { count, fields, named, oneOf } from './shapes/shape.ts';

export const logsContract = {
  'read-log': longOrder({
    path: '/v1/tail/logs',
    does: 'Learn from a log file who signs in, and by what, as far as it is new: a log is known again by what is in it.',
    act: 'read-logs',
    body: fields({
      file: fileName('As it was sent (`/v1/files`), plain or compressed by gzip.'),
      name: Type.Optional(name('As people call it.')),
      format: oneOf(accessLogFormats, 'What wrote it.'),
      side: Type.Optional(oneOf(sideNames, 'At which side people signed in; else the source.')),
      timezone: Type.Optional(name('Of lines that do not say; else that of the programme.')),
      writtenAt: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 253_402_300_799_999,
          description:
            'When it was written to last, in milliseconds since 1970, for lines that bear no year; else now.',
        }),
      ),
      ports: Type.Optional(
        Type.Array(
          fields({
            port: Type.Integer({ minimum: 1, maximum: 65_535 }),
            protocol: oneOf(tailProtocols, 'What is spoken there.'),
          }),
          { maxItems: 100, description: 'What is spoken at ports of your own.' },
        ),
      ),
      notFrom: Type.Optional(
        Type.Array(name('Such as 10.0.0.9 or 2001:db8::/32.'), {
          maxItems: 1_000,
          description: 'Addresses and networks whose sign-ins are not people’s.',
        }),
      ),
    }),
    answer: logLine,
  }),
  'know-names-again': post({
    path: '/v1/tail/names',
    does: 'Look whether names that nobody had when they were seen are of the estate by now.',
    act: 'read-logs',
    body: fields({}),
    answer: named('NamesKnown', 'It is noted.', { names: count('So many are.') }),
  }),
} as const;
