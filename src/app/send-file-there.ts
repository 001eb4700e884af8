/** A file of this machine, sent to a server for an order to read; what is there already is not sent again. */

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { ApiClient } from '#api/client.ts';
import { cleanText } from '#lib/clean-text.ts';
import { fileOnDisk, whyUnreadable } from '#operations/given-file.ts';
import { orNotThere } from './outcomes-there.ts';

/** As an order names it. */
export type FileThere = { readonly name?: string } & ({ readonly file: string } | { readonly unreadable: string });

const nameOctetsMost = 190;
const whyOctetsMost = 190;

/** `sent` is told how many octets have gone. What is no matter of the file is thrown: `api.*`. */
export async function sendFileThere(
  client: ApiClient,
  path: string,
  sent: (octets: number) => void,
): Promise<FileThere> {
  const name = cleanText(path, nameOctetsMost);
  const called = name === '' ? {} : { name };
  try {
    return { ...called, file: await sendThere(client, path, sent) };
  } catch (error) {
    const why = whyUnreadable(error);
    if (why === null) throw error;
    return { ...called, unreadable: cleanText(why, whyOctetsMost) };
  }
}

async function sendThere(client: ApiClient, path: string, sent: (octets: number) => void): Promise<string> {
  const { octets } = fileOnDisk(path);
  const counting = async function* (): AsyncGenerator<Buffer> {
    let gone = 0;
    for await (const chunk of octets()) {
      yield chunk;
      sent((gone += chunk.length));
    }
  };
  // A pipe is read once: nobody knows beforehand what will come.
  if (!(await stat(path)).isFile()) {
    const { file } = await client.sendFile({ open: counting, octets: null, isAgain: false }, null);
    return file;
  }
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of octets()) {
    hash.update(chunk);
    length += chunk.length;
  }
  const digest = hash.digest();
  const file = digest.toString('hex');
  const isThere = await orNotThere(
    client.ask('see-file', { params: { file } }).then(() => true),
    () => false,
  );
  if (!isThere) await client.sendFile({ open: counting, octets: length, isAgain: true }, digest);
  return file;
}
