import { expect, test } from 'vitest';
import type { ApprovalLine, ApprovalOrder } from '#domain/access.ts';
import { acts, dangerousActs, type Holder } from '#domain/rights.ts';
import type { Approvals } from '#ports/access.ts';
import { byTwoPeople, takesTwo, type TwoPeopleDesk, type WantedAct } from './second-person.ts';

const ann: Holder = { who: 'ann', person: 'ann', roles: [{ role: 'operator', organisation: null }], scopes: null };
const meaning = { count: 3, digest: '00' };
const approval = { id: 7 } as ApprovalLine;

/** A desk in memory: what is done and asked in something that throws was not. */
class Desk implements TwoPeopleDesk<Desk> {
  readonly #log: string[];
  readonly #kind: 'may' | 'asked';

  constructor(kind: 'may' | 'asked', log: string[] = []) {
    [this.#kind, this.#log] = [kind, log];
  }

  get done(): readonly string[] {
    return this.#log;
  }

  do(what: string): void {
    this.#log.push(what);
  }

  readonly access = {
    approvals: {
      turn: async () => undefined,
      need: async ({ on, meaning: meant }: ApprovalOrder) => {
        this.do(`needed for ${on}, of ${meant?.count}`);
        return { kind: this.#kind, approval, overtaken: null };
      },
      use: async (id: number) => this.do(`used ${id}`),
    } as unknown as Approvals,
  };

  async atOnce<Answer>(work: (inner: Desk) => Promise<Answer>): Promise<Answer> {
    const before = this.#log.length;
    try {
      return await work(new Desk(this.#kind, this.#log));
    } catch (error) {
      this.#log.length = before;
      throw error;
    }
  }
}

function wanted(given: Partial<WantedAct<Desk, string>> = {}): WantedAct<Desk, string> {
  return {
    act: 'start-wave',
    on: 'wave pilot',
    why: 'it is Friday',
    holder: ann,
    meaning: async () => meaning,
    obey: async (desk) => (desk.do('started'), 'started'),
    rehearse: async (desk) => (desk.do('started'), 'started'),
    isNothing: (told) => told === 'nothing',
    ...given,
  };
}

test('only dangerous acts that the settings name take two people', () => {
  for (const act of acts) expect(takesTwo(act, [])).toBe(false);
  expect(acts.filter((act) => takesTwo(act, acts as never))).toHaveLength(dangerousActs.length);
});

test('what nobody has approved yet is asked for, and nothing else is done', async () => {
  const desk = new Desk('asked');
  expect(await byTwoPeople(desk, wanted())).toEqual({ kind: 'asked', approval, overtaken: null });
  expect(desk.done).toEqual(['needed for wave pilot, of 3']);
});

test('what was approved is done, and the approval is used up with it', async () => {
  const desk = new Desk('may');
  expect(await byTwoPeople(desk, wanted())).toEqual({ kind: 'done', told: 'started' });
  expect(desk.done).toEqual(['needed for wave pilot, of 3', 'started', 'used 7']);
});

test('what could not be done is refused before anybody is asked', async () => {
  const desk = new Desk('asked');
  const refusing = wanted({ rehearse: () => Promise.reject(new Error('its window is over')) });
  await expect(byTwoPeople(desk, refusing)).rejects.toThrow('its window is over');
  expect(desk.done).toEqual([]);
});

test('what would be nothing is told, and nobody is asked', async () => {
  const desk = new Desk('asked');
  expect(await byTwoPeople(desk, wanted({ rehearse: async () => 'nothing' }))).toEqual({
    kind: 'done',
    told: 'nothing',
  });
  expect(desk.done).toEqual([]);
});

test('an approved act that is refused, or comes to nothing, uses nothing up', async () => {
  const failing = new Desk('may');
  const broken = wanted({ obey: () => Promise.reject(new Error('the database went away')) });
  await expect(byTwoPeople(failing, broken)).rejects.toThrow('went away');
  expect(failing.done).toEqual([]);
  const idle = new Desk('may');
  await byTwoPeople(idle, wanted({ obey: async () => 'nothing' }));
  expect(idle.done).not.toContain('used 7');
});
