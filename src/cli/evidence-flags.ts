/** The flags of `godwit certificate` and `godwit evidence`. */

import type { FlagParametersForType } from '@stricli/core';
import {
  type EstateFlags,
  estateFlags,
  flag,
  manyFlags,
  type OutputFlags,
  outputFlags,
  probeFlags,
  type ProbeFlags,
  type ServerFlags,
  serverFlags,
  text,
} from './flags.ts';

export interface KeyFlags extends EstateFlags, ServerFlags, OutputFlags {}

export interface KeyExportFlags extends KeyFlags {
  readonly out?: string;
}

export interface WhoseFlags {
  readonly wave?: string;
  readonly mailbox?: string;
}

export interface MakeFlags extends WhoseFlags, KeyFlags {
  readonly out?: string;
  readonly anew?: boolean;
  readonly noElements?: boolean;
  readonly atOnce?: string;
}

export interface DigestKeyFlags extends WhoseFlags, KeyFlags {
  readonly out?: string;
}

export interface CheckFlags extends ProbeFlags {
  readonly publicKey?: string;
  readonly against?: string;
  readonly digestKey?: string;
  readonly elements?: string;
  readonly waveFile?: string;
  readonly proof?: string;
  readonly live?: boolean;
}

export interface ExportFlags extends KeyFlags {
  readonly organisation?: string;
  readonly out?: string;
  readonly withDigestKeys?: boolean;
}

export const keyFlags: FlagParametersForType<KeyFlags> = { ...estateFlags, ...serverFlags, ...outputFlags };

export const keyExportFlags: FlagParametersForType<KeyExportFlags> = {
  out: text('Write them to this file; without it they are printed', 'FILE'),
  ...keyFlags,
};

const whoseFlags: FlagParametersForType<WhoseFlags> = {
  wave: text('Of all mailboxes of this wave', 'WAVE'),
  mailbox: text('Of this one', 'ADDRESS'),
};

export const makeFlags: FlagParametersForType<MakeFlags> = {
  ...whoseFlags,
  out: text(
    'Write one file for each mailbox to this folder, and the root of the wave; they are kept in any case',
    'DIR',
  ),
  anew: flag('Also of those who have one that no root covers yet'),
  noElements: flag('Without the list that lets a checker name a single message (some 100 octets for each message)'),
  atOnce: manyFlags.atOnce,
  ...keyFlags,
};

export const digestKeyFlags: FlagParametersForType<DigestKeyFlags> = {
  ...whoseFlags,
  out: text('The folder in which they are written', 'DIR'),
  ...keyFlags,
};

const { deep: _deep, ...signInFlags } = probeFlags;

export const checkFlags: FlagParametersForType<Omit<CheckFlags, 'deep'>> = {
  publicKey: text('The public keys that you got by a way of their own (a JWK, or a set of them)', 'FILE'),
  against: text('Read the mailbox as it is now: imaps://ann@mail.example', 'URL'),
  digestKey: text('The digest key of the mailbox, for --against: file:PATH or env:NAME', 'REF'),
  elements: text('The list of its elements (default: FILE with .elements for .json, where there is one)', 'FILE'),
  waveFile: text('The certificate of its wave, to be checked with --proof', 'FILE'),
  proof: text('The proof that the certificate of its wave covers it', 'FILE'),
  live: flag('Mail that came since is told, and is no difference: people use the mailbox'),
  ...signInFlags,
};

export const exportFlags: FlagParametersForType<ExportFlags> = {
  organisation: text('Its code: its mailboxes, and those of all below it', 'CODE'),
  out: text('The folder in which the bundle is written', 'DIR'),
  withDigestKeys: flag(
    'With the key of each mailbox by which contents are checked; the bundle is then for those people alone',
  ),
  ...keyFlags,
};
