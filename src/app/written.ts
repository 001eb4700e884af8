/** What was written in a file of settings, setting by setting: each is read once, and what is wrong is told with its place. */

import type { TObject, TSchema } from 'typebox';
import type { Place, Problems } from '#cli/usage.ts';
import { checkForm } from './check-form.ts';
import { aboutOf, formFor, isList, isSection } from './setting-forms.ts';
import type { Path, Yaml } from './yaml-places.ts';

export class Written {
  readonly #file: string;
  readonly #yaml: Yaml;
  readonly #form: TObject;
  readonly #problems: Problems;
  readonly #flawed = new Set<string>();

  /** Tells of everything in `yaml` that has not the form `form`. */
  constructor(file: string, yaml: Yaml, form: TObject, problems: Problems) {
    this.#file = file;
    this.#yaml = yaml;
    this.#form = form;
    this.#problems = problems;
    for (const { says, spot } of yaml.flaws) problems.add(says, { file, ...spot });
    if (yaml.flaws.length > 0) return;
    for (const { path, key, says } of checkForm(form, yaml.value)) {
      this.#flawed.add(JSON.stringify(path));
      problems.add(says, key ? { file, ...yaml.spotOfKey(path) } : this.at(path));
    }
  }

  /** Whether there is something at `path` that can be read: neither it nor what it stands in has a wrong form. */
  isSound(path: Path): boolean {
    return [0, ...path.keys().map((i) => i + 1)].every((end) => !this.#flawed.has(JSON.stringify(path.slice(0, end))));
  }

  /** Whether that holds of all that stands in it, too. */
  isWhole(path: Path): boolean {
    const below = JSON.stringify(path).replace(/\]$/, ',');
    return this.isSound(path) && !this.#flawed.values().some((each) => each.startsWith(below));
  }

  at(path: Path): Place {
    return { file: this.#file, ...this.#yaml.spotOf(path) };
  }

  problem(path: Path, says: string): void {
    this.#problems.add(says, this.at(path));
  }

  /**
   * What `read` makes of the setting at `path`; null where it has a wrong form. Where `read` gives null it is told what must
   * stand there, and where it gives a problem, that.
   */
  read<V, T>(path: Path, value: V, read: (value: V) => T): Exclude<T, Problem | null> | null {
    if (!this.isSound(path)) return null;
    const given = read(value);
    if (given === null) this.problem(path, `${path.join('.')} must be ${expectedAt(this.#form, path)}.`);
    else if (isProblem(given)) this.problem(path, `${path.join('.')}: ${given.problem}`);
    else return given as Exclude<T, Problem | null>;
    return null;
  }
}

interface Problem {
  readonly problem: string;
}

function isProblem(given: unknown): given is Problem {
  return typeof given === 'object' && given !== null && 'problem' in given;
}

function expectedAt(whole: TObject, path: Path): string {
  let form: TSchema = whole;
  for (const key of path) {
    const around = formFor(form, typeof key === 'number' ? [] : {});
    if (isSection(around)) form = (around.properties as Readonly<Record<string, TSchema>>)[key] as TSchema;
    else if (isList(around)) form = around.items;
  }
  return aboutOf(form)?.expected ?? 'something else';
}
