/** The flags of every command as they are typed: text, which `choices.ts` and `sides.ts` read and check all together. */

import type { FlagParametersForType } from '@stricli/core';
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

export interface VerifyFlags extends SideFlags, SelectionFlags, OutputFlags, ManyFlags {
  readonly sample?: string;
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

const asTyped = String;
const text = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: asTyped, brief, placeholder, optional: true }) as const;
const texts = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: asTyped, brief, placeholder, optional: true, variadic: true }) as const;
const flag = (brief: string) => ({ kind: 'boolean', brief, optional: true, withNegated: false }) as const;
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

export const verifyFlags: FlagParametersForType<VerifyFlags> = {
  ...sideFlags,
  ...manyFlags,
  ...selectionFlags,
  sample: text('Read the content of this share of the messages only, e.g. 5%, or 0 for none (default all)', 'SHARE'),
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

export const shorthands = { o: 'output', q: 'quiet' } as const;
