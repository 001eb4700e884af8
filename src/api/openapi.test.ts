/** The document that other programs are made from: whole, valid, and true of what is really answered. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { people } from '#store/estate.test-kit.ts';
import { testDatabase } from '#store/test-database.ts';
import type { SentFile } from '#ports/sent-files.ts';
import { contract } from './contract.ts';
import { documentOf } from './openapi.ts';
import type { Operation } from './operation.ts';
import { ask, bearerOf, served } from './served.test-kit.ts';

type Node = Readonly<Record<string, unknown>>;
const document = documentOf(contract, '1.2.3') as Node;
const operations = Object.entries(contract) as readonly (readonly [string, Operation])[];

/** What stands at a place of the document. */
function at(...path: readonly string[]): Node {
  return path.reduce<Node>((node, key) => node[key] as Node, document);
}

function operationAt(path: string, method: string): Node {
  return at('paths', path.replaceAll(/:(\w+)/g, '{$1}'), method.toLowerCase());
}

/** All that is referred to, wherever it stands. */
function references(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value] : references(value),
  );
}

/** Schemas of the document; formats are told for people, and `title` is what they are called by. */
function validators(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'godwit', components: { schemas: at('components', 'schemas') } });
  return ajv;
}

describe('/openapi.json', () => {
  test('describes every operation of the contract once, with its parameters, and nothing else', () => {
    const described = Object.values(at('paths')).flatMap((path) =>
      Object.values(path as Node).map((each) => (each as Node)['operationId']),
    );
    expect(described).toHaveLength(operations.length);
    expect(new Set(described)).toEqual(new Set(operations.map(([name]) => name)));
    for (const [name, { path, method, params, query, body, answers, takesFile = false }] of operations) {
      const told = operationAt(path, method);
      const parameters = told['parameters'] as readonly Node[];
      const named = (where: string) => parameters.filter((each) => each['in'] === where).map((each) => each['name']);
      expect([name, named('path'), named('query')]).toEqual([
        name,
        Object.keys(params.properties),
        Object.keys(query.properties),
      ]);
      // Every parameter of a path stands in the path, and the other way round.
      expect(named('path')).toEqual([...path.matchAll(/:(\w+)/g)].map(([, each]) => each));
      expect('requestBody' in told).toBe(body !== null || takesFile);
      expect(parameters).toContainEqual({
        $ref: `#/components/parameters/${method === 'POST' ? 'IdempotencyKey' : answers === 'events' ? 'LastEventId' : 'IfNoneMatch'}`,
      });
    }
  });

  test('has the parts that OpenAPI 3.1 wants, and everything that it refers to is in it', () => {
    expect(document).toMatchObject({ openapi: '3.1.1', info: { title: 'Godwit', version: '1.2.3' } });
    for (const [, { path, method }] of operations)
      expect(operationAt(path, method)).toMatchObject({
        operationId: expect.stringMatching(/^[a-z-]+$/),
        summary: expect.stringMatching(/\.$/),
        responses: { '200': { description: expect.any(String) }, default: expect.anything() },
      });
    for (const reference of new Set(references(document)))
      expect([reference, at(...reference.replace(/^#\//, '').split('/'))]).toEqual([reference, expect.any(Object)]);
  });

  test('consists of schemas that are valid by the meta-schema of JSON Schema 2020-12', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const schemas = [
      at('components', 'schemas'),
      ...operations.flatMap(([, { params, query, body }]) => [params, query, ...(body ? [body] : [])]),
    ];
    for (const each of Object.values(schemas[0] as Node)) expect(ajv.validateSchema(each as Node)).toBe(true);
    for (const each of schemas.slice(1)) expect(ajv.validateSchema(each as Node)).toBe(true);
  });

  test('is told to everybody, and says of each operation who may', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    const told = await ask(api, '/openapi.json');
    expect([told.status, told.body]).toEqual([200, document]);
    for (const [, { path, method, act }] of operations) {
      const { security, description } = operationAt(path, method);
      expect(security).toEqual(act === 'public' ? [] : undefined);
      for (const each of typeof act === 'string' ? [act] : act)
        if (each !== 'public' && each !== 'anybody') expect(description).toContain(`\`${each}\``);
    }
  });

  test('is true of what is really answered, problems included', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    const api = await served(db);
    const bearer = await bearerOf(db, 'owner');
    const opensAt = Date.now() + 3_600_000;
    const order = { name: 'pilot', window: { opensAt, closesAt: opensAt + 1_000 } };
    expect((await ask(api, '/v1/waves', { bearer, order })).status).toBe(200);
    const ajv = validators();
    const { file } = (await ask(api, '/v1/files', { bearer, octets: 'address,kind\n' })).body as SentFile;
    const given: Record<string, string> = {
      address: 'ann@x.example',
      organisation: 'RXY',
      wave: 'pilot',
      code: 'target.quota',
      file,
    };
    const queries: Partial<Record<string, string>> = {
      'preview-notice': '?address=ann@x.example',
      'compare-audit-heads': `?heads=1.${'0'.repeat(64)}.${'0'.repeat(64)}`,
    };
    for (const [name, { path, method, answers }] of operations) {
      // What a stream tells is held against its shape before it is sent (change-stream.ts).
      if (method !== 'GET' || answers === 'events') continue;
      const url = path.replaceAll(/:(\w+)/g, (_, each: string) => given[each] ?? 'nobody');
      const told = await ask(api, `${url}${queries[name] ?? ''}`, { bearer });
      const content = operationAt(path, method)['responses'] as {
        '200': { content: Record<string, { schema: Node }> };
      };
      const schema = Object.values(content['200'].content)[0]?.schema as Node;
      const isValid = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"godwit#/')) as Node);
      const documents =
        answers === 'lines'
          ? told.text
              .split('\n')
              .filter((line) => line !== '')
              .map((line) => JSON.parse(line) as unknown)
          : [told.body];
      for (const each of documents)
        expect([name, told.status, isValid(each), isValid.errors]).toEqual([name, 200, true, null]);
    }
    const problem = ajv.compile({ $ref: 'godwit#/components/schemas/Problem' });
    for (const path of ['/v1/mailboxes', '/v1/nothing', '/v1/waves/w', '/v1/waves?x=1']) {
      const { body } = await ask(api, path, path === '/v1/mailboxes' ? {} : { bearer });
      expect([path, problem(body), problem.errors]).toEqual([path, true, null]);
    }
  });
});
