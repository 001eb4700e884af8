/** A file of settings as text, or why there is none. */

import { readFile, stat } from 'node:fs/promises';
import { whyUnreadable } from '#cli/secret.ts';
import { usageError } from '#cli/usage.ts';

/** Far more than the settings of any programme. */
const largestFileBytes = 2 ** 20;

/** Throws a `UsageError` where it cannot be read; `otherwise` is what to do where there is none. */
export async function settingsText(file: string, otherwise: string): Promise<string> {
  try {
    if ((await stat(file)).size > largestFileBytes) throw usageError(`${file} is larger than any settings (1 MB).`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof Error && error.name === 'UsageError') throw error;
    if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT')
      throw usageError(`There is no file ${file}. ${otherwise}`);
    throw usageError(`The settings ${file} cannot be read: ${whyUnreadable(error)}.`);
  }
}
