/** The one word that many commands take besides their flags, and what a shell may complete it by. */

import type { CommandContext } from '@stricli/core';

/** Words that a shell may put in the place of one that has been begun. */
export type Propose = (this: CommandContext, partial: string) => Promise<readonly string[]>;

/** Told in the help as `placeholder`, and taken as it was typed. */
export const named = (placeholder: string, brief: string, proposeCompletions: Propose = nothing) =>
  ({ kind: 'tuple', parameters: [{ placeholder, brief, parse: String, proposeCompletions }] }) as const;

/** Loaded when a shell asks for it. */
const proposing = (name: 'waveNames' | 'mailboxAddresses' | 'organisationCodes'): Propose =>
  async function (partial) {
    return (await import('./completion.ts'))[name].call(this, partial);
  };

export const someWave = proposing('waveNames');
export const someMailbox = proposing('mailboxAddresses');
export const someOrganisation = proposing('organisationCodes');

async function nothing(): Promise<readonly string[]> {
  return [];
}
