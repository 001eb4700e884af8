/** The contract as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1), for people and for other programs. */

import type { TObject, TSchema } from 'typebox';
import { isDangerous } from '#domain/rights.ts';
import type { Operation } from './operation.ts';
import { problemShape } from './problem.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
type Section = Readonly<Record<string, Json>>;

const jsonType = 'application/json';
const linesType = 'application/x-ndjson';
const types = { document: jsonType, lines: linesType, events: 'text/event-stream' } as const;
const told = {
  document: 'Done.',
  lines: 'A JSON document on each line.',
  events: 'Server-sent events (WHATWG HTML, section 9.2); the data of each is a JSON document.',
} as const;

/** Everything that it refers to is in it. */
export function documentOf(contract: Readonly<Record<string, Operation>>, version: string): Section {
  const schemas = new Map<string, Json>();
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, operation] of Object.entries(contract)) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[operation.method.toLowerCase()] = operationOf(name, operation, schemas);
  }
  const problem = answerSchema(problemShape, schemas);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Godwit',
      version,
      description: 'Moves the mail of whole organisations. docs/api.md says how to begin.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      responses: {
        Problem: {
          description: 'It was not answered (RFC 9457).',
          content: { 'application/problem+json': { schema: problem } },
        },
      },
      parameters: {
        RequestId: {
          name: 'X-Request-Id',
          in: 'header',
          description: 'By which the log knows the question; made where none is sent.',
          schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{8,64}$' },
        },
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          required: true,
          description: 'Of your own choice, one for each order: sent again within a day it is answered as before.',
          schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{8,128}$' },
        },
        ContentDigest: {
          name: 'Content-Digest',
          in: 'header',
          description: 'SHA-256 of the file (RFC 9530): octets of another are not taken in. `sha-256=:BASE64:`.',
          schema: { type: 'string' },
        },
        LastEventId: {
          name: 'Last-Event-ID',
          in: 'header',
          description: 'The id of the event that you had last: it goes on behind it.',
          schema: { type: 'string', pattern: '^[0-9]{1,15}$' },
        },
        IfNoneMatch: {
          name: 'If-None-Match',
          in: 'header',
          description: 'The ETag of the answer that you have: where it is still the same the answer is 304.',
          schema: { type: 'string' },
        },
      },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ bearer: [] }],
  };
}

function operationOf(name: string, operation: Operation, schemas: Map<string, Json>): Json {
  const { does, act, method, answers, params, query, body, takesFile = false } = operation;
  const content = { [types[answers]]: { schema: answerSchema(operation.answer, schemas) } };
  return {
    operationId: name,
    summary: does,
    description: whoMay(operation),
    ...(act === 'public' ? { security: [] } : {}),
    parameters: [
      ...parametersOf('path', params),
      ...parametersOf('query', query),
      ...['RequestId', whatElse(operation), ...(takesFile ? ['ContentDigest'] : [])].map((each) => ({
        $ref: `#/components/parameters/${each}`,
      })),
    ],
    ...(takesFile ? { requestBody: { required: true, content: { 'application/octet-stream': {} } } } : {}),
    ...(body ? { requestBody: { required: true, content: { [jsonType]: { schema: plain(body) } } } } : {}),
    responses: {
      '200': { description: told[answers], content },
      ...(method === 'GET' && answers === 'document' ? { '304': { description: 'It is still the same.' } } : {}),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function whatElse({ method, answers }: Operation): string {
  if (method === 'POST') return 'IdempotencyKey';
  return answers === 'events' ? 'LastEventId' : 'IfNoneMatch';
}

function whoMay({ act }: Operation): string {
  if (act === 'public') return 'For everybody.';
  if (act === 'anybody') return 'For everybody who says who they are.';
  if (typeof act !== 'string') return `For whoever may ${act.map((each) => `\`${each}\``).join(' or ')}.`;
  return `For whoever may \`${act}\`.${isDangerous(act) ? ' Where the settings say so, a second person has to approve it first.' : ''}`;
}

function parametersOf(where: 'path' | 'query', schema: TObject): readonly Json[] {
  const wanted: readonly string[] = schema.required ?? [];
  return Object.entries(schema.properties as Readonly<Record<string, TSchema>>).map(([name, its]) => {
    const { description, ...rest } = plain(its) as { readonly [key: string]: Json };
    return { name, in: where, required: wanted.includes(name), description: description ?? '', schema: rest };
  });
}

/** Of a question: as it is checked, unknown fields refused. */
function plain(schema: TSchema): Json {
  return JSON.parse(JSON.stringify(schema)) as Json;
}

/** Of an answer: shapes with names once each, and open, since fields may be added. */
function answerSchema(schema: TSchema, schemas: Map<string, Json>): Json {
  return answered(plain(schema), schemas);
}

function answered(schema: Json, schemas: Map<string, Json>): Json {
  if (Array.isArray(schema)) return schema.map((each: Json) => answered(each, schemas));
  if (typeof schema !== 'object' || schema === null) return schema;
  const open = Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !(key === 'additionalProperties' && value === false))
      .map(([key, value]) => [key, answered(value ?? null, schemas)]),
  );
  const { title } = open;
  if (typeof title !== 'string' || open['type'] !== 'object') return open;
  const known = schemas.get(title);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(open))
    throw new Error(`two shapes of the contract are called ${title}`);
  schemas.set(title, open);
  return { $ref: `#/components/schemas/${title}` };
}
