/** The contract as routes: each question is judged, read, answered, and told as the contract has it. */

import assert from 'node:assert/strict';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault, fault } from '#domain/fault.ts';
import type { Holder } from '#domain/rights.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import type { Obeyed } from '#ports/obeyed.ts';
import { unfit } from './answer.ts';
import { answers } from './answers.ts';
import type { ChangeStreams } from './change-stream.ts';
import { answerCheck, reader } from './checked.ts';
import { contract, type OperationName } from './contract.ts';
import { type Document, documentAs, sendDocument } from './document.ts';
import type { Estate, EstateDesk } from './estate.ts';
import { type Judge, type Judged, questionOf } from './judge.ts';
import { usualQuestionMaxMs } from './late-bodies.ts';
import { sendLines } from './lines.ts';
import { once, onceInLines } from './once.ts';
import { oneHeader } from './one-header.ts';
import type { Operation } from './operation.ts';
import { documentOf } from './openapi.ts';
import { httpFault, type Problem, problemOf } from './problem.ts';
import type { Routes } from './server.ts';
import { fileTaker, takeFilesOnly } from './take-file.ts';
import { Together } from '#lib/together.ts';
import { answerOrder } from './two-people.ts';

/** More than any order has to say. */
export const bodyOctetsMost = 64 * 1_024;

export interface ContractParts {
  readonly version: string;
  readonly desk: EstateDesk;
  readonly judge: Judge;
  readonly obeyed: Obeyed;
  readonly streams: ChangeStreams;
  readonly log: Log;
  /** A question comes at once or not at all; lacking for as long as is usual. */
  readonly questionMaxMs?: number;
}

/** All of the contract, and problem+json for whatever cannot be answered. */
export function contractRoutes(parts: ContractParts): Routes {
  return (http) => {
    takeJsonOnly(http);
    // They would never end by themselves.
    http.addHook('preClose', async () => parts.streams.end());
    for (const name of Object.keys(contract) as OperationName[]) {
      const operation: Operation = contract[name];
      if (operation.takesFile !== true) route(http, name, parts);
      else
        http.register(async (files) => {
          takeFilesOnly(files, (request, reply, error) => tellProblem(request, reply, error, parts.log));
          route(files, name, parts);
        });
    }
    const described = documentAs(JSON.stringify(documentOf(contract, parts.version)));
    http.get('/openapi.json', (request, reply) => sendDocument(request, reply, described));
    http.setNotFoundHandler((request, reply) => tellProblem(request, reply, fault('api.route.unknown', {}), parts.log));
    http.setErrorHandler((error, request, reply) => tellProblem(request, reply, error, parts.log));
  };
}

function takeJsonOnly(http: FastifyInstance): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: bodyOctetsMost },
    // A prototype is nothing that may be sent.
    http.getDefaultJsonParser('error', 'error'),
  );
}

/** What the hook of a question has found out by the time that it is answered. */
const judgedOf = new WeakMap<FastifyRequest, Judged>();

function route(http: FastifyInstance, name: OperationName, parts: ContractParts): void {
  const operation: Operation = contract[name];
  const answer = answererOf(name, operation, parts);
  http.route({
    method: operation.method,
    url: operation.path,
    bodyLimit: bodyOctetsMost,
    // Before anything of a body is read.
    async onRequest(request) {
      judgedOf.set(request, await parts.judge.judge(operation, questionOf(request)));
    },
    handler: (request, reply) => answer(request, reply, judgedOf.get(request) as Judged),
  });
}

/** All but streams of events, and files that come. */
type AnsweredName = keyof typeof answers;

type Answer = (request: FastifyRequest, reply: FastifyReply, judged: Judged) => Promise<FastifyReply>;

function answererOf(name: OperationName, operation: Operation, parts: ContractParts): Answer {
  if (operation.answers === 'events') return streaming(operation, parts);
  if (operation.takesFile !== true) return answering(name as AnsweredName, operation, parts);
  const { desk, obeyed, log, questionMaxMs: patienceMs = usualQuestionMaxMs } = parts;
  return fileTaker(name, { files: desk.files, obeyed, patienceMs, tell: telling(operation, log) });
}

function streaming(operation: Operation, { streams, judge }: ContractParts) {
  const readQuery = reader('query', operation.query, true);
  return async (request: FastifyRequest, reply: FastifyReply, judged: Judged): Promise<FastifyReply> => {
    const { after = null } = readQuery(request.query) as { readonly after?: number };
    const { 'last-event-id': last } = request.headers;
    // Whoever comes again sends what they had last, and asks what they asked at first.
    if (last !== undefined && (typeof last !== 'string' || !/^\d{0,15}$/.test(last)))
      throw unfit('Last-Event-ID is the id of an event, or is left out');
    // Afterwards the request is no more than its socket.
    const question = questionOf(request);
    return streams.open(reply, {
      judged,
      after: last ? Number(last) : after,
      // Nobody stays signed in by a page that was left open.
      again: () => judge.judge(operation, question, false),
    });
  };
}

function answering(name: AnsweredName, operation: Operation, { desk, obeyed, log }: ContractParts) {
  const readParams = reader('path', operation.params, true);
  const readQuery = reader('query', operation.query, true);
  const readBody = operation.body && reader('body', operation.body, false);
  const tell = telling(operation, log);
  const together = new Together<Document>();
  return async (request: FastifyRequest, reply: FastifyReply, { holder }: Judged): Promise<FastifyReply> => {
    const params = readParams(request.params);
    const query = readQuery(request.query);
    const body = readBody && readBody(request.body);
    const over = new AbortController();
    reply.raw.once('close', () => over.abort());
    const who = holder?.who ?? 'anybody';
    const answered = (at: EstateDesk = desk, said: object | null = body) => {
      const asked = {
        params,
        query,
        body: said,
        holder,
        desk: at,
        signal: over.signal,
        get estate() {
          return estateOf(at, operation, holder);
        },
        who,
      };
      // Which of them it is, the contract knows.
      return (answers[name] as (asked: unknown) => Promise<unknown>)(asked);
    };
    if (operation.answers === 'lines' && operation.method === 'GET') {
      const lines = (await answered()) as AsyncIterable<readonly unknown[]>;
      return sendLines(reply, lines, { tell, signal: over.signal, log });
    }
    const sent = { key: oneHeader(request.headers['idempotency-key']), who, order: [name, params, body] };
    if (operation.answers === 'lines') {
      // Nothing that takes two people is told in lines.
      const lines = onceInLines(obeyed, sent, async () => (await answered()) as AsyncIterable<readonly unknown[]>);
      const problem = (error: unknown) => ({ problem: problemFor(request, error, log) });
      return sendLines(reply, lines, { tell, signal: over.signal, log, problem });
    }
    if (operation.method === 'GET') {
      const key = holder && sharedKey(operation, holder, [params, query]);
      const look = async () => documentAs(tell(await answered()));
      return sendDocument(request, reply, await (key === null ? look() : together.answer(key, look)));
    }
    const told = await once(obeyed, {
      ...sent,
      isSecret: operation.isSecret === true,
      async obey() {
        const { text } = await answerOrder(desk, operation, holder, { name, params, body }, async (at, said) => {
          const value = await answered(at, said);
          return { value, text: tell(value) };
        });
        return { status: 200, text };
      },
    });
    return reply.code(told.status).type('application/json; charset=utf-8').send(told.text);
  };
}

/** For those alone who may do something to it. */
function estateOf(desk: EstateDesk, { act, path }: Operation, holder: Holder | null): Estate {
  assert(
    holder !== null && typeof act === 'string' && act !== 'public' && act !== 'anybody',
    `${path} is not about an estate`,
  );
  return desk.for(holder, act);
}

/** Writes an answer as the contract has it. One that does not fit is our fault, and nobody is told what else was in it. */
function telling(operation: Operation, log: Log): (value: unknown) => string {
  const check = answerCheck(operation.answer);
  return (value) => {
    const checked = check(value);
    if ('fits' in checked) return JSON.stringify(checked.fits);
    log.error('an answer does not fit the contract', { path: operation.path, text: cleanText(checked.wrong, 500) });
    throw fault('internal', { detail: 'an answer does not fit the contract' });
  };
}

/**
 * All that the answer to a question about an estate depends on: what was asked, and what whoever asks may do there. Null where it is about
 * whoever asks.
 */
function sharedKey({ act, object }: Operation, { roles, scopes }: Holder, asked: readonly unknown[]): string | null {
  const isTheirs = act === 'anybody' || act === 'public' || object === 'file';
  return isTheirs ? null : JSON.stringify([roles, scopes, asked]);
}

/** Whatever was thrown, as problem+json. */
export function tellProblem(request: FastifyRequest, reply: FastifyReply, error: unknown, log: Log): FastifyReply {
  const problem = problemFor(request, error, log);
  if (problem.status === 401) reply.header('WWW-Authenticate', 'Bearer');
  if (problem.status === 429 || problem.status === 503) reply.header('Retry-After', retryAfter(error));
  return reply.code(problem.status).type('application/problem+json; charset=utf-8').send(JSON.stringify(problem));
}

/** Errors that are no faults may name what is none of theirs, and go to the log only. */
function problemFor(request: FastifyRequest, error: unknown, log: Log): Problem {
  const { code } = error as { readonly code?: string };
  const known = error instanceof Fault ? error : httpFault(code, bodyOctetsMost / 1_024);
  if (known === null || known.code === 'internal')
    log.error('a question could not be answered', {
      path: request.routeOptions.url,
      request: request.id,
      text: cleanText(error instanceof Error ? error.message : String(error), 500),
    });
  // What went wrong may name machines and databases, which is for those who see all of the estate.
  const isTold = judgedOf.get(request)?.within === null;
  return problemOf(known ?? fault('internal', { detail: 'it stands in the log' }), request.id, isTold);
}

function retryAfter(error: unknown): string {
  return error instanceof Fault && 'seconds' in error.about ? String(error.about.seconds) : '5';
}
