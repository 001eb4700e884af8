/** docs/settings.md, made of the declarations in `src/app/settings.ts`. */

import { homedir } from 'node:os';
import { databaseUrl, settings } from '#app/settings.ts';

export function settingsPage(): string {
  return [
    '# Settings',
    '',
    'Made from `src/app/settings.ts` by `npm run docs`; do not edit. Settings are variables of the environment, read once at the',
    'start; a flag of the command line wins. One whose name is unknown stops the start, and the nearest known one is offered.',
    '',
    '| setting | is | default | values | change it when |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries({ ...settings, ...databaseUrl }).map(
      ([name, setting]) =>
        `| \`${name}\` | ${setting.is} | ${shown(setting.default({}))} | ${setting.expected} | ${setting.changeWhen} |`,
    ),
    '',
  ].join('\n');
}

/** A default as it reads on any machine. */
function shown(value: string | number | null | readonly unknown[]): string {
  return value === null || Array.isArray(value) ? 'none' : `\`${String(value).replace(homedir(), '~')}\``;
}
