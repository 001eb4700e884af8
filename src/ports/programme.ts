/**
 * The settings of the programme as everybody at work shares them: the control plane that was started last publishes what its
 * godwit.yaml says, and workers take them from there, wherever they are. No secret is in them.
 */

import type { EstateSettings } from '#domain/estate-settings.ts';

/**
 * What of the settings is said to others. Where the database is, they know already; where health is told is each one's own, and
 * messages to people and approvals are the business of who leads.
 */
export type SharedSettings = Omit<
  EstateSettings,
  'database' | 'embedded' | 'listen' | 'notices' | 'doors' | 'approvals'
>;

/**
 * The form in which this version writes them and reads them. A change that an older worker would misunderstand gets the next
 * number; what is only added, with a default for who does not find it, does not.
 */
export const settingsForm = 1;

export type Published =
  | { readonly kind: 'settings'; readonly revision: number; readonly settings: SharedSettings; readonly host: string }
  /** Nobody has published any yet. */
  | { readonly kind: 'none' }
  /** By a version whose form this one does not know. */
  | { readonly kind: 'other-form'; readonly form: number; readonly version: string };

export interface ProgrammeSettings {
  /** Answers with their revision, which is another one only where they differ from what was published before. */
  publish(settings: SharedSettings, by: { readonly version: string; readonly host: string }): Promise<number>;
  current(): Promise<Published>;
}
