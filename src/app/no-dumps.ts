/**
 * What is in our memory (passwords while we sign in, mail while it streams by) is written to no disk by us: Node's reports and
 * snapshots of the heap are off, whatever the surroundings say, and nobody opens its inspector by a signal. The kernel's core dumps are
 * switched off by who starts us (`./godwit`, the units of systemd), since a process of Node cannot set its own limits.
 */

/** Node's options that have it write its heap to a file, all strings in it; they cannot be taken back once it has started. */
const snapshots = /--heapsnapshot[-_](?:signal|near[-_]heap[-_]limit)\b/;

/** Null, or why this process must not go on. To be called before any secret is read. */
export function keepMemoryToOurselves(
  options: readonly string[] = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''],
): string | null {
  const { report } = process;
  report.reportOnFatalError = false;
  report.reportOnSignal = false;
  report.reportOnUncaughtException = false;
  // Where a person asks for one all the same (`process.report.writeReport` in a debugger).
  report.excludeEnv = true;
  // Node opens its inspector on loopback for it, to everybody on the machine, unless somebody listens.
  process.on('SIGUSR1', () => {});
  const found = options.map((option) => snapshots.exec(option)?.[0]).find((option) => option !== undefined);
  return found === undefined
    ? null
    : `Node is told to write its memory to a file (${found}), and there are passwords in it. Take that out of NODE_OPTIONS.`;
}
