/** Whoever keeps heads elsewhere gets one on time, whatever becomes of the other places. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { mailSink } from '#connectors/smtp/mail-sink.test-kit.ts';
import { SmtpPost } from '#connectors/smtp/index.ts';
import type { AuditHead } from '#domain/audit-finding.ts';
import { readHeads } from '#domain/audit-heads.ts';
import type { HeadPlace } from '#domain/audit-settings.ts';
import { type Log, silent } from '#lib/log.ts';
import { Authority } from '../../labs/tls.ts';
import { type HeadSendingParts, sendHeads } from './audit-head-sending.ts';
import { reachOf } from './reach.ts';

const head: AuditHead = { seq: 7, hash: 'a'.repeat(64), beginning: 'b'.repeat(64) };
const never = new AbortController().signal;
const authority = new Authority();
let folder = '';
let now = 0;
let errors: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-heads-'));
  setDefaultCACertificates([...getCACertificates('default'), authority.certificate]);
});
afterAll(async () => rm(folder, { recursive: true }));
beforeEach(() => {
  now = Date.UTC(2026, 10, 22);
  errors = [];
});

const log: Log = { ...silent, error: (_, about) => errors.push(`${about?.['place']}: ${about?.['text']}`) };

function parts(
  stateDir: string,
  sendHead: readonly HeadPlace[],
  more: Partial<HeadSendingParts> = {},
): HeadSendingParts {
  return {
    settings: { sendHead, everySeconds: 3_600 },
    stateDir,
    head: async () => head,
    notices: null,
    openPost: () => {
      throw new Error('nobody posts');
    },
    reach: reachOf(null, silent),
    now: () => now,
    log,
    ...more,
  };
}

/** A witness that answers with `status`, over HTTPS on the loopback. */
async function witness(status: number, headers: Record<string, string> = {}) {
  const heard: string[] = [];
  const { key, certificate } = authority.good();
  const server = createServer({ key, cert: certificate }, (request, response) => {
    let body = '';
    request.on('data', (text: Buffer) => (body += text.toString()));
    request.on('end', () => {
      heard.push(body);
      response.writeHead(status, { connection: 'close', ...headers }).end('thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://localhost:${(server.address() as AddressInfo).port}/heads?token=canary-81`;
  return { url, heard, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

test('a file gets a line each time that it is due, which can be read back, and no start sends one twice', async () => {
  const [state, path] = [join(folder, 'state-a'), join(folder, 'heads-a')];
  for (const minutes of [0, 1, 59, 60, 61, 125]) {
    now = Date.UTC(2026, 10, 22, 0, minutes);
    await sendHeads(parts(state, [{ kind: 'file', path }]), never);
  }
  const read = readHeads(await readFile(path, 'utf8'));
  expect(read).toMatchObject({ heads: [head, head, head] });
  expect(errors).toEqual([]);
});

test('an address gets it by the mail server of notices, with what to do with it', async () => {
  await using sink = await mailSink();
  const post = () => new SmtpPost({ server: sink.server, password: async () => '' });
  const notices = { from: { name: null, address: 'move@corp.example' } };
  const place = { kind: 'mail', address: 'auditor@corp.example' } as const;
  await sendHeads(parts(join(folder, 'state-b'), [place], { notices, openPost: post }), never);
  expect(sink.taken).toMatchObject([{ from: 'move@corp.example', to: ['auditor@corp.example'] }]);
  expect(sink.taken[0]?.text.replaceAll(/=\r\n/g, '')).toContain(head.hash);
  expect(errors).toEqual([]);
});

test('a URL is posted to; what it redirects to gets nothing, and nothing of the URL but its host is logged', async () => {
  await using good = await witness(201);
  await using elsewhere = await witness(200);
  await using away = await witness(307, { location: elsewhere.url });
  const places = [good, away].map(({ url }) => ({ kind: 'https', url }) as const);
  await sendHeads(parts(join(folder, 'state-c'), places), never);
  expect(good.heard.map((each) => readHeads(each))).toMatchObject([{ heads: [head] }]);
  expect([away.heard.length, elsewhere.heard.length]).toEqual([1, 0]);
  expect(errors).toEqual([expect.stringMatching(/^https:\/\/localhost:\d+: it answers with status 307$/)]);
});

test('a place that cannot be reached is told of and tried again, and no other is sent to twice for it', async () => {
  const [state, path] = [join(folder, 'state-d'), join(folder, 'heads-d')];
  const nowhere = { kind: 'file', path: join(folder, 'no-folder', 'heads') } as const;
  const all = parts(state, [nowhere, { kind: 'file', path }]);
  for (let minute = 0; minute < 3; minute++) {
    now += 60_000;
    await sendHeads(all, never);
  }
  expect(errors).toHaveLength(3);
  expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(1);
});

test('a witness inside our own networks gets nothing where the settings do not allow it', async () => {
  await using inside = await witness(200);
  const reach = reachOf({ hosts: null, ports: null, networks: [] }, silent);
  await sendHeads(parts(join(folder, 'state-e'), [{ kind: 'https', url: inside.url }], { reach }), never);
  expect(inside.heard).toEqual([]);
  expect(errors).toEqual([expect.stringContaining('an address of this machine')]);
});
