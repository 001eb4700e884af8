/**
 * The commands, their words and their help. This is loaded at every start, so it declares only; what a command does is
 * loaded when it is called (a quarter of a second of imports for every `--help` would be noticed in every script).
 */

import {
  ArgumentScannerError,
  buildApplication,
  buildCommand,
  buildRouteMap,
  ExitCode as Stricli,
  formatMessageForArgumentScannerError,
  run,
  type StricliProcess,
  text_en,
  UnexpectedPositionalError,
} from '@stricli/core';
import { nearest } from '#lib/nearest.ts';
import { accessCommands } from './access-commands.ts';
import { exitCodes, type ExitCode } from './exit-code.ts';
import { behindTheVerb } from './flags-first.ts';
import {
  reportFlags,
  type ReportFlags,
  serveFlags,
  type ServeFlags,
  statusFlags,
  type StatusFlags,
  copyFlags,
  type CopyFlags,
  dbFlags,
  type DbFlags,
  dbRestoredFlags,
  type DbRestoredFlags,
  estateImportFlags,
  type EstateImportFlags,
  initFlags,
  type InitFlags,
  forecastFlags,
  type ForecastFlags,
  planApplyFlags,
  type PlanApplyFlags,
  planFlags,
  type PlanFlags,
  probeFlags,
  type ProbeFlags,
  rehearseFlags,
  type RehearseFlags,
  secretEraseFlags,
  type SecretEraseFlags,
  secretFlags,
  type SecretFlags,
  secretKeyFlags,
  type SecretKeyFlags,
  secretSetFlags,
  type SecretSetFlags,
  shorthands,
  verifyFlags,
  type VerifyFlags,
  workerDrainFlags,
  type WorkerDrainFlags,
  workerFlags,
  type WorkerFlags,
} from './flags.ts';
import {
  copyHelp,
  dbHelp,
  demoHelp,
  estateHelp,
  godwitHelp,
  initHelp,
  forecastHelp,
  planApplyHelp,
  planHelp,
  probeHelp,
  programmeHelp,
  rehearseHelp,
  reportHelp,
  secretHelp,
  testHelp,
  verifyHelp,
  workerHelp,
} from './help.ts';
import { certificateCommands, evidenceCommands } from './evidence-commands.ts';
import { completionCommands } from './completion-commands.ts';
import { describeCommands, getCommands } from './look-commands.ts';
import {
  auditCommands,
  brakeCommands,
  coexistCommands,
  doctorCommands,
  mailboxCommands,
  waveCommands,
} from './order-commands.ts';
import { noticeCommands } from './notice-commands.ts';
import { heedingServer, machineOnly } from './machine-only.ts';
import { named, someWave } from './positional.ts';
import { Session } from './session.ts';
import { tailCommands } from './tail-commands.ts';
import { usageError } from './usage.ts';
import type { World } from './world.ts';

const url = (placeholder: string, brief: string) => ({ placeholder, brief, parse: String, optional: true }) as const;

const twoSides = {
  kind: 'tuple',
  parameters: [
    url('SOURCE', 'Where the mail is: imaps://someone@old.example'),
    url('TARGET', 'Where it goes: imaps://someone@new.example'),
  ],
} as const;

const secretName = {
  kind: 'tuple',
  parameters: [
    { placeholder: 'NAME', brief: 'Its name, such as source-admin or source/ann@corp.example', parse: String },
  ],
} as const;

const secretCommands = buildRouteMap<'set' | 'list' | 'remove' | 'key' | 'rotate' | 'erase', Session>({
  routes: {
    set: buildCommand<SecretSetFlags, [string], Session>({
      loader: async () => (await import('./secrets.ts')).set,
      parameters: { positional: secretName, flags: secretSetFlags, aliases: shorthands },
      docs: { brief: 'Seal a secret; it is asked for, or piped in', fullDescription: secretHelp },
    }),
    list: buildCommand<SecretFlags, [string?], Session>({
      loader: async () => (await import('./secrets.ts')).list,
      parameters: {
        positional: { kind: 'tuple', parameters: [url('PREFIX', 'Only those whose name begins with it')] },
        flags: secretFlags,
        aliases: shorthands,
      },
      docs: {
        brief: 'The names of what is sealed, under which key, since when and by whom',
        fullDescription: secretHelp,
      },
    }),
    remove: buildCommand<SecretFlags, [string], Session>({
      loader: async () => (await import('./secrets.ts')).remove,
      parameters: { positional: secretName, flags: secretFlags, aliases: shorthands },
      docs: { brief: 'Remove a secret', fullDescription: secretHelp },
    }),
    key: buildCommand<SecretKeyFlags, [], Session>({
      loader: async () => (await import('./secret-key.ts')).makeKey,
      parameters: { flags: secretKeyFlags, aliases: { o: 'output' } },
      docs: { brief: 'Make the key under which secrets are sealed', fullDescription: secretHelp },
    }),
    rotate: buildCommand<SecretFlags, [], Session>({
      loader: async () => (await import('./secrets.ts')).rotate,
      parameters: { flags: secretFlags, aliases: shorthands },
      docs: { brief: 'Bring everything under the first key of GODWIT_KEY', fullDescription: secretHelp },
    }),
    erase: buildCommand<SecretEraseFlags, [string?], Session>({
      loader: async () => (await import('./erase-secrets.ts')).erase,
      parameters: {
        positional: { kind: 'tuple', parameters: [url('PREFIX', 'Only those whose name begins with it')] },
        flags: secretEraseFlags,
        aliases: shorthands,
      },
      docs: {
        brief: 'Erase them for good, when a programme is over, with a record of each',
        fullDescription: secretHelp,
      },
    }),
  },
  // As it was called before.
  aliases: { rekey: 'rotate' },
  docs: { brief: 'Passwords for both platforms, sealed in the database', fullDescription: secretHelp },
});

const dbCommands = buildRouteMap<'info' | 'plan' | 'migrate' | 'restored', Session>({
  routes: {
    info: buildCommand<DbFlags, [], Session>({
      loader: async () => (await import('./db.ts')).info,
      parameters: { flags: dbFlags, aliases: shorthands },
      docs: { brief: 'Where it is, what has been run in it, and how large it is', fullDescription: dbHelp },
    }),
    plan: buildCommand<DbFlags, [], Session>({
      loader: async () => (await import('./db.ts')).plan,
      parameters: { flags: dbFlags, aliases: shorthands },
      docs: { brief: 'Print the SQL that a migration would run', fullDescription: dbHelp },
    }),
    migrate: buildCommand<DbFlags, [], Session>({
      loader: async () => (await import('./db.ts')).migrate,
      parameters: { flags: dbFlags, aliases: shorthands },
      docs: { brief: 'Bring it up to date', fullDescription: dbHelp },
    }),
    restored: buildCommand<DbRestoredFlags, [], Session>({
      loader: async () => (await import('./db-restored.ts')).restored,
      parameters: { flags: dbRestoredFlags, aliases: shorthands },
      docs: { brief: 'After a restore: whom it concerns, and that work may go on', fullDescription: dbHelp },
    }),
  },
  docs: { brief: 'The database of the estate', fullDescription: dbHelp },
});

const estateCommands = buildRouteMap<'import', Session>({
  routes: {
    import: buildCommand<EstateImportFlags, [], Session>({
      loader: async () => (await import('./estate.ts')).importFiles,
      parameters: { flags: estateImportFlags, aliases: shorthands },
      docs: { brief: 'Make it be as files say, or tell what would change', fullDescription: estateHelp },
    }),
  },
  docs: { brief: 'Who is to move: organisations, mailboxes, and the grants between them', fullDescription: estateHelp },
});

const planCommands = buildRouteMap<'make' | 'apply', Session>({
  routes: {
    make: buildCommand<PlanFlags, [], Session>({
      loader: async () => (await import('./plan.ts')).makePlan,
      parameters: { flags: planFlags, aliases: shorthands },
      docs: { brief: 'Plan an estate, and say what is split, who is left over and why', fullDescription: planHelp },
    }),
    apply: buildCommand<PlanApplyFlags, [string], Session>({
      loader: async () => (await import('./plan-apply.ts')).applyPlan,
      parameters: { positional: named('PLAN', 'A plan, such as plan.csv'), flags: planApplyFlags, aliases: shorthands },
      docs: { brief: 'Make it waves, or tell what would change', fullDescription: planApplyHelp },
    }),
  },
  // `godwit plan --calendar …` is what people write.
  defaultCommand: 'make',
  docs: { brief: 'Who moves when, around who works with whom', fullDescription: planHelp },
});

const workerCommands = buildRouteMap<'run' | 'drain', Session>({
  routes: {
    run: buildCommand<WorkerFlags, [], Session>({
      loader: async () => (await import('./worker.ts')).work,
      parameters: { flags: workerFlags, aliases: shorthands },
      docs: { brief: 'Help to carry the mailboxes of an estate until stopped', fullDescription: workerHelp },
    }),
    drain: buildCommand<WorkerDrainFlags, [string], Session>({
      loader: async () => (await import('./worker.ts')).drainWorker,
      parameters: {
        positional: {
          kind: 'tuple',
          parameters: [{ placeholder: 'ID', brief: 'Of a worker, or the beginning of it', parse: String }],
        },
        flags: workerDrainFlags,
        aliases: shorthands,
      },
      docs: { brief: 'Have a worker hand over what it does, and go', fullDescription: workerHelp },
    }),
  },
  // `godwit worker` alone is what people start.
  defaultCommand: 'run',
  docs: { brief: 'More hands for an estate, on this or any other machine', fullDescription: workerHelp },
});

const waveName = named('WAVE', 'Its name, such as pilot', someWave);

const reportCommands = buildRouteMap<'wave', Session>({
  routes: {
    wave: buildCommand<ReportFlags, [string], Session>({
      loader: async () => (await import('./wave-report.ts')).reportWave,
      parameters: { positional: waveName, flags: reportFlags, aliases: shorthands },
      docs: { brief: 'What became of a wave, mailbox by mailbox and in sum', fullDescription: reportHelp },
    }),
  },
  docs: { brief: 'What became of what was to move', fullDescription: reportHelp },
});

/** All of them. Pages of ours are held against it, too (tools/command-lines.ts). */
export const commands = buildRouteMap<
  | 'copy'
  | 'verify'
  | 'probe'
  | 'init'
  | 'secret'
  | 'db'
  | 'estate'
  | 'plan'
  | 'serve'
  | 'worker'
  | 'wave'
  | 'brake'
  | 'coexist'
  | 'doctor'
  | 'mailbox'
  | 'rehearse'
  | 'forecast'
  | 'notices'
  | 'report'
  | 'tail'
  | 'audit'
  | 'access'
  | 'certificate'
  | 'evidence'
  | 'get'
  | 'describe'
  | 'status'
  | 'completion'
  | 'demo'
  | 'test',
  Session
>({
  routes: {
    copy: buildCommand<CopyFlags, [string?, string?], Session>({
      loader: async () => (await import('./copy.ts')).copy,
      parameters: { positional: twoSides, flags: copyFlags, aliases: shorthands },
      docs: {
        brief: 'Move one mailbox or many, or bring an earlier move up to date',
        fullDescription: copyHelp,
        customUsage: ['SOURCE TARGET [flags]', '--accounts FILE [flags]'],
      },
    }),
    verify: buildCommand<VerifyFlags, [string?, string?], Session>({
      loader: async () => (await import('./verify.ts')).verify,
      parameters: { positional: twoSides, flags: verifyFlags, aliases: shorthands },
      docs: {
        brief: 'Compare both sides, independently of any copy',
        fullDescription: verifyHelp,
        customUsage: ['SOURCE TARGET [flags]', '--accounts FILE [flags]'],
      },
    }),
    probe: buildCommand<ProbeFlags, [string], Session>({
      loader: async () => (await import('./probe.ts')).probe,
      parameters: {
        positional: {
          kind: 'tuple',
          parameters: [
            { placeholder: 'SERVER', brief: 'imaps://mail.example, or with someone@ to look inside', parse: String },
          ],
        },
        flags: probeFlags,
        aliases: shorthands,
      },
      docs: { brief: 'Tell what is at the other end, and what it means for a move', fullDescription: probeHelp },
    }),
    init: buildCommand<InitFlags, [], Session>({
      loader: async () => (await import('./init.ts')).init,
      parameters: { flags: initFlags, aliases: shorthands },
      docs: {
        brief: 'Write the settings of a programme, or look whether they are in order',
        fullDescription: initHelp,
      },
    }),
    secret: secretCommands,
    db: dbCommands,
    estate: estateCommands,
    plan: planCommands,
    serve: buildCommand<ServeFlags, [], Session>({
      loader: async () => (await import('./programme.ts')).serve,
      parameters: { flags: serveFlags, aliases: shorthands },
      docs: { brief: 'Carry the mailboxes of an estate until stopped', fullDescription: programmeHelp },
    }),
    worker: workerCommands,
    wave: waveCommands,
    brake: brakeCommands,
    coexist: coexistCommands,
    doctor: doctorCommands,
    mailbox: mailboxCommands,
    rehearse: buildCommand<RehearseFlags, [string], Session>({
      loader: async () => (await import('./rehearse.ts')).rehearse,
      parameters: {
        positional: {
          kind: 'tuple',
          parameters: [{ placeholder: 'PLAN', brief: 'The plan, such as plan.csv', parse: String }],
        },
        flags: rehearseFlags,
        aliases: shorthands,
      },
      docs: { brief: 'Play the whole programme of a plan on a virtual clock', fullDescription: rehearseHelp },
    }),
    forecast: buildCommand<ForecastFlags, [], Session>({
      loader: async () => (await import('./forecast.ts')).makeForecast,
      parameters: { flags: forecastFlags, aliases: shorthands },
      docs: { brief: 'When each wave will be over, and how sure that is', fullDescription: forecastHelp },
    }),
    notices: noticeCommands,
    report: reportCommands,
    tail: tailCommands,
    audit: auditCommands,
    access: accessCommands,
    certificate: certificateCommands,
    evidence: evidenceCommands,
    get: getCommands,
    describe: describeCommands,
    status: buildCommand<StatusFlags, [], Session>({
      loader: async () => (await import('./programme.ts')).status,
      parameters: { flags: statusFlags, aliases: shorthands },
      docs: { brief: 'How an estate stands', fullDescription: programmeHelp },
    }),
    completion: completionCommands,
    demo: buildCommand<{ readonly quiet?: boolean }, [string?], Session>({
      loader: async () => (await import('./demo.ts')).demo,
      parameters: {
        positional: { kind: 'tuple', parameters: [url('ACT', 'Only this one: copy, town or switch')] },
        flags: { quiet: { kind: 'boolean', brief: 'Say only what went wrong', optional: true, withNegated: false } },
        aliases: { q: 'quiet' },
      },
      docs: {
        brief:
          'Two servers, and moves to watch: four people, a town of 200, and one person in the very seconds of a switch',
        fullDescription: demoHelp,
      },
    }),
    test: buildCommand<object, readonly string[], Session>({
      func: () => {
        throw usageError('The tests are run by the launcher: ./godwit test, in a clone of the repository.');
      },
      parameters: {
        positional: { kind: 'array', parameter: { placeholder: 'PATH', brief: 'Only these', parse: String } },
      },
      docs: { brief: 'Everything that CI runs', fullDescription: testHelp },
    }),
  },
  docs: { brief: 'Moves mailboxes whole and once', fullDescription: godwitHelp },
});

/** How what is typed is read. */
export const scanner = { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true } as const;

/** Runs one command line in `world` and gives its exit code. Nothing is thrown. */
export async function runCommandLine(typed: readonly string[], world: World): Promise<ExitCode> {
  const argv = behindTheVerb(typed);
  const session = new Session(heedingServer(world, argv), argv);
  const failures: unknown[] = [];
  const refuse = (message: string): string => {
    failures.push(usageError(message));
    return '';
  };
  const app = buildApplication(commands, {
    name: 'godwit',
    versionInfo: { currentVersion: world.version },
    scanner,
    documentation: { caseStyle: 'convert-camel-to-kebab', onlyRequiredInUsageLine: true, disableAnsiColor: true },
    determineExitCode: () => Stricli.CommandRunError,
    localization: {
      text: {
        ...text_en,
        noCommandRegisteredForInput: ({ input, corrections }) =>
          refuse(
            `There is no command "${masked(input)}"${corrections.length > 0 ? `; did you mean ${corrections.join(' or ').replaceAll('`', '')}?` : '. godwit --help lists them.'}`,
          ),
        exceptionWhileParsingArguments: (error) => refuse(misspelt(error, argv) ?? scannerMessage(error)),
        exceptionWhileLoadingCommandFunction: (error) => (failures.push(error), ''),
        exceptionWhileLoadingCommandContext: (error) => (failures.push(error), ''),
        exceptionWhileRunningCommand: (error) => (failures.push(error), ''),
      },
    },
  });
  const outcome: StricliProcess = { ...session.process, exitCode: null };
  try {
    await run(app, argv, { process: outcome, forCommand: () => session });
  } catch (error) {
    failures.push(error);
  }
  if (failures.length > 0) session.fail(failures.length === 1 ? failures[0] : together(failures));
  else if (outcome.exitCode !== Stricli.Success && session.exitCode === exitCodes.allThere)
    session.exitCode = exitCodes.faultOfOurs;
  return session.exitCode;
}

/** A slip in the word behind a command that takes none for itself, such as `godwit worker`; null where it is no slip. */
function misspelt(error: unknown, [command = '']: readonly string[]): string | null {
  const its = { worker: workerCommands, plan: planCommands, tail: tailCommands, coexist: coexistCommands }[command];
  if (!(error instanceof UnexpectedPositionalError) || its === undefined) return null;
  const words = its.getAllEntries().map(({ name }) => name.original);
  const meant = nearest(error.input, words);
  return meant && `There is no command "${command} ${error.input}"; did you mean ${command} ${meant}?`;
}

/** The library's finding about a flag or argument, without repeating what may be a secret. */
function scannerMessage(error: unknown): string {
  if (!(error instanceof ArgumentScannerError)) return masked(error instanceof Error ? error.message : String(error));
  return masked(
    formatMessageForArgumentScannerError(error, {
      UnexpectedPositionalError: ({ expectedCount }) =>
        expectedCount === 0
          ? 'There is an argument where none is expected. A flag may lack its "--", or a value its flag.'
          : `There are more arguments than the ${expectedCount} expected. A flag may lack its "--", or a value with blanks its quotes.`,
      UnsatisfiedPositionalError: ({ placeholder }) => `${placeholder} is missing.`,
      UnsatisfiedFlagError: ({ externalFlagName, nextFlagName }) =>
        `${flagName(externalFlagName)} needs a value${nextFlagName ? `, but ${flagName(nextFlagName)} follows` : ''}.`,
      FlagNotFoundError: ({ input, corrections, aliasName }) =>
        /^(server|token|server-?ca)$/i.test(input)
          ? machineOnly
          : `There is no flag ${aliasName ? `-${aliasName}` : `--${input.slice(0, 40)}`}${corrections.length > 0 ? `; did you mean ${corrections.map(flagName).join(' or ')}?` : '.'}`,
      AliasNotFoundError: ({ input }) => `There is no flag -${input.slice(0, 1)}.`,
      EnumValidationError: ({ externalFlagName, input, values }) =>
        `${flagName(externalFlagName)} takes ${values.join(', ')}, not "${input.slice(0, 40)}".`,
      UnexpectedFlagError: ({ externalFlagName }) =>
        `${flagName(externalFlagName)} is given twice, and can be given once.`,
    }),
  );
}

/** `sourceSecret` as it is typed: `--source-secret`. */
function flagName(name: string): string {
  return `--${name.replace(/^-+/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Any password that stands in a URL, out of sight. */
function masked(text: string): string {
  return text.replace(/(:\/\/[^\s:@/]*):[^\s]*@/g, '$1:…@');
}

function together(failures: readonly unknown[]): unknown {
  const messages = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)));
  return usageError(messages.join('\n'));
}
