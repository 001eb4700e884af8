/**
 * What the operator's directory says of a mailbox while it lives on either side (`mailHost`, `mailRoutingAddress`, `targetAddress`, or
 * whatever attributes the settings name), and by which filter its entry is found. Values in, values out.
 */

import { nearest } from '#lib/nearest.ts';
import { type Named, type SideName, type UserField, userFields } from './platform.ts';
import type { SecretReference } from './secret-reference.ts';

/** Plain data without any secret. */
export interface DirectorySettings extends Readonly<Record<SideName, AttributeTemplates>> {
  readonly server: DirectoryServer;
  readonly bindDn: string;
  readonly secret: SecretReference;
  readonly base: string;
  /** A filter of RFC 4515 in which the names of `userFields` stand in braces. */
  readonly filter: string;
}

export interface DirectoryServer {
  readonly host: string;
  readonly port: number;
  /** `starttls` is required, never merely tried. */
  readonly security: 'tls' | 'starttls' | 'clear';
  /** The text of authorities to trust besides those of the machine (PEM), or null. */
  readonly ca: string | null;
}

/** Attributes and the text that each has on that side; null for an attribute that is not there. */
export type AttributeTemplates = Readonly<Record<string, string | null>>;

/** The values of some attributes of one entry; none for an attribute that is not there. */
export type EntryValues = Readonly<Record<string, readonly string[]>>;

/** What the attributes say of a mailbox on that side. One that the settings name for the other side only is not there. */
export function valuesOn(side: SideName, settings: Pick<DirectorySettings, SideName>, mailbox: Named): EntryValues {
  return Object.fromEntries(
    attributesOf(settings).map((name) => {
      const value = filledIn(settings[side][name] ?? '', mailbox, (text) => text);
      return [name, value === '' ? [] : [value]];
    }),
  );
}

export function attributesOf({ source, target }: Pick<DirectorySettings, SideName>): readonly string[] {
  return [...new Set([...Object.keys(source), ...Object.keys(target)])];
}

/** The filter by which the entry of a mailbox is found. */
export function entryFilter(template: string, mailbox: Named): string {
  return filledIn(template, mailbox, escapedInFilter);
}

/** RFC 4515 §3: what would be understood as a part of the filter is written by its number. */
export function escapedInFilter(value: string): string {
  return value.replaceAll(/[\\*()\0]/g, (mark) => `\\${mark.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Whether they say the same, in whatever order and case: directories compare routing attributes without regard to it. */
export function isSameEntry(one: EntryValues, other: EntryValues): boolean {
  const words = (values: readonly string[] = []): string =>
    JSON.stringify(values.map((value) => value.toLowerCase()).toSorted());
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every(
    (name) => words(one[name]) === words(other[name]),
  );
}

/** What is wrong with the text of an attribute or with a filter, in words; null where nothing is. */
export function directoryTemplateProblem(template: string): string | null {
  if (/[{}]/.test(template.replaceAll(/\{\w+\}/g, ''))) return 'a brace is opened or closed that has no other.';
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  const unknown = names.find((name) => !userFields.some((field) => field === name));
  if (unknown === undefined) return null;
  const near = nearest(unknown, userFields);
  const instead = near ? `did you mean {${near}}?` : `there are ${userFields.map((each) => `{${each}}`).join(', ')}.`;
  return `there is no {${unknown.slice(0, 40)}}; ${instead}`;
}

function filledIn(template: string, mailbox: Named, written: (value: string) => string): string {
  const at = mailbox.address.lastIndexOf('@');
  const fields: Readonly<Record<UserField, string>> = {
    address: mailbox.address,
    local: at < 0 ? mailbox.address : mailbox.address.slice(0, at),
    domain: at < 0 ? '' : mailbox.address.slice(at + 1),
    // Where the list of mailboxes names none, it is the address.
    source_user: mailbox.sourceUser ?? mailbox.address,
    target_user: mailbox.targetUser ?? mailbox.address,
  };
  return template.replaceAll(/\{(\w+)\}/g, (braced, name: string) =>
    Object.hasOwn(fields, name) ? written(fields[name as UserField]) : braced,
  );
}
