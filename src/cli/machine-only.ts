/** What works on the machine of an estate itself, and says so where a server is given to go by. */

import { usageError } from './usage.ts';
import type { World } from './world.ts';

/** For `--server` at a verb that has no such flag, and for the rest where it opens what is there only. */
export const machineOnly =
  'This works on the machine of the estate, with its database or its keys, and does not go by a server: run it there, without --server and GODWIT_SERVER.';

/** The same world, in which nothing is opened here of an estate that is somewhere else. */
export function heedingServer(world: World, argv: readonly string[]): World {
  const here = async <Opened>(open: () => Promise<Opened>): Promise<Opened> => {
    if (namesServer(argv) || world.settings().server !== null) throw usageError(machineOnly);
    return open();
  };
  return {
    ...world,
    // Without it they might be told first that there is no godwit.yaml here.
    readEstate: async (file) => {
      if (namesServer(argv)) throw usageError(machineOnly);
      return world.readEstate(file);
    },
    openSecrets: (options) => here(() => world.openSecrets(options)),
    openDatabase: (options) => here(() => world.openDatabase(options)),
    openImporter: (options) => here(() => world.openImporter(options)),
    openPlanning: (options) => here(() => world.openPlanning(options)),
    openAccess: (options) => here(() => world.openAccess(options)),
    openNotices: (options) => here(() => world.openNotices(options)),
    openTail: (options) => here(() => world.openTail(options)),
    openInspection: (options) => here(() => world.openInspection(options)),
    openEvidence: (options) => here(() => world.openEvidence(options)),
    serve: (options, signal) => here(() => world.serve(options, signal)),
    coexist: (options, signal) => here(() => world.coexist(options, signal)),
    doctor: (options, signal) => here(() => world.doctor(options, signal)),
    work: (options, signal) => here(() => world.work(options, signal)),
    // A folder of files is as good here as anywhere.
    openPlanWork: (options) =>
      'folder' in options.estate ? world.openPlanWork(options) : here(() => world.openPlanWork(options)),
    rehearse: (options, watcher, signal) =>
      'folder' in options.estate
        ? world.rehearse(options, watcher, signal)
        : here(() => world.rehearse(options, watcher, signal)),
  };
}

/** Whether `--server` was typed, as far as can be told before (and although) the rest cannot be understood. */
function namesServer(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).some((word) => /^--server(=|$)/.test(word));
}
