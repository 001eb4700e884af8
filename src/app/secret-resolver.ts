/** What the references in settings lead to in this process: its environment, its files, and the sealed secrets of the estate. */

import { fault, isFault } from '#domain/fault.ts';
import { type MailboxSecrets, type Platform, sealedNameOf } from '#domain/platform.ts';
import { type SecretReference, shownReference } from '#domain/secret-reference.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import { opening } from '#operations/seal-secrets.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { SealedSecrets, Secrets } from '#ports/secrets.ts';
import { type Environment, readReference } from './keyring.ts';
import { SecretList } from './secret-list.ts';

export interface SecretPlaces {
  readonly environment: Environment;
  /** Null: nothing is looked for among the sealed ones. */
  readonly kept: SealedSecrets | null;
  readonly keys: Keyring | null;
  readonly log: Log;
  /** Milliseconds of a clock that nobody sets. */
  readonly clock: () => number;
}

/** So long the secret of a platform is remembered: a thousand sign-ins a minute ask for it once. */
const rememberedMs = 30_000;

export class SecretResolver implements Secrets {
  readonly #places: SecretPlaces;
  /** Of platforms only, of which there are two; mailboxes' own are read each time. */
  readonly #remembered = new Map<string, { readonly secret: string; readonly untilMs: number }>();
  readonly #lists = new Map<string, SecretList>();
  readonly #warned = new Set<string>();

  constructor(places: SecretPlaces) {
    this.#places = places;
  }

  async resolve(reference: SecretReference): Promise<string> {
    const key = shownReference(reference);
    const now = this.#places.clock();
    const known = this.#remembered.get(key);
    if (known && now < known.untilMs) return known.secret;
    this.#remembered.delete(key);
    const secret = await this.#read(reference);
    this.#remembered.set(key, { secret, untilMs: now + rememberedMs });
    return secret;
  }

  forget(reference: SecretReference): void {
    this.#remembered.delete(shownReference(reference));
  }

  async ofMailbox(where: MailboxSecrets, address: string): Promise<string> {
    if (where.kind === 'list') {
      const reference = await this.#listAt(where.path).find(address);
      if (reference) return this.#read(reference);
      throw fault('secret.mailbox.none', { mailbox: address, place: cleanText(where.path, 300) });
    }
    const name = sealedNameOf(where.prefix, address);
    const secret = name === null ? null : await this.#unsealed(name);
    if (secret !== null) return secret;
    throw fault('secret.mailbox.none', { mailbox: address, place: `sealed:${where.prefix}` });
  }

  async lacking(platforms: readonly Platform[], others: readonly SecretReference[] = []): Promise<readonly string[]> {
    const missing = new Set<string>();
    for (const { signIn, sessions } of platforms) {
      const name = await this.#lackingFor(signIn);
      if (name !== null) missing.add(cleanText(name, 300));
      if (sessions) await this.#lookAt(sessions.key, missing);
    }
    for (const reference of others) await this.#lookAt(reference, missing);
    return [...missing];
  }

  async #lookAt(reference: SecretReference, missing: Set<string>): Promise<void> {
    if (!(await can(this.#read(reference)))) missing.add(cleanText(shownReference(reference), 300));
  }

  /** The reference that leads nowhere; null where there is none. */
  async #lackingFor(signIn: Platform['signIn']): Promise<string | null> {
    switch (signIn.kind) {
      case 'admin':
      case 'shared':
        return (await can(this.#read(signIn.secret))) ? null : shownReference(signIn.secret);
      case 'oauth': {
        const { readOAuthFile } = await import('#connectors/oauth/index.ts');
        return (await can(readOAuthFile(signIn.file, this.#places.environment))) ? null : `file:${signIn.file}`;
      }
      case 'each': {
        const { secrets } = signIn;
        if (secrets.kind === 'list')
          return (await can(this.#listAt(secrets.path).look())) ? null : `file:${secrets.path}`;
        const { kept, keys } = this.#places;
        const ids = kept && keys ? [...(await kept.keyIds(secrets.prefix))] : null;
        return ids?.every((id) => keys?.all.some((key) => key.opens(id))) ? null : `sealed:${secrets.prefix}`;
      }
    }
  }

  async #read(reference: SecretReference): Promise<string> {
    const shown = cleanText(shownReference(reference), 300);
    if (reference.kind === 'sealed') {
      const secret = await this.#unsealed(reference.name);
      if (secret !== null) return secret;
      throw fault('secret.unresolved', { reference: shown, text: 'there is no sealed secret of this name.' });
    }
    const read = await readReference(reference, this.#places.environment);
    if (read.kind === 'refused') throw fault('secret.unresolved', { reference: shown, text: read.says });
    if (read.warning && !this.#warned.has(shown)) {
      this.#warned.add(shown);
      this.#places.log.warn('secret can be read by everyone on this machine', { reference: shown });
    }
    return read.secret;
  }

  /** Null: there is none of this name. */
  async #unsealed(name: string): Promise<string | null> {
    const { kept, keys } = this.#places;
    const found = kept && (await kept.find(name));
    if (!found) return null;
    if (!keys) throw fault('secret.key.missing', {});
    const opened = await opening({ keys, estate: await kept.estate() }, found);
    if (opened instanceof Error) throw opened;
    return opened.toString('utf8');
  }

  #listAt(path: string): SecretList {
    const list = this.#lists.get(path) ?? new SecretList(path);
    this.#lists.set(path, list);
    return list;
  }
}

/** False where it ends with a fault of secrets; whatever else goes wrong is passed up. */
async function can(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (lackCodes.some((code) => isFault(error, code))) return false;
    throw error;
  }
}

const lackCodes = [
  'secret.unresolved',
  'secret.altered',
  'secret.key.missing',
  'secret.key.other',
  'secret.key.away',
  'secret.key.refused',
  'oauth.settings.wrong',
] as const;
