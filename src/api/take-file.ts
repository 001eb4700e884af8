/** A file as it comes in: octet by octet, in time, and as it was meant; or nothing of it is kept. */

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fault } from '#domain/fault.ts';
import type { Obeyed } from '#ports/obeyed.ts';
import type { SentFile, SentFiles } from '#ports/sent-files.ts';
import { unfit } from './answer.ts';
import type { Judged } from './judge.ts';
import { endUnlessWhole, takesItsTime } from './late-bodies.ts';
import { oneHeader } from './one-header.ts';
import { once, seeKey } from './once.ts';
import { Places } from './places.ts';

export interface FileTakingParts {
  readonly files: SentFiles;
  readonly obeyed: Obeyed;
  /** So many octets come within this, else nobody waits for more. */
  readonly patienceMs: number;
  readonly tell: (file: SentFile) => string;
}

export type TellProblem = (request: FastifyRequest, reply: FastifyReply, error: unknown) => FastifyReply;

const octetsInTime = 65_536;
/** Each has some hundred kilobytes in memory, and a connection to the database now and then. */
const atOnceMost = 16;
const againAfterSeconds = 30;
/** What still comes of one that was refused is read for so long, so that whoever sends it reads why. */
const lingerMs = 5_000;

/** In `http` nothing is taken but files. `tell`: what went wrong. */
export function takeFilesOnly(http: FastifyInstance, tell: TellProblem): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser('application/octet-stream', (_, octets, done) => done(null, octets));
  http.setErrorHandler((error: { readonly code?: string }, request, reply) => {
    const isOther = error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE';
    return tell(request, reply, isOther ? fault('api.file.not-octets', {}) : error);
  });
}

/** Answers whoever sends one. */
export function fileTaker(name: string, { files, obeyed, patienceMs, tell }: FileTakingParts) {
  const places = new Places(atOnceMost);
  const take = async (request: FastifyRequest, who: string): Promise<string> => {
    const key = seeKey(oneHeader(request.headers['idempotency-key']));
    const meant = digestMeant(oneHeader(request.headers['content-digest']));
    const { largest } = files.limits;
    if (Number(request.headers['content-length'] ?? 0) > largest)
      throw fault('api.file.too-large', { octets: largest });
    if (request.body === undefined) throw fault('api.file.not-octets', {});
    using place = places.take(who);
    if (place === null) throw fault('api.files.busy', { seconds: againAfterSeconds });
    takesItsTime(request.raw);
    await using taken = await files.take(who, inTime(request.body as Readable, patienceMs));
    const { file, octets } = taken;
    if (meant !== null && meant !== file) throw fault('api.file.other', {});
    const obey = async () => {
      await taken.keep();
      return { status: 200, text: tell({ file, octets }) };
    };
    const { text } = await once(obeyed, { key, who, order: [name, file], isSecret: false, obey });
    // Sent again, it is there again, though it was used meanwhile.
    await taken.keep();
    return text;
  };
  return async (request: FastifyRequest, reply: FastifyReply, { holder }: Judged): Promise<FastifyReply> => {
    try {
      reply.type('application/json; charset=utf-8').send(await take(request, holder?.who ?? 'anybody'));
      return await reply;
    } catch (error) {
      readOn(request.raw, reply);
      throw error;
    }
  };
}

/** Ending the connection at once would take the answer from whoever is still sending (RFC 9112 §9.6). */
function readOn(raw: IncomingMessage, reply: FastifyReply): void {
  if (raw.complete) return;
  endUnlessWhole(raw, reply.raw, lingerMs);
  raw.resume();
}

/** What comes, unless it comes too slowly. While we are busy with what came nobody is slow. */
async function* inTime(octets: Readable, patienceMs: number): AsyncGenerator<Uint8Array> {
  const chunks = octets.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  let leftMs = patienceMs;
  let came = 0;
  try {
    for (;;) {
      const asked = performance.now();
      const chunk = await withinTime(chunks.next(), leftMs);
      if (chunk === 'late') throw fault('api.file.slow', { seconds: Math.ceil(patienceMs / 1_000) });
      if (chunk.done === true) return;
      came += chunk.value.length;
      leftMs -= performance.now() - asked;
      if (came >= octetsInTime) [came, leftMs] = [0, patienceMs];
      yield chunk.value;
    }
  } finally {
    // Not waited for: one that is late has not come yet.
    void chunks.return?.();
  }
}

async function withinTime<Value>(coming: Promise<Value>, ms: number): Promise<Value | 'late'> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), ms);
  try {
    return await Promise.race([coming, late]);
  } catch (error) {
    // All that a body throws: it ended before its end.
    throw fault('api.file.broke-off', {}, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** `Content-Digest` (RFC 9530 §2), a dictionary of byte sequences (RFC 9651); null where it says nothing of SHA-256. */
function digestMeant(header: string | undefined): string | null {
  const given =
    header
      ?.split(',')
      .map((each) => each.trim())
      .filter((each) => each.startsWith('sha-256=')) ?? [];
  const [digest] = given;
  if (digest === undefined) return null;
  const found = /^sha-256=:([A-Za-z0-9+/]{43}=):$/.exec(digest)?.[1];
  if (given.length > 1 || found === undefined) throw unfit('Content-Digest: sha-256=: and 44 signs of Base64 and :');
  return Buffer.from(found, 'base64').toString('hex');
}
