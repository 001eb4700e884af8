import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { oneRow } from './db.ts';
import { keptText, textKept } from './kept-text.ts';
import { testDatabase } from './test-database.ts';

const anyText = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.constantFrom('\0', '\t', '\n', '\u001a', '\ud800', '\udfff', '\u001a001a'),
  ),
});

test('whatever others wrote comes back from PostgreSQL as it was, on one line', async () => {
  await using db = await testDatabase();
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      const kept = keptText(text);
      expect(kept).not.toMatch(/[\t\n]/);
      const row = await oneRow(db.sql, sql<{ kept: string }>`select ${kept}::text as kept`);
      expect(textKept(row.kept)).toBe(text);
    }),
    { numRuns: 100 },
  );
});

test('what is no riddle stays readable', () => {
  expect(keptText('Gesendete Objekte/Äpfel 😀 &AOQ-')).toBe('Gesendete Objekte/Äpfel 😀 &AOQ-');
});
