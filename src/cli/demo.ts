/** `godwit demo`: the play itself is in `app/demo.ts`; here it gets its stage. */

import { runCommandLine } from './command-line.ts';
import type { ExitCode } from './exit-code.ts';
import type { Session } from './session.ts';

export async function demo(this: Session, flags: { readonly quiet?: boolean }): Promise<void> {
  const { world } = this;
  const code = await world.demo({
    version: world.version,
    say: (line) => {
      if (flags.quiet !== true) this.process.stdout.write(`${line}\n`);
    },
    stderr: world.stderr,
    interruption: world.interruption,
    run: async (argv, environment) =>
      await runCommandLine(argv, { ...world, environment: (name) => environment[name] ?? world.environment(name) }),
  });
  this.exitCode = code as ExitCode;
}
