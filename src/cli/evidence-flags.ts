/** The flags of `godwit certificate` and `godwit evidence`. */

import type { FlagParametersForType } from '@stricli/core';
import { type EstateFlags, estateFlags, type OutputFlags, outputFlags, type StatusFlags, text } from './flags.ts';

export interface KeyExportFlags extends EstateFlags, OutputFlags {
  readonly out?: string;
}

export type KeyFlags = StatusFlags;

export const keyFlags: FlagParametersForType<KeyFlags> = { ...estateFlags, ...outputFlags };

export const keyExportFlags: FlagParametersForType<KeyExportFlags> = {
  out: text('Write them to this file; without it they are printed', 'FILE'),
  ...keyFlags,
};
