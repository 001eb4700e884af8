/** `godwit demo`: the play itself is in `app/demo.ts`; here it gets its stage. */

import { runCommandLine } from './command-line.ts';
import type { ExitCode } from './exit-code.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { usageError } from './usage.ts';
import type { DemoActName } from './world.ts';

const acts: readonly DemoActName[] = ['copy', 'town', 'switch'];

export async function demo(this: Session, flags: { readonly quiet?: boolean }, act?: string): Promise<void> {
  const { world } = this;
  const only = acts.find((each) => each === act) ?? null;
  if (act !== undefined && only === null)
    throw usageError(`There is no act ${shown(act)}; there are ${acts.join(', ')}, and without one all of them.`);
  const code = await world.demo({
    version: world.version,
    only,
    say: (line) => {
      if (flags.quiet !== true) this.process.stdout.write(`${line}\n`);
    },
    isWatched: world.canDraw,
    interruption: world.interruption,
    run: async (argv, environment) =>
      await runCommandLine(argv, { ...world, environment: (name) => environment[name] ?? world.environment(name) }),
  });
  this.exitCode = code as ExitCode;
}
