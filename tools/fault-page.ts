/** docs/faults.md, made of the catalogue in `src/domain/fault.ts`, so that the page and the program cannot disagree. */

import { type FaultCode, faults, type Reach, type Retry } from '#domain/fault.ts';

const reaches: Readonly<Record<Reach, string>> = {
  item: 'one message',
  folder: 'one folder',
  mailbox: 'one mailbox',
  platform: 'one server and all its mailboxes',
  estate: 'everything this process does',
};

const retries: Readonly<Record<Retry, string>> = {
  soon: 'soon: at once, a few times',
  paced: 'paced: after a wait that grows, or the one the server named',
  operator: 'operator: when you have done what the remedy says',
  never: 'never: running again will not help by itself',
};

export function faultPage(): string {
  const groups = Map.groupBy(Object.keys(faults) as FaultCode[], (code) => code.split('.')[0] as string);
  return [
    '# Faults',
    '',
    'Made from `src/domain/fault.ts` by `npm run docs`; do not edit. Everything that can go wrong and is thrown has a lasting',
    'code. The command line, the JSON report and this page show the same four things: what happened, how far it reaches,',
    'when it is tried again, and what to do. Words in ‹angle brackets› are filled in when it happens.',
    '',
    ...[...groups].flatMap(([group, codes]) => [
      `## ${group}`,
      '',
      ...codes.flatMap((code) => {
        const { says, reach, retry, remedy } = faults[code];
        return [
          `### \`${code}\``,
          '',
          (says as (about: unknown) => string)(blanks),
          '',
          `- **Reaches** ${reaches[reach]}.`,
          `- **Tried again** ${retries[retry]}.`,
          `- **What to do:** ${remedy}`,
          '',
        ];
      }),
    ]),
  ].join('\n');
}

/** Answers to any name with that name in angle brackets. */
const blanks: unknown = new Proxy(
  {},
  {
    get: (_, name) => (typeof name === 'string' ? `‹${name.replaceAll(/([A-Z])/g, ' $1').toLowerCase()}›` : undefined),
  },
);
