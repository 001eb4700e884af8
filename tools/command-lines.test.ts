/** What somebody copies out of our pages into a shell is understood by the program that they have. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Application, buildApplication, type CommandContext, generateHelpTextForAllCommands } from '@stricli/core';
import { expect, test } from 'vitest';
import { commands, scanner } from '#cli/command-line.ts';
import { type CommandLine, commandLinesOf, wrongWith } from './command-lines.ts';
import { pagesOfOurs } from './references.ts';
import { root } from './project.ts';

/** What is wrong with the command lines of a page, each with its line. */
async function wrongIn(page: string): Promise<readonly string[]> {
  const said = await Promise.all(commandLinesOf(page).map(async (each) => ({ ...each, wrong: await wrongWith(each) })));
  return said.flatMap(({ line, text, wrong }) => (wrong === null ? [] : [`${line}: ${text}: ${wrong}`]));
}

/** A line of a help, as a line of code with a comment behind it. */
function indented(_: string, line: string, comment: string | undefined): string {
  return `    ${line}${comment === undefined ? '' : ` # ${comment}`}`;
}

function argvOf(page: string): readonly (readonly string[])[] {
  return commandLinesOf(page).map(({ argv }: CommandLine) => argv);
}

test('every command line in our pages is one that Godwit understands', async () => {
  const wrong: string[] = [];
  let seen = 0;
  for (const page of pagesOfOurs()) {
    const text = readFileSync(join(root, page), 'utf8');
    seen += commandLinesOf(text).length;
    wrong.push(...(await wrongIn(text)).map((each) => `${page}:${each}`));
  }
  expect(wrong).toEqual([]);
  // A reader that finds none would be content with all.
  expect(seen).toBeGreaterThan(200);
});

test('so are the examples in the help of each command', async () => {
  const app = buildApplication(commands, { name: 'godwit', scanner });
  const helps = generateHelpTextForAllCommands(app as unknown as Application<CommandContext>).map(
    ([, help]) => help.split('\nEXAMPLES\n')[1]?.split(/\n\n[A-Z]/)[0] ?? '',
  );
  // Examples are indented by two, with what they do behind them.
  const pages = helps.map((help) => help.replaceAll(/^ {2,4}(?=\S)(.*?)(?: {2,}(\S.*))?$/gm, indented));
  const wrong = await Promise.all(pages.map(wrongIn));
  expect(pages.flatMap(commandLinesOf).length).toBeGreaterThan(60);
  expect([...new Set(wrong.flat().map((each) => each.replace(/^\d+: /, '')))]).toEqual([]);
});

test.each([
  ['a command that is not there', 'godwit wave begin pilot', 'there is no command "begin"'],
  ['a flag that its command lacks', 'godwit wave start pilot --folder x', 'No flag registered for --folder'],
  ['an argument too many', 'godwit describe wave pilot other', 'expected'],
  ['an argument too few', 'godwit describe wave', 'Expected argument for WAVE'],
  ['a flag without its value', 'godwit brake on --why', 'Expected input for flag --why'],
  ['a value that its flag does not take', 'godwit report wave pilot -o pdf', 'Expected "pdf" to be one of'],
  ['behind a server, a command that is not there', 'godwit --server URL statis', 'there is no command "statis"'],
])('%s is found in a block of code', async (_, line, what) => {
  const [found = ''] = await wrongIn(['Do this:', '', '```sh', line, '```'].join('\n'));
  expect(found.toLowerCase()).toContain(what.toLowerCase());
  expect(found).toMatch(/^4: /);
});

test('in a sentence a command may lack what is left to the reader, and nothing else', async () => {
  expect(await wrongIn('Then `godwit brake on --why …`, `godwit describe wave` and `godwit worker drain ID`.')).toEqual(
    [],
  );
  expect(await wrongIn('Then `godwit wave\nbegin`, and `godwit brake on --because …`.')).toHaveLength(2);
  expect(await wrongIn('Then `godwit --server URL status`, or with `--token` as well.')).toEqual([]);
});

test('comments, pipes, quotes, variables and lines that go on are read as a shell reads them', () => {
  const page = [
    '```sh',
    '$ godwit brake on --why \'a # is no comment; nor "this" | a pipe\'   # but this is',
    'DATABASE_URL=postgresql://x godwit worker',
    'pass show x | sudo -u godwit ./godwit secret set a > out.csv 2>&1 && godwit status; godwit get workers',
    'godwit copy a \\',
    '    b',
    'The output: godwit is not the first word here.',
    '```',
    '',
    '    godwit audit verify',
    '',
    'And `godwit status`, not `godwit.yaml`.',
  ].join('\n');
  expect(argvOf(page)).toEqual([
    ['brake', 'on', '--why', 'a # is no comment; nor "this" | a pipe'],
    ['worker'],
    ['secret', 'set', 'a'],
    ['status'],
    ['get', 'workers'],
    ['copy', 'a', 'b'],
    ['audit', 'verify'],
    ['status'],
  ]);
});
