/** What cannot be answered, as RFC 9457 has it: problem+json with what the catalogue of faults says. */

import Type from 'typebox';
import { type Fault, fault, type FaultCode } from '#domain/fault.ts';
import { reach, retry } from './shapes/description.ts';
import { named, text, texts } from './shapes/shape.ts';

export const problemShape = named(
  'Problem',
  'What went wrong, how far that reaches, when to ask again, and what to do.',
  {
    type: text('Where the catalogue says more of it.'),
    title: text('The kind of problem in a few words.'),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'As the status of the answer.' }),
    detail: text('What went wrong this time.'),
    code: text('Of the catalogue of faults; it keeps its meaning.'),
    reach,
    retry,
    remedy: text('What to do.'),
    'request-id': text('Of the question; the log knows it by that.'),
    problems: Type.Optional(texts('What of the question does not fit.')),
    nearest: Type.Optional(text('What may have been meant.')),
    outcome: Type.Optional(
      Type.Object({ kind: Type.String() }, { description: 'What became of an order that was refused, for programs.' }),
    ),
  },
);
export type Problem = Type.Static<typeof problemShape>;

const titles: Readonly<Record<number, string>> = {
  400: 'It cannot be understood',
  401: 'Nobody known is asking',
  403: 'That is not yours to do',
  404: 'It is not there',
  408: 'It came too slowly',
  409: 'It cannot be done as things stand',
  413: 'It is too large',
  415: 'It is of another type',
  422: 'It cannot be done as it was asked',
  429: 'Too much of it was wrong',
  500: 'A fault of ours',
  503: 'It cannot be done now',
};

const statuses: Readonly<Partial<Record<FaultCode, number>>> = {
  'api.bearer.missing': 401,
  'api.bearer.refused': 401,
  'api.bearer.too-many': 429,
  'api.act.forbidden': 403,
  'api.origin.foreign': 403,
  'access.sign-in.none': 404,
  'access.sign-in.refused': 403,
  'access.sign-in.too-many': 429,
  'access.sign-in.nameless': 403,
  'access.sign-in.without-role': 403,
  'api.not-there': 404,
  'api.route.unknown': 404,
  'api.request.unfit': 422,
  'api.body.malformed': 400,
  'api.body.not-json': 415,
  'api.body.too-large': 413,
  'api.streams.too-many': 503,
  'api.file.not-octets': 415,
  'api.file.too-large': 413,
  'api.files.full': 503,
  'api.files.busy': 503,
  'api.file.other': 422,
  'api.file.slow': 408,
  'api.file.broke-off': 400,
  'api.key.missing': 400,
  'api.key.other-body': 422,
  'api.key.under-way': 409,
  'api.key.done': 409,
  'api.approval.waits': 409,
  'api.approval.overtaken': 409,
  'api.planning.under-way': 409,
  'api.planning.ended': 500,
  'api.refused': 409,
  internal: 500,
};

/** Of a fault that is not of the API itself: whether asking again may help, or somebody has to see to it. */
export function statusOf({ code, retry: when }: Fault): number {
  return statuses[code] ?? (when === 'soon' || when === 'paced' ? 503 : 409);
}

/** `isTold`: the words of faults that are not about the question itself are told too. */
export function problemOf(error: Fault, requestId: string, isTold: boolean): Problem {
  const status = statusOf(error);
  const title = titles[status] ?? 'It cannot be done';
  const { code, message, reach: far, retry: again, remedy, about } = error;
  return {
    type: `/faults/${code}`,
    title,
    status,
    detail: isTold || isAboutAsking(code) ? message : `${title}.`,
    code,
    reach: far,
    retry: again,
    remedy,
    'request-id': requestId,
    ...('problems' in about && code === 'api.request.unfit'
      ? { problems: [...(about.problems as readonly string[])] }
      : {}),
    ...('nearest' in about && typeof about.nearest === 'string' ? { nearest: about.nearest } : {}),
    ...('outcome' in about ? { outcome: about.outcome } : {}),
  };
}

/** Whatever is said of it, it is said of whoever asks. */
function isAboutAsking(code: string): boolean {
  return code.startsWith('api.') || (code.startsWith('access.') && code !== 'access.sign-in.unavailable');
}

/** What fastify itself found wrong (https://fastify.dev/docs/latest/Reference/Errors/), in words of ours; null for anything else. */
export function httpFault(code: string | undefined, kilobytes: number): Fault | null {
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return fault('api.body.not-json', {});
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return fault('api.body.too-large', { kilobytes });
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return fault('api.body.malformed', {});
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return fault('api.route.unknown', {});
    default:
      return null;
  }
}
