/** Where the project stands on disk, and whether a tool was started or imported. */

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's root folder, without a final slash. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Whether the module of this `import.meta.url` is what Node was started on. */
export function isMain(url: string): boolean {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === fileURLToPath(url);
}
