/**
 * The other end of the contract: asks a server and gives what it answered, held against the contract and with moments as `Date`. Whatever
 * was thrown there is thrown here, as the same fault. An order keeps its Idempotency-Key over our own trying again, so that it is
 * obeyed once.
 */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TSchema } from 'typebox';
import { Fault, fault, isFault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import { answerCheck } from './checked.ts';
import { addressOf } from './client-address.ts';
import type { FileBody } from './client-file.ts';
import { faultIn, faultTold } from './client-problem.ts';
import { sentEvents } from './client-events.ts';
import { Broken, ClientWire, type Sent, type WireOptions } from './client-wire.ts';
import { type Contract, contract, type OperationName } from './contract.ts';
import type { AnswerOf, BodyOf, BrokenOff, Operation, ParamsOf, QueryOf } from './operation.ts';
import { revive } from './revive.ts';

type Named<Kind extends Operation['answers']> = {
  [Name in OperationName]: Contract[Name] extends { readonly takesFile: true }
    ? never
    : Contract[Name]['answers'] extends Kind
      ? Name
      : never;
}[OperationName];

export interface Question<Each extends Operation> {
  readonly params?: ParamsOf<Each>;
  readonly query?: QueryOf<Each>;
  readonly body?: BodyOf<Each>;
}

/** An event, or a sign of life without data. */
export interface EventTold<Data> {
  /** To be sent as `Last-Event-ID`; null: none was told yet. */
  readonly id: string | null;
  /** How long to wait before coming again; null: it was not told. */
  readonly retryMs: number | null;
  readonly data: Data | null;
}

/** A page of a thousand mailboxes has some 500 kB; more is nothing that we ask for. */
const documentOctetsMost = 64 * 1_048_576;
const lineOctetsMost = 4 * 1_048_576;
const usualWithinMs = 120_000;
/** As long as a log of years is. */
const withinMs: Partial<Record<OperationName, number>> = { 'verify-audit': 3_600_000 };
/** Before it is tried again, where a connection broke. */
const againAfterMs: readonly number[] = [300, 1_000];
/** What we sent before may still be being done. */
const underWayMs: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000];

export class ApiClient implements Disposable {
  readonly #wire: ClientWire;
  readonly #signal: AbortSignal;

  /** `signal`: nobody waits for answers any more. */
  constructor(options: WireOptions, signal: AbortSignal) {
    [this.#wire, this.#signal] = [new ClientWire(options), signal];
  }

  /** Throws what was thrown there, and `api.server.*`. */
  async ask<Name extends Named<'document'>>(
    name: Name,
    question: Question<Contract[Name]> = {},
  ): Promise<AnswerOf<Contract[Name]>> {
    const operation: Operation = contract[name];
    const text = await this.#answerTo(name, operation, question, (answer) => this.#whole(answer, 'application/json'));
    return this.#read(checkOf(name, operation.answer), operation.answer, text) as AnswerOf<Contract[Name]>;
  }

  /** Line by line, as they come, in the parts in which they come. */
  async *lines<Name extends Named<'lines'>>(
    name: Name,
    question: Question<Contract[Name]> = {},
  ): AsyncGenerator<readonly Exclude<AnswerOf<Contract[Name]>, BrokenOff>[]> {
    const operation: Operation = contract[name];
    const answer = await this.#answerTo(name, operation, question, async (begun) => begun);
    this.#seeType(answer, 'application/x-ndjson');
    const check = checkOf(name, operation.answer);
    for await (const texts of this.#textLines(answer)) {
      const lines = texts.map((text) => this.#read(check, operation.answer, text) as AnswerOf<Contract[Name]>);
      const last = lines.at(-1) as object | undefined;
      const problem = last && 'problem' in last && operation.method === 'POST' ? (last as BrokenOff).problem : null;
      yield (problem === null ? lines : lines.slice(0, -1)) as Exclude<(typeof lines)[number], BrokenOff>[];
      if (problem !== null) throw faultIn(this.#wire.shown, problem);
    }
  }

  /** Sends a file; `digest`: SHA-256, where it is known before. Throws what reading the file throws, too. */
  async sendFile(file: FileBody, digest: Buffer | null): Promise<AnswerOf<Contract['send-file']>> {
    const { answer: shape, path } = contract['send-file'];
    const headers = digest === null ? {} : { 'Content-Digest': `sha-256=:${digest.toString('base64')}:` };
    const sent: Sent = {
      method: 'POST',
      path,
      body: file,
      headers: { 'Idempotency-Key': randomUUID(), ...headers },
      withinMs: usualWithinMs,
    };
    const text = await this.#insisting(sent, (answer) => this.#whole(answer, 'application/json'));
    return this.#read(checkOf('send-file', shape), shape, text) as AnswerOf<Contract['send-file']>;
  }

  /**
   * What is told as it happens, from behind `lastId` on, until the connection ends or `signal` fires. Nothing is tried again here: whoever
   * listens knows what they had last. Throws what was thrown there, and `api.server.*`.
   */
  async *events<Name extends Named<'events'>>(
    name: Name,
    lastId: string | null,
    signal: AbortSignal,
  ): AsyncGenerator<EventTold<AnswerOf<Contract[Name]>>> {
    const operation: Operation = contract[name];
    const headers = { Accept: 'text/event-stream', ...(lastId === null ? {} : { 'Last-Event-ID': lastId }) };
    const sent = { method: 'GET', path: operation.path, body: null, headers, withinMs: usualWithinMs } as const;
    const over = AbortSignal.any([this.#signal, signal]);
    const answer = await this.#once(sent, over).catch((error: unknown) => Promise.reject(this.#told(error)));
    this.#seeType(answer, 'text/event-stream');
    const check = checkOf(name, operation.answer);
    try {
      for await (const { id, data, retryMs } of sentEvents(this.#chunks(answer, over))) {
        const told = data === null ? null : this.#read(check, operation.answer, data);
        yield { id, retryMs, data: told as AnswerOf<Contract[Name]> | null };
      }
    } catch (error) {
      throw error instanceof RangeError ? this.#garbled(`${error.message}.`, answer) : error;
    }
  }

  [Symbol.dispose](): void {
    this.#wire[Symbol.dispose]();
  }

  /** `take`: reads of the answer what is to be there before it counts as answered. */
  async #answerTo<Taken>(
    name: OperationName,
    operation: Operation,
    question: Question<Operation>,
    take: (answer: IncomingMessage) => Promise<Taken>,
  ): Promise<Taken> {
    const { method } = operation;
    const sent: Sent = {
      method,
      path: addressOf(operation, question.params ?? {}, question.query ?? {}),
      body: method === 'POST' ? JSON.stringify(question.body ?? {}) : null,
      headers: method === 'POST' ? { 'Idempotency-Key': randomUUID() } : {},
      withinMs: withinMs[name] ?? usualWithinMs,
    };
    return this.#insisting(sent, take);
  }

  /** Once more where the connection broke, and the order is known by its key. */
  async #insisting<Taken>(sent: Sent, take: (answer: IncomingMessage) => Promise<Taken>): Promise<Taken> {
    const isAgain = sent.body === null || typeof sent.body === 'string' || sent.body.isAgain;
    let broken = 0;
    let waited = 0;
    for (;;) {
      try {
        return await take(await this.#once(sent, this.#signal));
      } catch (error) {
        const pauseMs = isCut(error) && isAgain ? againAfterMs[broken++] : undefined;
        // Ours, sent before the connection broke.
        const underWay = broken > 0 && isFault(error, 'api.key.under-way') ? underWayMs[waited++] : undefined;
        const ms = pauseMs ?? underWay;
        if (ms === undefined) throw this.#told(error, sent.method === 'POST' && broken > 0);
        await sleep(ms, undefined, { signal: this.#signal });
      }
    }
  }

  async #once(sent: Sent, signal: AbortSignal): Promise<IncomingMessage> {
    const answer = await this.#wire.send(sent, signal);
    const { statusCode: status = 0 } = answer;
    if (status === 200) return answer;
    // A redirect would take the token to somebody else.
    if (status < 400) throw this.#garbled(`status ${status}, and nothing is followed.`, answer);
    throw faultTold(this.#wire.shown, status, await this.#whole(answer, 'application/problem+json'));
  }

  /** `isSent`: an order that was cut before; it may have been obeyed. */
  #told(error: unknown, isSent = false): unknown {
    if (isSent && (isCut(error) || isFault(error, 'api.server.unreachable')))
      return fault('api.server.in-doubt', { server: this.#wire.shown }, { cause: error });
    if (!(error instanceof Broken)) return error;
    return fault('api.server.unreachable', { server: this.#wire.shown, text: `${error.message}.` }, { cause: error });
  }

  #read(check: ReturnType<typeof answerCheck>, schema: TSchema, text: string): unknown {
    let given: unknown;
    try {
      given = JSON.parse(text);
    } catch {
      throw this.#garbled('it is no JSON.');
    }
    const checked = check(given);
    if ('wrong' in checked) throw this.#garbled(cleanText(checked.wrong, 300));
    return revive(schema, checked.fits);
  }

  async #whole(answer: IncomingMessage, type: string): Promise<string> {
    this.#seeType(answer, type);
    const chunks: Buffer[] = [];
    let octets = 0;
    for await (const chunk of this.#chunks(answer)) {
      octets += chunk.length;
      if (octets > documentOctetsMost) throw this.#garbled('it is longer than any answer.', answer);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
  }

  async *#textLines(answer: IncomingMessage): AsyncGenerator<readonly string[]> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of this.#chunks(answer)) {
      const end = chunk.lastIndexOf('\n');
      if (end >= 0) {
        yield Buffer.concat([rest, chunk.subarray(0, end)])
          .toString()
          .split('\n')
          // An empty one is a sign of life.
          .filter((text) => text !== '');
        rest = Buffer.from(chunk.subarray(end + 1));
      } else rest = Buffer.concat([rest, chunk]);
      if (rest.length > lineOctetsMost) throw this.#garbled('a line is longer than any.', answer);
    }
    if (rest.length > 0) throw fault('api.server.broke-off', { server: this.#wire.shown });
  }

  async *#chunks(answer: IncomingMessage, signal = this.#signal): AsyncGenerator<Buffer> {
    try {
      yield* answer as AsyncIterable<Buffer>;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof Fault) throw error;
      throw fault('api.server.broke-off', { server: this.#wire.shown }, { cause: error });
    }
  }

  #seeType(answer: IncomingMessage, type: string): void {
    const its = answer.headers['content-type']?.split(';', 1)[0] ?? 'nothing said';
    if (its !== type) throw this.#garbled(`${cleanText(its, 80)} where ${type} is expected.`, answer);
  }

  #garbled(text: string, answer?: IncomingMessage): Fault {
    answer?.destroy();
    return fault('api.server.garbled', { server: this.#wire.shown, text });
  }
}

/** In the middle of the question or of the answer, so that nobody heard it. */
function isCut(error: unknown): boolean {
  return error instanceof Broken || isFault(error, 'api.server.broke-off');
}

/** Compiled once each. */
const checks = new Map<OperationName, ReturnType<typeof answerCheck>>();

function checkOf(name: OperationName, schema: TSchema): ReturnType<typeof answerCheck> {
  const known = checks.get(name);
  if (known) return known;
  const check = answerCheck(schema);
  checks.set(name, check);
  return check;
}
