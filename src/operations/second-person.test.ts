import { expect, test } from 'vitest';
import type { ApprovalOrder } from '#domain/access.ts';
import { acts, dangerousActs, type Holder } from '#domain/rights.ts';
import type { Approvals } from '#ports/access.ts';
import { secondPerson } from './second-person.ts';

const ann: Holder = { who: 'ann', person: 'ann', roles: [{ role: 'operator', organisation: null }], scopes: null };
const rest = { on: 'wave pilot', why: 'it is Friday', holder: ann } as const;

/** Answers `kind`, and remembers what it was asked for. */
function approvals(kind: 'may' | 'asked'): Approvals & { readonly asked: ApprovalOrder[] } {
  const asked: ApprovalOrder[] = [];
  const approval = { id: 7 } as never;
  const need: Approvals['need'] = async (order) => {
    asked.push(order);
    return { kind, approval };
  };
  return { asked, need } as unknown as Approvals & { readonly asked: ApprovalOrder[] };
}

test('an act that the settings do not name is nobody else’s business', async () => {
  const none = approvals('asked');
  for (const act of acts)
    expect(await secondPerson(none, [], { act, ...rest })).toEqual({ kind: 'may', approval: null });
  expect(none.asked).toEqual([]);
});

test.each(dangerousActs)(
  '%s waits for a second person where the settings name it, and is done once they have approved',
  async (act) => {
    const waiting = approvals('asked');
    expect(await secondPerson(waiting, [act], { act, ...rest })).toMatchObject({ kind: 'asked', approval: { id: 7 } });
    expect(waiting.asked).toEqual([{ act, on: 'wave pilot', why: 'it is Friday' }]);
    expect(await secondPerson(approvals('may'), [act], { act, ...rest })).toMatchObject({
      kind: 'may',
      approval: { id: 7 },
    });
  },
);
