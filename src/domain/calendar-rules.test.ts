import { describe, expect, test } from 'vitest';
import type { WindowRule } from './calendar.ts';
import { overlappingRules } from './calendar-rules.ts';

const rule = (name: string, days: string, start: string, end: string, endDay: string | null = null): WindowRule =>
  ({ name, days: days.split(' '), start, end, endDay, mailboxes: 1, bytes: null }) as WindowRule;
const told = (...rules: readonly WindowRule[]) =>
  overlappingRules(rules).map(({ rules: pair, text }) => `${pair.join('+')} ${text}`);

describe('two rules', () => {
  test('whose windows follow each other go together, also over the end of a week', () => {
    expect(
      told(
        rule('evening', 'Mon Tue Wed Thu', '19:00', '06:00'),
        rule('weekend', 'Fri', '19:00', '06:00', 'Mon'),
        rule('morning', 'Mon Fri', '06:00', '09:00'),
      ),
    ).toEqual([]);
    expect(told(rule('week', 'Fri', '19:00', '18:59', 'Fri'))).toEqual([]);
  });

  test('that share a moment are told, with the windows that do', () => {
    expect(told(rule('evening', 'Mon Thu', '19:00', '06:00'), rule('early', 'Fri', '05:00', '07:00'))).toEqual([
      '0+1 early (Fri 05:00 to Fri 07:00) overlaps evening (Thu 19:00 to Fri 06:00)',
    ]);
    expect(told(rule('weekend', 'Fri', '19:00', '06:00', 'Mon'), rule('early', 'Mon', '05:59', '07:00'))).toEqual([
      '0+1 early (Mon 05:59 to Mon 07:00) overlaps weekend (Fri 19:00 to Mon 06:00)',
    ]);
  });

  test('may be the same one, which opens again before it has closed', () => {
    expect(told(rule('long', 'Mon Tue', '19:00', '06:00', 'Wed'))).toEqual([
      '0+0 long (Mon 19:00 to Wed 06:00) overlaps itself (Tue 19:00 to Wed 06:00)',
    ]);
  });
});
