/** The flags of `godwit access`. */

import type { FlagParametersForType } from '@stricli/core';
import { type Role, roles } from '#domain/rights.ts';
import {
  type EstateFlags,
  estateFlags,
  flag,
  type OutputFlags,
  outputFlags,
  type ServerFlags,
  serverFlags,
  text,
  texts,
} from './flags.ts';
import { someOrganisation } from './positional.ts';

export interface AccessFlags extends EstateFlags, ServerFlags, OutputFlags {}

export interface AccessListFlags extends AccessFlags {
  readonly all?: boolean;
}

export interface AccessWhyFlags extends AccessFlags {
  readonly why?: string;
}

export interface ApproveFlags extends AccessFlags {
  readonly why: string;
}

export interface TokenCreateFlags extends AccessFlags {
  readonly name: string;
  readonly role: Role;
  readonly organisation?: string;
  readonly scope?: readonly string[];
  readonly expires?: string;
  readonly out?: string;
}

const accessFlags: FlagParametersForType<AccessFlags> = { ...estateFlags, ...serverFlags, ...outputFlags };

export const accessListFlags: FlagParametersForType<AccessListFlags> = {
  all: flag('Also those that have ended'),
  ...accessFlags,
};

export const accessWhyFlags: FlagParametersForType<AccessWhyFlags> = {
  why: text('The reason, for the audit log', 'TEXT'),
  ...accessFlags,
};

export const approveFlags: FlagParametersForType<ApproveFlags> = {
  why: { kind: 'parsed', parse: String, brief: 'What you have seen to, for the audit log', placeholder: 'TEXT' },
  ...accessFlags,
};

export const tokenCreateFlags: FlagParametersForType<TokenCreateFlags> = {
  name: { kind: 'parsed', parse: String, brief: 'What it is for, such as "nightly report"', placeholder: 'NAME' },
  role: { kind: 'enum', values: roles, brief: 'What its holder may do (docs/rights.md)' },
  organisation: {
    ...text('Only in this organisation and all below it, by its code', 'CODE'),
    proposeCompletions: someOrganisation,
  },
  scope: texts('Only this of what the role may do, such as see; may be given more than once', 'ACT'),
  expires: text('For how long it is good (default 90d, at most 366d)', 'TIME'),
  out: text('Write it to this file, for you alone to read, instead of showing it', 'FILE'),
  ...accessFlags,
};
