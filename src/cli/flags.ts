/** The flags of every command as they are typed: text, which `choices.ts` and `sides.ts` read and check all together. */

import type { FlagParametersForType } from '@stricli/core';
import { noticeKinds, type NoticeKind } from '#domain/notice-kinds.ts';
import { noticeStates, type NoticeState } from '#domain/notice-list.ts';
import { someWave } from './positional.ts';
import type { LogFormat, LogLevel } from './world.ts';

export interface SideFlags {
  readonly sourceSecret?: string;
  readonly targetSecret?: string;
  readonly sourceAdmin?: string;
  readonly targetAdmin?: string;
  readonly adminStyle?: 'authzid' | 'user*master';
  readonly sourceOauth?: string;
  readonly targetOauth?: string;
  readonly sourceNoVerify?: boolean;
  readonly targetNoVerify?: boolean;
  readonly ca?: string;
  readonly allowClearText?: boolean;
}

export interface SelectionFlags {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly map?: readonly string[];
  readonly since?: string;
  readonly before?: string;
  readonly maxSize?: string;
}

export interface OutputFlags {
  readonly output?: 'text' | 'json';
  readonly quiet?: boolean;
  readonly logLevel?: LogLevel;
  readonly logFormat?: LogFormat;
  readonly state?: string;
}

export interface ManyFlags {
  readonly accounts?: string;
  readonly atOnce?: string;
}

export interface CopyFlags extends SideFlags, SelectionFlags, OutputFlags, ManyFlags {
  readonly dryRun?: boolean;
  readonly follow?: string;
  readonly delete?: boolean;
  readonly prove?: 'none' | 'sample' | 'all';
  readonly retryRefused?: boolean;
  readonly bandwidth?: string;
}

export interface VerifyFlags extends SideFlags, SelectionFlags, OutputFlags, ManyFlags, EstateFlags, ServerFlags {
  readonly sample?: string;
  readonly wave?: string;
}

export interface ProbeFlags extends OutputFlags {
  readonly deep?: boolean;
  readonly secret?: string;
  readonly admin?: string;
  readonly adminStyle?: 'authzid' | 'user*master';
  readonly oauth?: string;
  readonly noVerify?: boolean;
  readonly ca?: string;
  readonly allowClearText?: boolean;
}

/** Of every command of an estate. */
export interface EstateFlags {
  readonly config?: string;
}

/** Of those that go by a server as well. */
export interface ServerFlags {
  readonly server?: string;
  readonly token?: string;
  readonly serverCa?: string;
}

export interface InitFlags extends EstateFlags, Pick<OutputFlags, 'output' | 'quiet'> {
  readonly check?: boolean;
  readonly source?: string;
  readonly sourceAdmin?: string;
  readonly target?: string;
  readonly targetAdmin?: string;
}

export interface DbFlags extends EstateFlags, OutputFlags {}

export interface DbRestoredFlags extends DbFlags {
  readonly routes?: readonly string[];
  readonly yes?: boolean;
  readonly why?: string;
}

export interface ServeFlags extends EstateFlags, OutputFlags {
  readonly listen?: string;
}

export interface WorkerFlags extends ServeFlags {
  readonly atOnce?: string;
}

export interface WorkerDrainFlags extends EstateFlags, ServerFlags, OutputFlags {}

export interface StatusFlags extends EstateFlags, ServerFlags, OutputFlags {}

export interface AuditListFlags extends ListFlags {
  readonly since?: string;
  readonly who?: string;
  readonly what?: string;
  readonly mailbox?: string;
}

export interface AuditHeadFlags extends StatusFlags {
  readonly against?: string;
}

export interface DoctorFlags extends EstateFlags, OutputFlags {
  readonly moved?: string;
  readonly unmoved?: string;
  readonly movedSecret?: string;
  readonly unmovedSecret?: string;
  readonly mx?: string;
  readonly from?: string;
  readonly imap?: string;
  readonly ca?: string;
  readonly noVerify?: boolean;
  readonly within?: string;
}

export interface WaveFlags extends EstateFlags, ServerFlags, OutputFlags {
  readonly why?: string;
}

export type BrakeFlags = WaveFlags;

export interface WaveRescheduleFlags extends WaveFlags {
  readonly window: string;
}

export interface WaveReleaseFlags extends WaveFlags {
  readonly yes?: boolean;
}

export interface WaveCreateFlags extends EstateFlags, ServerFlags, OutputFlags {
  readonly window: string;
  readonly select?: string;
  readonly limit?: string;
  readonly pilot?: boolean;
  readonly errorBudget?: string;
}

export interface MailboxFlags extends EstateFlags, ServerFlags, OutputFlags {
  readonly why?: string;
}

export interface MailboxOrderFlags extends MailboxFlags {
  readonly select?: string;
}

export interface DeferFlags extends MailboxOrderFlags {
  readonly until?: string;
}

export interface AskFlags extends MailboxOrderFlags {
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly withdraw?: boolean;
}

export interface AnswerFlags extends MailboxFlags {
  readonly decline?: boolean;
}

export interface AcceptFlags extends MailboxFlags {
  readonly folder?: string;
  readonly uid?: string;
  readonly all?: boolean;
}

/** Of commands whose result is a table: a spreadsheet may want it. */
export interface TableFlags extends EstateFlags, ServerFlags, Omit<OutputFlags, 'output'> {
  readonly output?: 'text' | 'json' | 'csv';
}

export interface ListFlags extends TableFlags {
  readonly limit?: string;
  readonly after?: string;
}

export interface MailboxListFlags extends ListFlags {
  readonly select?: string;
}

export interface WaveCheckFlags extends TableFlags, Pick<ManyFlags, 'atOnce'> {
  readonly again?: boolean;
}

export interface ReportFlags extends Omit<TableFlags, 'output'> {
  readonly output?: 'text' | 'json' | 'csv' | 'html';
  readonly exceptions?: boolean;
}

export interface PlanFlags extends EstateFlags, ServerFlags, Omit<OutputFlags, 'output'> {
  readonly estate?: string;
  readonly calendar: string;
  /** A file, and perhaps `json` beside it. */
  readonly output?: readonly string[];
  readonly explain?: readonly string[];
  readonly diff?: string;
  readonly effort?: string;
  readonly seed?: string;
  readonly wishes?: string;
}

export interface RehearseFlags extends EstateFlags, ServerFlags, OutputFlags {
  readonly estate?: string;
  readonly calendar?: string;
  readonly faults?: string;
  readonly rates?: string;
  readonly seed?: string;
  readonly runs?: string;
  readonly speed?: string;
  readonly report?: string;
  readonly ahead?: string;
  readonly followEvery?: string;
  readonly errorBudget?: string;
  readonly releaseAfter?: string;
}

export interface NoticePreviewFlags extends EstateFlags, ServerFlags, OutputFlags {
  readonly moment?: NoticeKind;
  readonly language?: string;
  readonly raw?: boolean;
}

export interface NoticeSendFlags extends EstateFlags, ServerFlags, OutputFlags {
  readonly wave?: string;
  readonly moment?: NoticeKind;
  readonly dryRun?: boolean;
  readonly again?: boolean;
}

export interface NoticeListFlags extends TableFlags {
  readonly wave?: string;
  readonly became?: NoticeState;
  readonly limit?: string;
}

export interface ForecastFlags extends EstateFlags, ServerFlags, OutputFlags {
  readonly wave?: string;
  readonly history?: boolean;
}

export interface PlanApplyFlags extends EstateFlags, ServerFlags, OutputFlags {
  readonly calendar?: string;
  readonly yes?: boolean;
  readonly why?: string;
}

export interface EstateImportFlags extends EstateFlags, ServerFlags, OutputFlags {
  readonly organisations?: string;
  readonly mailboxes?: string;
  readonly grants?: string;
  readonly yes?: boolean;
}

export interface SecretFlags extends EstateFlags, ServerFlags, OutputFlags {}

export interface SecretSetFlags extends SecretFlags {
  readonly from?: string;
}

export interface SecretEraseFlags extends SecretFlags {
  readonly all?: boolean;
  readonly why?: string;
  readonly own?: boolean;
  readonly underWay?: boolean;
  readonly yes?: boolean;
}

export interface SecretKeyFlags extends Pick<OutputFlags, 'output'> {
  readonly out: string;
}

const asTyped = String;
export const text = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: asTyped, brief, placeholder, optional: true }) as const;
export const texts = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: asTyped, brief, placeholder, optional: true, variadic: true }) as const;
export const flag = (brief: string) => ({ kind: 'boolean', brief, optional: true, withNegated: false }) as const;
const adminStyle = {
  kind: 'enum',
  values: ['authzid', 'user*master'],
  brief: "How an administrator is named: SASL PLAIN's authzid (default), or Dovecot's user*master",
  optional: true,
} as const;

export const sideFlags: FlagParametersForType<SideFlags> = {
  sourceSecret: text('Password at the source: env:NAME or file:PATH; asked for on a terminal when absent', 'REF'),
  targetSecret: text('Password at the target, likewise', 'REF'),
  sourceAdmin: text('Sign in at the source as this administrator on behalf of the mailbox', 'USER'),
  targetAdmin: text('Likewise at the target', 'USER'),
  adminStyle,
  sourceOauth: text('Sign in at the source with OAuth, as this file says', 'FILE'),
  targetOauth: text('Likewise at the target', 'FILE'),
  ca: text('Trust the authorities in this PEM file besides those of this machine', 'FILE'),
  sourceNoVerify: flag("Do not verify the source's certificate (anyone between here and there can read along)"),
  targetNoVerify: flag("Do not verify the target's certificate"),
  allowClearText: flag('Allow imap+plain:// to another machine'),
};

export const selectionFlags: FlagParametersForType<SelectionFlags> = {
  include: texts(
    "Only these folders: a glob ('Work/**', * stays within a name) or a role ('\\Sent'); repeatable",
    'GLOB',
  ),
  exclude: texts("Leave these folders out, e.g. '\\Trash'; repeatable", 'GLOB'),
  map: texts('Put a folder and all below it elsewhere; repeatable', 'OLD=NEW'),
  since: text('Only messages that arrived at or after: 2024-03-31 (UTC) or 30d ago', 'DATE'),
  before: text('Only messages that arrived before', 'DATE'),
  maxSize: text('Leave out messages larger than this, e.g. 25M', 'SIZE'),
};

export const outputFlags: FlagParametersForType<OutputFlags> = {
  state: text('Where the ledger is kept (default $XDG_STATE_HOME/godwit, else ~/.local/state/godwit)', 'DIR'),
  output: {
    kind: 'enum',
    values: ['text', 'json'],
    brief: 'json prints one JSON document on stdout at the end',
    optional: true,
  },
  quiet: flag('Say only what went wrong; no progress display'),
  logLevel: {
    kind: 'enum',
    values: ['error', 'warn', 'info', 'debug', 'trace'],
    brief: 'How much is logged on stderr (default warn); trace shows the wire, without secrets',
    optional: true,
  },
  logFormat: { kind: 'enum', values: ['text', 'json'], brief: 'How a log line looks (default text)', optional: true },
};

export const manyFlags: FlagParametersForType<ManyFlags> = {
  accounts: text('Many accounts: a CSV file with the header source,target,source_secret,target_secret', 'FILE'),
  atOnce: text('How many mailboxes at a time (default 4)', 'N'),
};

export const copyFlags: FlagParametersForType<CopyFlags> = {
  ...sideFlags,
  ...manyFlags,
  ...selectionFlags,
  dryRun: flag('Say what would be done, in the same words; write nothing'),
  delete: flag(
    'Remove on the target what left the source; only messages that Godwit itself put there; of a folder that is gone, when two runs have found it so',
  ),
  follow: text('Go on carrying changes, looking again after this long at the latest, until stopped', 'TIME'),
  prove: {
    kind: 'enum',
    values: ['none', 'sample', 'all'],
    brief: 'How much is read back by content (default sample)',
    optional: true,
  },
  retryRefused: flag('Try again what the target refused in an earlier run'),
  bandwidth: text('At most so many bytes a second, by the clock: "08:00,512k 19:00,off"', 'TABLE'),
  ...outputFlags,
};

export const serverFlags: FlagParametersForType<ServerFlags> = {
  server: text('Go by the API of this server, not by the database: https://godwit.corp.example:8030', 'URL'),
  token: text('The token for it: env:NAME or file:PATH', 'REF'),
  serverCa: text('Trust the authorities in this PEM file besides those of this machine, for --server', 'FILE'),
};

export const verifyFlags: FlagParametersForType<VerifyFlags> = {
  ...sideFlags,
  ...manyFlags,
  ...selectionFlags,
  sample: text('Read the content of this share of the messages only, e.g. 5%, or 0 for none (default all)', 'SHARE'),
  wave: text('Every mailbox of this wave of an estate, as the settings of the programme say', 'WAVE'),
  config: text('With --wave: the settings of the programme (default $GODWIT_CONFIG, else godwit.yaml here)', 'FILE'),
  ...serverFlags,
  ...outputFlags,
};

export const probeFlags: FlagParametersForType<ProbeFlags> = {
  deep: flag('Look through every message for what servers refuse or alter'),
  secret: text('Password: env:NAME or file:PATH; asked for on a terminal when a user is named and it is absent', 'REF'),
  admin: text('Sign in as this administrator on behalf of the mailbox', 'USER'),
  adminStyle,
  oauth: text('Sign in with OAuth, as this file says', 'FILE'),
  ca: text('Trust the authorities in this PEM file besides those of this machine', 'FILE'),
  noVerify: flag('Do not verify the certificate'),
  allowClearText: flag('Allow imap+plain:// to another machine'),
  ...outputFlags,
};

export const estateFlags: FlagParametersForType<EstateFlags> = {
  config: text('The settings of the programme (default $GODWIT_CONFIG, else godwit.yaml here)', 'FILE'),
};

export const initFlags: FlagParametersForType<InitFlags> = {
  check: flag('Write nothing; look whether the file is in order'),
  source: text('Where the mail is: imaps://mail.old.example', 'URL'),
  sourceAdmin: text('Administrator there who may open every mailbox', 'USER'),
  target: text('Where it goes: imaps://mail.new.example', 'URL'),
  targetAdmin: text('Administrator there who may open every mailbox', 'USER'),
  ...estateFlags,
  output: outputFlags.output,
  quiet: outputFlags.quiet,
};

export const dbFlags: FlagParametersForType<DbFlags> = { ...estateFlags, ...outputFlags };

export const dbRestoredFlags: FlagParametersForType<DbRestoredFlags> = {
  routes: texts('What a door kept on another machine (the files in routes/ of its state folder); repeatable', 'FILE'),
  why: text('Why it was restored; recorded', 'TEXT'),
  yes: flag('Confirm it, so that work goes on; without it only tell whom it concerns'),
  ...estateFlags,
  ...outputFlags,
};

const listen = text(
  'Where health and metrics are told (default 127.0.0.1:8025, or any free port where that is taken), or off',
  'HOST:PORT',
);

export const serveFlags: FlagParametersForType<ServeFlags> = { listen, ...estateFlags, ...outputFlags };

export const workerFlags: FlagParametersForType<WorkerFlags> = {
  atOnce: text('How many mailboxes at a time (default: as the settings of the estate say)', 'N'),
  listen,
  ...outputFlags,
  config: text('Work by this file rather than by the settings that godwit serve published', 'FILE'),
};

export const workerDrainFlags: FlagParametersForType<WorkerDrainFlags> = {
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};

export const statusFlags: FlagParametersForType<StatusFlags> = { ...estateFlags, ...serverFlags, ...outputFlags };

export const doctorFlags: FlagParametersForType<DoctorFlags> = {
  moved: text('A test mailbox that has moved', 'ADDRESS'),
  unmoved: text('A test mailbox that has not', 'ADDRESS'),
  movedSecret: text('Its password, for a sign-in through the proxies: env:NAME, file:PATH or sealed:NAME', 'REF'),
  unmovedSecret: text('The same of the one that has not moved', 'REF'),
  mx: text('Where a message is handed in for each of them: the MX, as a stranger comes to it', 'HOST:PORT'),
  from: text('The sender of these messages (default: the test mailbox itself)', 'ADDRESS'),
  imap: text('The proxies, by IMAP: imaps://mail.corp.example', 'URL'),
  ca: text('Trust the authorities in this PEM file besides those of this machine, for --imap', 'FILE'),
  noVerify: flag('Do not verify the certificate of --imap'),
  within: text('How long a message may be on its way (default 60s)', 'TIME'),
  ...estateFlags,
  ...outputFlags,
};

const why = text('Why, for those who ask later', 'TEXT');

export const waveFlags: FlagParametersForType<WaveFlags> = { why, ...estateFlags, ...serverFlags, ...outputFlags };

export const brakeFlags: FlagParametersForType<BrakeFlags> = waveFlags;

export const waveRescheduleFlags: FlagParametersForType<WaveRescheduleFlags> = {
  window: {
    kind: 'parsed',
    parse: String,
    brief: 'When it switches instead, by the clocks of the programme: 2026-12-08T19:00/06:00',
    placeholder: 'WINDOW',
  },
  ...waveFlags,
};

export const waveReleaseFlags: FlagParametersForType<WaveReleaseFlags> = {
  yes: flag('Release them; without it only tell whom'),
  ...waveFlags,
};

export const mailboxFlags: FlagParametersForType<MailboxFlags> = {
  why,
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};

export const mailboxOrderFlags: FlagParametersForType<MailboxOrderFlags> = {
  select: text("All that are meant, instead of addresses: 'wave=pilot mark=blocked'", 'SELECTOR'),
  ...mailboxFlags,
};

export const deferFlags: FlagParametersForType<DeferFlags> = {
  until: text('The day on which it goes on by itself', 'DAY'),
  ...mailboxOrderFlags,
};

export const askFlags: FlagParametersForType<AskFlags> = {
  notBefore: text('The first day that would do', 'DAY'),
  notAfter: text('The last day; without it any later one will do', 'DAY'),
  withdraw: flag('Ask for nothing any more, where what was asked for is still open'),
  ...mailboxOrderFlags,
};

export const answerFlags: FlagParametersForType<AnswerFlags> = {
  decline: flag('The answer is no, and --why says why'),
  ...mailboxFlags,
};

export const acceptFlags: FlagParametersForType<AcceptFlags> = {
  folder: text('Of this folder, as the report tells it', 'FOLDER'),
  uid: text('The message with this number', 'N'),
  all: flag('All that is listed of the mailbox'),
  ...mailboxFlags,
};

export const tableFlags: FlagParametersForType<TableFlags> = {
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
  output: {
    kind: 'enum',
    values: ['text', 'json', 'csv'],
    brief: 'json prints one JSON document on stdout, csv a table for spreadsheets',
    optional: true,
  },
};

export const listFlags: FlagParametersForType<ListFlags> = {
  limit: text('At most so many lines (default: 50 on a screen, else all)', 'N'),
  after: text('Only what comes after this one, in the order of the list', 'NAME'),
  ...tableFlags,
};

export const auditListFlags: FlagParametersForType<AuditListFlags> = {
  since: text('Only records since then: 7d, 12h or 2026-11-01', 'WHEN'),
  who: text('Only what somebody did whose name has this in it', 'NAME'),
  what: text('Only what is recorded under this word, such as hold or release', 'WORD'),
  mailbox: text('Only what was done with this mailbox', 'ADDRESS'),
  ...listFlags,
  after: text('Only records older than this one', 'RECORD'),
};

export const auditHeadFlags: FlagParametersForType<AuditHeadFlags> = {
  against: text('Heads that were kept elsewhere, a line each: see that the log still holds them', 'FILE'),
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};

export const mailboxListFlags: FlagParametersForType<MailboxListFlags> = {
  select: text("Which: 'organisation=RXY stage=blocked'; all if it is left out", 'SELECTOR'),
  ...listFlags,
};

export const rehearseFlags: FlagParametersForType<RehearseFlags> = {
  estate: text(
    'The folder with organisations.csv, mailboxes.csv and grants.csv (default: the imported estate)',
    'FOLDER',
  ),
  calendar: text('When windows are (default calendar.yaml)', 'FILE'),
  faults: text('What goes wrong (docs/weather-yaml.md; default: as the rates have it)', 'FILE'),
  rates: text('How fast mail moves (JSON; default: what the estate has measured, else as published)', 'FILE'),
  seed: text('The luck of the first run (default 1): the same seed, the same rehearsal', 'N'),
  runs: text('So many seeds, from which the range of the finish comes (default 5)', 'N'),
  speed: text('Show the first run as a programme to watch, so many times as fast as a real one', 'N'),
  report: text('Write charts and a report to put before a board into this folder', 'FOLDER'),
  ahead: text('How long before its window the copying of a wave begins (default 21d)', 'TIME'),
  followEvery: text('Between two looks at a mailbox whose target is to stay close (default 15m)', 'TIME'),
  errorBudget: text('The share of a wave that may fail before it pauses by itself (default 2%)', 'SHARE'),
  releaseAfter: text('How long after its switch a mailbox is released, or never (default 30d)', 'TIME'),
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};

export const waveCheckFlags: FlagParametersForType<WaveCheckFlags> = {
  again: flag('Look also at those that were found ready within a day'),
  atOnce: manyFlags.atOnce,
  ...tableFlags,
};

export const reportFlags: FlagParametersForType<ReportFlags> = {
  exceptions: flag('With -o csv: the messages that are listed by name, not the mailboxes'),
  ...tableFlags,
  output: {
    kind: 'enum',
    values: ['text', 'json', 'csv', 'html'],
    brief: 'json prints one JSON document on stdout, csv a table for spreadsheets, html a page that needs nothing else',
    optional: true,
  },
};

export const waveCreateFlags: FlagParametersForType<WaveCreateFlags> = {
  window: {
    kind: 'parsed',
    parse: String,
    brief: 'When it switches, by the clocks of the programme: 2026-12-01T19:00/06:00',
    placeholder: 'WINDOW',
  },
  select: text("Whom: 'organisation=RXY kind=person,shared'; everybody without a wave if it is left out", 'SELECTOR'),
  limit: text('At most so many, in the order of their addresses', 'N'),
  pilot: flag('Switch these before all others of the same window'),
  errorBudget: text(
    'The share that may fail before it pauses by itself (default: error-budget of the settings)',
    'SHARE',
  ),
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};

export const planFlags: FlagParametersForType<PlanFlags> = {
  calendar: {
    kind: 'parsed',
    parse: asTyped,
    brief: 'When there are windows, how much fits into each, and when nobody moves (docs/calendar-yaml.md)',
    placeholder: 'FILE',
  },
  estate: text(
    'Plan what organisations.csv, mailboxes.csv and grants.csv in this folder say; without it, the imported estate',
    'DIR',
  ),
  output: texts(
    'Write the plan to this file, and its tables beside it; json prints one JSON document on stdout',
    'FILE',
  ),
  explain: texts('Tell why somebody moves when they do, and what every other window would cost; repeatable', 'ADDRESS'),
  diff: text('An earlier plan: tell what changes, and keep to it where that costs the same', 'FILE'),
  wishes: text(
    'What organisations ask: not these dates, these people together, this ward last (docs/planning.md)',
    'FILE',
  ),
  effort: text(
    'For how long to improve it: 30s, 5m (default: by the size of the estate, half a minute for two million)',
    'TIME',
  ),
  seed: text('Of the chance that is used; the same input and seed give the same plan (default 1)', 'N'),
  config: text(
    'Without --estate: the settings of the programme (default $GODWIT_CONFIG, else godwit.yaml here)',
    'FILE',
  ),
  ...serverFlags,
  state: outputFlags.state,
  quiet: outputFlags.quiet,
  logLevel: outputFlags.logLevel,
  logFormat: outputFlags.logFormat,
};

const moment = {
  kind: 'enum',
  values: noticeKinds,
  brief: 'Of which it tells: days from the move, or that nothing came of it',
  optional: true,
} as const;

export const noticePreviewFlags: FlagParametersForType<NoticePreviewFlags> = {
  moment: { ...moment, brief: 'Which message (default T-14)' },
  language: text("Instead of the reader's own, such as de", 'LANGUAGE'),
  raw: flag('The very octets that would be sent'),
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};

export const noticeSendFlags: FlagParametersForType<NoticeSendFlags> = {
  wave: text('Only to people of this wave', 'WAVE'),
  moment: { ...moment, brief: 'Only these messages' },
  dryRun: flag('Only tell to how many what is due'),
  again: flag('Try those that were refused once more'),
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};

export const noticeListFlags: FlagParametersForType<NoticeListFlags> = {
  wave: text('Only to people of this wave', 'WAVE'),
  became: { kind: 'enum', values: noticeStates, brief: 'Only those of which this became', optional: true },
  limit: text('At most so many, the latest first (default: 50 on a screen, else all)', 'N'),
  ...tableFlags,
};

export const forecastFlags: FlagParametersForType<ForecastFlags> = {
  wave: { ...text('Only this wave', 'WAVE'), proposeCompletions: someWave },
  history: flag('Waves that are over: what was forecast of them, and what happened'),
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};

export const planApplyFlags: FlagParametersForType<PlanApplyFlags> = {
  calendar: text('The calendar that the plan was made for (docs/calendar-yaml.md; default calendar.yaml)', 'FILE'),
  yes: flag('Apply it; without it only tell what would change'),
  why: text('The reason, for the audit log (default: the name of the plan)', 'TEXT'),
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};

export const estateImportFlags: FlagParametersForType<EstateImportFlags> = {
  organisations: text('All organisations: a CSV file with the header code,name,parent', 'FILE'),
  mailboxes: text(
    'All mailboxes: address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint, and what docs/estate.md lists',
    'FILE',
  ),
  grants: text('Who may do what with whose mailbox, all of it: mailbox,grantee,kind', 'FILE'),
  yes: flag('Import; without it only tell what would change'),
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};

export const secretFlags: FlagParametersForType<SecretFlags> = { ...estateFlags, ...serverFlags, ...outputFlags };

export const secretSetFlags: FlagParametersForType<SecretSetFlags> = {
  from: text(
    'One for each mailbox: a CSV file with the header address,secret; NAME is then what stands before the address',
    'FILE',
  ),
  ...secretFlags,
};

export const secretEraseFlags: FlagParametersForType<SecretEraseFlags> = {
  all: flag('All of them'),
  why,
  own: flag("With --all: Godwit's own keys, too, with which digests in certificates are checked"),
  underWay: flag('Erase though mailboxes are on their way, for which nobody can sign in any more'),
  yes: flag('Erase them; without it only tell how many'),
  ...secretFlags,
};

export const secretKeyFlags: FlagParametersForType<SecretKeyFlags> = {
  out: {
    kind: 'parsed',
    parse: asTyped,
    brief: 'Where to write it; a file that is there already is left',
    placeholder: 'FILE',
  },
  output: outputFlags.output,
};

export const shorthands = { o: 'output', q: 'quiet' } as const;
