/** `godwit --server URL status`: what says where a command is to be carried out may stand in front of it, as people put it. */

const places: ReadonlySet<string> = new Set(['--server', '--token', '--server-ca']);

/** The same with those flags behind the command, where each of them is read. What has no value to follow stays, to be refused. */
export function behindTheVerb(argv: readonly string[]): readonly string[] {
  let at = 0;
  while (at < argv.length) {
    const [flag = '', value] = (argv[at] as string).split(/=(.*)/s);
    if (!places.has(flag)) break;
    at += value === undefined ? 2 : 1;
  }
  if (at === 0 || at >= argv.length) return argv;
  const rest = argv.slice(at);
  const end = rest.indexOf('--');
  return end < 0 ? [...rest, ...argv.slice(0, at)] : [...rest.slice(0, end), ...argv.slice(0, at), ...rest.slice(end)];
}
