/**
 * The man page godwit(1), made of what `--help` says of each command, so that it cannot say anything else. The texts keep their lines, which
 * are laid out by hand, and stand between `.nf` and `.fi` (man-pages(7)).
 */

import { play } from '#cli/made-up-world.ts';

/** roff of the whole page. `date` is that of the release. */
export async function manPage(version: string, date: Date): Promise<string> {
  const top = await helpOf([]);
  const commands: string[] = [];
  for (const command of commandsIn(top)) await tell([command], commands);
  const day = date.toISOString().slice(0, 10);
  return [
    `.TH GODWIT 1 "${day}" "godwit ${version}" "User Commands"`,
    '.SH NAME',
    'godwit \\- moves the mail of whole organisations from one platform to another',
    '.SH SYNOPSIS',
    '.B godwit',
    '.I COMMAND',
    '[\\fIFLAGS\\fR] ...',
    '.SH DESCRIPTION',
    ...verbatim(top),
    '.SH COMMANDS',
    ...commands,
    '.SH FILES',
    '.TP',
    '.I /etc/godwit/godwit.yaml',
    'The settings of the programme that this machine serves.',
    '.TP',
    '.I /etc/godwit/key',
    'The key of the sealed secrets.',
    '.TP',
    '.I /etc/godwit/environment',
    'Variables of the services, such as DATABASE_URL.',
    '.SH SEE ALSO',
    '.BR systemctl (1),',
    '.I /usr/share/doc/godwit/install.md',
    '',
  ].join('\n');
}

/** A command and, where it has some, those below it. */
async function tell(path: readonly string[], into: string[]): Promise<void> {
  const help = await helpOf(path);
  into.push(`.SS "godwit ${path.join(' ')}"`, ...verbatim(help));
  for (const below of commandsIn(help)) await tell([...path, below], into);
}

async function helpOf(path: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await play([...path, '--help']);
  if (code !== 0) throw new Error(`godwit ${path.join(' ')} --help ended with ${code}: ${stderr}`);
  return stdout.trimEnd();
}

/** The names in the list that a help ends with; none where it is one command. */
function commandsIn(help: string): readonly string[] {
  const list = /\nCOMMANDS\n([\s\S]*)$/.exec(help)?.[1] ?? '';
  return [...list.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name as string);
}

function verbatim(text: string): readonly string[] {
  return ['.nf', ...text.split('\n').map(roff), '.fi'];
}

/** As it stands: roff reads `\` as the beginning of a request, and so a line that begins with `.` or `'`. */
function roff(line: string): string {
  return line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}
