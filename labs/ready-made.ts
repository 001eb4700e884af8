/** The lines that an operator takes from deploy/coexistence, with ports of a lab in them: what is handed out is what is tried. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'deploy', 'coexistence');

export interface ReadyMadePorts {
  /** The door for deliveries. */
  readonly deliveries: number;
  /** Where this Postfix takes what the other side's has for it; null where it is on no side. */
  readonly across: number | null;
}

/** What is put at the end of master.cf. */
export function readyMadeMaster({ deliveries, across }: ReadyMadePorts): string {
  const lines = readFileSync(join(folder, 'postfix-master.cf'), 'utf8').replaceAll(':8027', `:${deliveries}`);
  if (across !== null) return replacedOnce(lines, /^2526 /m, `${across} `);
  // The service with its options, which are indented.
  return replacedOnce(lines, /^2526 .*\n(?:[ \t].*\n)+/m, '');
}

/** Of main.cf what belongs to those transports. */
export function readyMadeMain(): Readonly<Record<string, string>> {
  const lines = readFileSync(join(folder, 'postfix-main.cf'), 'utf8').matchAll(/^((?:godwit|across)_\w+) = (.*)$/gm);
  return Object.fromEntries([...lines].map(([, key, value]) => [key as string, value as string]));
}

function replacedOnce(text: string, what: RegExp, by: string): string {
  if (!what.test(text)) throw new Error(`deploy/coexistence/postfix-master.cf has nothing like ${what} any more`);
  return text.replace(what, by);
}
