/** docs/rights.md: the table of `domain/rights.ts` as a page. */

import { type Act, actWords, boundedActs, isDangerous, mayDo, roles, wholeActs } from '#domain/rights.ts';

export function rightsPage(): string {
  return `# Who may do what

<!-- Made from src/domain/rights.ts by npm run docs. -->

A role is held over the whole estate, or over one organisation and all below it. [access.md](access.md) tells how it is given. What is marked
with ! asks for a reason and, where \`approvals\` in godwit.yaml names it, for a second person.

## On mailboxes

Whoever has the role over an organisation may do this to its mailboxes and those of all below it, and to nobody else's.

${table(boundedActs)}

## On everybody

Only who has the role over the whole estate.

${table(wholeActs)}
`;
}

function table(acts: readonly Act[]): string {
  const rows = acts.map((act) => [
    `\`${act}\`${isDangerous(act) ? ' !' : ''}`,
    actWords[act],
    ...roles.map((role) => (mayDo(role, act) ? 'yes' : '')),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const heads = ['act', 'what it is', ...roles.map((role) => role.replace('-', ' '))];
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
