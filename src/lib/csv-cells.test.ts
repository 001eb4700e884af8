import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { csvLine, textOfCell } from './csv-cells.ts';

test.each(['=1+1', '+31 6', '-2', '@SUM(A1)', ' =1', '\t=1', '\r=cmd|x', '"=1', '＝1', '%0A=1', '|x'])(
  '%j is no formula to a spreadsheet',
  (text) => {
    const [row] = parse(csvLine([text]));
    expect(row?.[0]).toMatch(/^'/);
  },
);

test('numbers stay numbers, and plain words are as they were', () => {
  expect(csvLine(['ann@x.example', -1, 0, null, 'a, b', 'say "hi"'])).toBe(
    'ann@x.example,-1,0,,"a, b","say ""hi"""\r\n',
  );
});

test('whatever the cells hold, they are one line with as many cells', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 2, maxLength: 6 }), (cells) => {
      const line = csvLine(cells);
      expect(line.slice(0, -2)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      const rows = parse(line, { skipEmptyLines: false });
      expect(rows).toHaveLength(1);
      expect(rows[0]).toHaveLength(cells.length);
    }),
  );
});

test('whatever is visible is read back as it was', () => {
  const letters = fc.constantFrom('a', '@', '=', "'", '"', ',', '-', '|', 'é', '＝', 'x.example');
  fc.assert(
    fc.property(fc.array(letters, { minLength: 1 }), (some) => {
      const text = some.join('');
      const [row] = parse(csvLine([text, 'b']));
      expect(textOfCell(row?.[0] ?? '')).toBe(text);
    }),
  );
});
