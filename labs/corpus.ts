/**
 * The shared corpus of real messages, read where it lies and never copied into the repository. Found through
 * GODWIT_SHARED, by default `../shared` beside the project.
 */

import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LabAvailable } from './namespace.ts';

const run = promisify(execFile);

export interface CorpusMessage {
  /** The file in the corpus, e.g. `00/00000-bcd592f816.eml`. */
  readonly file: string;
  readonly bytes: Buffer;
  readonly traits: readonly string[];
}

const folder = join(process.env['GODWIT_SHARED'] ?? join(import.meta.dirname, '..', '..', 'shared'), 'corpus');

/** Whether the corpus is at hand; if not, `why` is fit to be shown beside a skipped test. */
export async function corpusAvailable(): Promise<LabAvailable> {
  const archive = join(folder, 'corpus.tar.gz');
  return access(archive).then(
    () => ({ ok: true }),
    () => ({ ok: false, why: `the shared corpus is not at ${archive} (GODWIT_SHARED says where to look)` }),
  );
}

/**
 * The messages of the corpus in the order of its manifest. `crlf` gives them the line ends a mail server holds; `raw`
 * leaves them as they are. The first message is of zero octets unless left out by the caller.
 */
export async function* corpusMessages(lineEnds: 'crlf' | 'raw', limit = Infinity): AsyncGenerator<CorpusMessage> {
  const unpackedAt = await unpackedCorpus();
  const manifest = await readFile(join(folder, 'MANIFEST.tsv'), 'utf8');
  let given = 0;
  for (const line of manifest.split('\n').slice(1)) {
    const [file, , , , traits] = line.split('\t');
    if (file === undefined || file === '') continue;
    if (given++ >= limit) return;
    const raw = await readFile(join(unpackedAt, file));
    yield {
      file,
      bytes: lineEnds === 'raw' ? raw : withCrlf(raw),
      traits: (traits ?? '').split(/[ ,;]+/).filter((each) => each !== ''),
    };
  }
}

/** Puts a CR before each LF that has none. */
export function withCrlf(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(/(?<!\r)\n/g, '\r\n'), 'latin1');
}

let unpackedOnce: Promise<string> | null = null;

/** Unpacked once for all processes of this machine's user; two at once do no harm, the first gives it the lasting name. */
function unpackedCorpus(): Promise<string> {
  unpackedOnce ??= unpack();
  return unpackedOnce;
}

async function unpack(): Promise<string> {
  const lasting = join(tmpdir(), `godwit-corpus-${process.getuid?.() ?? 0}`);
  const there = (): Promise<boolean> =>
    access(join(lasting, 'complete')).then(
      () => true,
      () => false,
    );
  if (await there()) return join(lasting, 'complete');
  await mkdir(lasting, { recursive: true });
  const work = await mkdtemp(join(lasting, 'work-'));
  await run('tar', ['-xzf', join(folder, 'corpus.tar.gz'), '-C', work]);
  try {
    await rename(work, join(lasting, 'complete'));
  } catch (cause) {
    await rm(work, { recursive: true, force: true });
    if (!(await there())) throw cause;
  }
  return join(lasting, 'complete');
}
