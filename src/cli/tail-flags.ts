/** The flags of `godwit tail`. */

import type { FlagParametersForType } from '@stricli/core';
import { accessLogFormats, type AccessLogFormat } from '#domain/access-log.ts';
import { type SideName, sideNames } from '#domain/platform.ts';
import {
  type EstateFlags,
  estateFlags,
  flag,
  listFlags,
  type ListFlags,
  type OutputFlags,
  outputFlags,
  type ServerFlags,
  serverFlags,
  tableFlags,
  type TableFlags,
  text,
  texts,
} from './flags.ts';

export interface TailReadFlags extends EstateFlags, ServerFlags, OutputFlags {
  readonly format: AccessLogFormat;
  readonly side?: SideName;
  readonly follow?: boolean;
  readonly timezone?: string;
  readonly port?: readonly string[];
  readonly notFrom?: readonly string[];
}

export interface TailListFlags extends ListFlags {
  readonly organisation?: string;
  readonly protocol?: readonly string[];
  readonly since?: string;
  readonly side?: SideName;
  readonly old?: boolean;
  readonly moved?: boolean;
  readonly unknown?: boolean;
}

export interface TailBurnDownFlags extends TableFlags {
  readonly organisation?: string;
  readonly since?: string;
}

export interface TailApplicationsFlags extends TableFlags {
  readonly organisation?: string;
  readonly since?: string;
}

export interface TailAssignFlags extends EstateFlags, ServerFlags, OutputFlags {
  readonly owner?: string;
  readonly plan?: string;
  readonly by?: string;
  readonly clear?: boolean;
}

const side = {
  kind: 'enum',
  values: sideNames,
  brief: 'Whose server that is: source (default) or target',
  optional: true,
} as const;
const organisation = text('Only of this organisation and those below it', 'CODE');

export const tailReadFlags: FlagParametersForType<TailReadFlags> = {
  format: { kind: 'enum', values: accessLogFormats, brief: 'What wrote it: dovecot, postfix, nginx or iis' },
  side,
  follow: flag('Go on as they grow, are renamed and made anew, until stopped'),
  timezone: text('Whose clocks a log shows that does not say (default: as the settings say, else UTC)', 'ZONE'),
  port: texts('What nginx speaks on a port of its own, such as 1143=imap; repeatable', 'PORT=PROTOCOL'),
  notFrom: texts(
    'Pass over sign-ins from this address or network: those of Godwit itself, and of what watches the servers; repeatable',
    'NETWORK',
  ),
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};

export const tailListFlags: FlagParametersForType<TailListFlags> = {
  organisation,
  protocol: texts('Only this one, such as pop3; repeatable', 'PROTOCOL'),
  since: text('Only who was seen since then: 7d, 12h, 2026-11-01', 'DATE'),
  side: { ...side, brief: 'Only at the source, or only at the target' },
  old: flag('Only what has to end: at the source, under an old name, or under one that nobody has'),
  moved: flag('Only whose mailbox has moved'),
  unknown: flag('Only under names that the estate does not have'),
  ...listFlags,
};

export const tailBurnDownFlags: FlagParametersForType<TailBurnDownFlags> = {
  organisation,
  since: text('From that day on: 90d, 2026-09-01 (default 30d)', 'DATE'),
  ...tableFlags,
};

export const tailApplicationsFlags: FlagParametersForType<TailApplicationsFlags> = {
  organisation,
  since: text('Only what was seen since then: 30d, 2026-11-01', 'DATE'),
  ...tableFlags,
};

export const tailAssignFlags: FlagParametersForType<TailAssignFlags> = {
  owner: text('Who answers for it', 'TEXT'),
  plan: text('What is to become of it', 'TEXT'),
  by: text('Until when: 2027-03-31', 'DATE'),
  clear: flag('Forget what was written down'),
  ...estateFlags,
  ...serverFlags,
  ...outputFlags,
};
