/** What is told of ways in: never more than is held. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAllHeld, lackingOf, usualWaysIn, type WaysDoor, type WaysMember, waysIn, waysOf } from './ways-in.ts';

const door = (serves: readonly string[], isAlive = true, host = 'mx1'): WaysDoor => ({ host, serves, isAlive });
const member = (organisation: string, line: readonly string[] = [organisation]): WaysMember => ({
  organisation,
  mailboxes: 3,
  line,
  accepted: {},
});
const all = { ways: usualWaysIn, endsSessions: true };

describe('a way in', () => {
  test('is held by the door that stands in it, and only while that is heard of', () => {
    const doors = [door(['Postfix', 'deliveries']), door(['nginx'], false, 'p1')];
    const [only] = waysOf(all, doors, [member('RXY')]).organisations;
    expect(only?.ways.map(({ way, heldBy }) => [way, heldBy])).toEqual([
      ['mx', 'the door on mx1'],
      ['proxy', null],
      ['direct', 'sessions are ended at the source'],
    ]);
    expect(only && lackingOf(only)).toEqual(['proxy']);
    expect(only?.ways[1]?.remedy).toContain('on p1 again');
  });

  test('past the proxies is not held where nobody lets us end sessions, nor where no door is there to hold anybody', () => {
    const direct = (endsSessions: boolean, doors: readonly WaysDoor[]) =>
      waysOf({ ways: { usual: ['direct'], elsewhere: {} }, endsSessions }, doors, [member('RXY')]).organisations[0]
        ?.ways[0]?.heldBy;
    expect(direct(true, [door(['nginx'])])).not.toBeNull();
    expect(direct(false, [door(['nginx'])])).toBeNull();
    expect(direct(true, [])).toBeNull();
  });

  test('through a proxy is not held where who is signed in already cannot be sent away', () => {
    const proxy = (endsSessions: boolean) =>
      waysOf({ ways: { usual: ['proxy'], elsewhere: {} }, endsSessions }, [door(['Dovecot'])], [member('RXY')])
        .organisations[0]?.ways[0];
    expect(proxy(true)).toMatchObject({ heldBy: 'the door on mx1', remedy: null });
    expect(proxy(false)).toMatchObject({
      heldBy: null,
      remedy: expect.stringContaining('sessions, under source') as string,
    });
  });

  test('that an operator leaves out is not asked for, nearest organisation first', () => {
    const ways = { usual: waysIn, elsewhere: { NORTH: ['mx'], LEEDS: ['mx', 'proxy'] } } as const;
    const members = [member('LEEDS', ['LEEDS', 'NORTH']), member('YORK', ['YORK', 'NORTH']), member('SOUTH')];
    const told = waysOf({ ways, endsSessions: false }, [], members).organisations;
    expect(told.map(({ organisation, ways: its }) => [organisation, its.map(({ way }) => way)])).toEqual([
      ['LEEDS', ['mx', 'proxy']],
      ['YORK', ['mx']],
      ['SOUTH', ['mx', 'proxy', 'direct']],
    ]);
  });

  test('of an estate that tells of neither doors nor ways is promised by nobody, and no word is asked for', () => {
    expect(waysOf({ ways: null, endsSessions: false }, [], [member('RXY')])).toEqual({
      isPromised: false,
      organisations: [],
    });
  });

  test('of an estate whose doors are on other machines is looked at as if it were written down', () => {
    const told = waysOf({ ways: null, endsSessions: false }, [door(['nginx'])], [member('RXY')]);
    expect(told.organisations.map(lackingOf)).toEqual([['mx', 'proxy', 'direct']]);
  });
});

test('where all is held nobody is asked, whoever is concerned; and nothing is held without a living door', () => {
  const served = fc.constantFrom('Postfix', 'deliveries', 'nginx', 'Dovecot', 'mail programs');
  const doors = fc.array(fc.record({ host: fc.constant('h'), serves: fc.array(served), isAlive: fc.boolean() }));
  fc.assert(
    fc.property(doors, fc.boolean(), fc.boolean(), (these, endsSessions, isWritten) => {
      const promised = { ways: isWritten ? usualWaysIn : null, endsSessions };
      const { organisations } = waysOf(promised, these, [member('RXY')]);
      const lacking = organisations.flatMap(lackingOf);
      if (isAllHeld(promised, these)) expect(lacking).toEqual([]);
      else expect(lacking).not.toEqual([]);
      const held = organisations.flatMap(({ ways }) => ways).filter(({ heldBy }) => heldBy !== null);
      if (!these.some(({ isAlive }) => isAlive)) expect(held).toEqual([]);
    }),
  );
});
