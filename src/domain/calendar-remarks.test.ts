import { expect, test } from 'vitest';
import type { Calendar } from './calendar.ts';
import { calendarRemarks } from './calendar-remarks.ts';

test('an organisation that the estate does not have is remarked upon, with the nearest code', () => {
  const blackouts = [
    { from: '2026-10-01', until: '2026-10-07', organisations: ['RXY', 'RX7'], under: ['rxy'] },
    { from: '2026-12-24', until: '2026-12-24', organisations: null, under: ['Q'] },
    { from: '2026-12-25', until: '2026-12-25', organisations: null, under: null },
  ];
  expect(calendarRemarks({ blackouts } as unknown as Calendar, [{ code: 'RXY' }, { code: 'ABCDE' }])).toEqual([
    'The blackout from 2026-10-01 to 2026-10-07 names "RX7", and no organisation of the estate has this code; did you mean RXY?',
    'The blackout from 2026-10-01 to 2026-10-07 names "rxy", and no organisation of the estate has this code; did you mean RXY?',
    'The blackout 2026-12-24 names "Q", and no organisation of the estate has this code.',
  ]);
});
