/** Files that a plan is made of, sent to a server; and what is wrong in one of them, told as if it had been read here. */

import type { ApiClient } from '#api/client.ts';
import type { NamedFile } from '#api/planning.ts';
import { fault, isFault } from '#domain/fault.ts';
import { Unreadable, whyUnreadable } from '#operations/given-file.ts';
import { sendFileThere } from './send-file-there.ts';

export class FilesThere {
  readonly #client: ApiClient;
  /** By what they are called there. */
  readonly #paths = new Map<string, string>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Throws `Unreadable`. */
  async send(path: string): Promise<NamedFile> {
    const sent = await sendFileThere(this.#client, path, () => undefined);
    if ('unreadable' in sent) throw new Unreadable(sent.unreadable);
    const { file, name = file } = sent;
    this.#paths.set(name, path);
    return { file, name };
  }

  /** Throws `plan.file.unreadable`. */
  plan(path: string): Promise<NamedFile> {
    return this.#read(path, (text, cause) => fault('plan.file.unreadable', { file: path, text }, { cause }));
  }

  /** Throws `plan.wishes-wrong` where it cannot be read. */
  wishes(path: string): Promise<NamedFile> {
    return this.#read(path, (why, cause) => {
      const problems = [{ line: null, column: null, problem: `It cannot be read: ${why}.` }];
      return fault('plan.wishes-wrong', { file: path, problems }, { cause });
    });
  }

  /** What `ask` gives; what was refused for what stands in a file is thrown as here, and of other refusals `answers` may know the answer. */
  async asHere<Answer>(ask: () => Promise<Answer>, answers: (outcome: Outcome) => Answer | null): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      if (!isFault(error, 'api.refused')) throw error;
      const { outcome } = error.about;
      const answer = answers(outcome);
      if (answer !== null) return answer;
      throw outcome.kind === 'file-wrong' ? this.#wrong(outcome as WrongFile) : error;
    }
  }

  async #read(path: string, unreadable: (text: string, cause: unknown) => Error): Promise<NamedFile> {
    try {
      return await this.send(path);
    } catch (error) {
      const why = whyUnreadable(error);
      throw why === null ? error : unreadable(why, error);
    }
  }

  #wrong({ code, file: name, problems, findings }: WrongFile): Error {
    const file = this.#paths.get(name) ?? name;
    return code === 'plan.file.wrong'
      ? fault('plan.file.wrong', { file, problems, findings })
      : fault('plan.wishes-wrong', { file, problems: findings });
  }
}

interface Outcome {
  readonly kind: string;
}

/** As `api/answers-plans.ts` tells it. */
interface WrongFile extends Outcome {
  readonly code: string;
  readonly file: string;
  readonly problems: number;
  readonly findings: readonly { readonly line: number; readonly column: number | null; readonly problem: string }[];
}
