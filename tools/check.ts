/**
 * Everything that can be said about the code without running it, side by side: types, lint, format, layers, pages.
 *
 *     npm run check            reports each; exit 1 if any complains
 */

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { isMain, root } from './project.ts';

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '--project', '.', '--pretty', 'false'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings', '--format', 'unix', '.'] },
  { name: 'format', command: ['biome', 'format', '.'] },
  { name: 'layers', command: [process.execPath, join(root, 'tools/layers.ts')] },
  { name: 'pages', command: [process.execPath, join(root, 'tools/generate-docs.ts'), '--check'] },
];

interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  readonly output: string;
  readonly ms: number;
}

/** Runs them all, as many at once as there are cores, and says how each ended. Whether all passed. */
export async function runChecks(): Promise<boolean> {
  const waiting = [...checks];
  const outcomes: Outcome[] = [];
  await Promise.all(
    Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
      for (let check = waiting.shift(); check; check = waiting.shift()) {
        const outcome = await run(check);
        outcomes.push(outcome);
        console.log(`${outcome.passed ? 'ok    ' : 'FAILED'} ${outcome.name} (${(outcome.ms / 1000).toFixed(1)} s)`);
      }
    }),
  );
  for (const { name, output } of outcomes.filter((outcome) => !outcome.passed)) {
    console.log(`\n--- ${name} ---\n${output.trimEnd()}`);
  }
  return outcomes.every((outcome) => outcome.passed);
}

/** The environment in which our tools find this very Node and the programs that npm installed. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  const path = [dirname(process.execPath), join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter);
  return { ...process.env, PATH: path };
}

async function run({ name, command: [program, ...args] }: Check): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(program, args, { cwd: root, env: toolEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const passed = await new Promise<boolean>((resolve) => {
    child.on('error', (error) => {
      said.push(Buffer.from(`${program} could not be started: ${error.message}\n`));
      resolve(false);
    });
    child.on('close', (code) => resolve(code === 0));
  });
  return { name, passed, output: Buffer.concat(said).toString('utf8'), ms: performance.now() - started };
}

if (isMain(import.meta.url)) process.exitCode = (await runChecks()) ? 0 : 1;
