/** Answers about files that were sent. To send one is answered where octets come in (`take-file.ts`). */

import type { OpenSentFile } from '#ports/sent-files.ts';
import { type Answerers, type Asked, notThere } from './answer.ts';
import type { filesContract } from './contract-files.ts';
import type { Operation } from './operation.ts';

export const filesAnswers: Answerers<typeof filesContract> = {
  async 'see-file'(asked) {
    const { file, octets } = await fileOf(asked, asked.params.file);
    return { file, octets };
  },
};

/** A file that an order names, to be read. What somebody else has sent is not there. */
export async function fileOf(
  { desk, who }: Pick<Asked<Operation>, 'desk' | 'who'>,
  file: string,
): Promise<OpenSentFile> {
  const found = await desk.files.find(who, file);
  if (found === null) throw notThere('file', file);
  return found;
}

/** They did what they were sent for. What is not forgotten now is in a day. */
export async function usedUp(
  { desk, who }: Pick<Asked<Operation>, 'desk' | 'who'>,
  given: readonly ({ readonly file: string } | object | undefined)[],
): Promise<void> {
  for (const each of given)
    if (each !== undefined && 'file' in each) await desk.files.forget(who, each.file).catch(() => undefined);
}
