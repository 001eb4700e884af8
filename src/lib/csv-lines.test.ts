import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { type CsvFlaw, type CsvLine, csvLines } from './csv-lines.ts';

/** Reads `octets`, cut into pieces of `size`. */
async function read(
  octets: Uint8Array | string,
  size = 1 << 16,
): Promise<{ readonly lines: readonly CsvLine[]; readonly flaws: readonly CsvFlaw[] }> {
  const all = Buffer.from(octets);
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
  }
  const lines: CsvLine[] = [];
  const flaws: CsvFlaw[] = [];
  for await (const piece of csvLines(pieces())) {
    lines.push(...piece.lines);
    flaws.push(...piece.flaws);
  }
  return { lines, flaws };
}

const cellsOf = async (text: string) => (await read(text)).lines.map(({ cells }) => cells);

describe('a well-formed file', () => {
  test('gives its lines with their numbers, blank ones left out and counted', async () => {
    const { lines, flaws } = await read('a,b\n\n1,2\n   \n3,\n');
    expect(flaws).toEqual([]);
    expect(lines).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 3, cells: ['1', '2'] },
      { line: 5, cells: ['3', ''] },
    ]);
  });

  test('may begin with a byte-order mark, end its lines with CRLF, and lack its last line break', async () => {
    expect(await cellsOf('\ufeffa,b\r\n1,2\r\n3,4')).toEqual([
      ['a', 'b'],
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(await cellsOf('\ufeff')).toEqual([]);
    expect(await cellsOf('')).toEqual([]);
  });

  test('may quote fields, with commas and doubled quotes in them, and blanks around them', async () => {
    expect(await cellsOf('"a","b, c"\n "say ""hello""" ,x\n"",""\n"""",1\n')).toEqual([
      ['a', 'b, c'],
      ['say "hello"', 'x'],
      ['', ''],
      ['"', '1'],
    ]);
  });

  test('reads the same however it is cut into pieces', async () => {
    const octets = Buffer.from('\ufeffname,x\r\n"Zoë, née ""Ø""",1\r\n\r\nÀlan,2\n"bad,3\nok,4');
    const whole = await read(octets);
    for (let size = 1; size < octets.length; size++) expect(await read(octets, size)).toEqual(whole);
  });

  test('reads as csv-parse reads it', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'B', '"', ',', 'é', '"', '.', '😀'), maxLength: 8 });
    const records = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(records, fc.boolean(), async (made, always) => {
        const quoted = (text: string) => (always || /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
        const text = made.map((cells) => cells.map(quoted).join(',')).join('\n');
        expect(await cellsOf(text)).toEqual(parse(text, { trim: true, relax_column_count: true }));
        expect(await cellsOf(text)).toEqual(made);
      }),
    );
  });
});

describe('of what is wrong each line is told, and the others are read', () => {
  test.each([
    ['a quote that is not closed', 'x,"open\n', 2, /opened and not closed/],
    ['a quote inside a field', 'x,y "z"\n', 2, /stands inside a field/],
    ['something behind a closing quote', '"x" y,z\n', 1, /between a closing double quote/],
    ['NUL', 'x,\0\n', null, /NUL/],
    ['a carriage return on its own', 'x,y\rz,w\n', null, /carriage return/],
  ])('%s', async (_what, bad, column, says) => {
    const { lines, flaws } = await read(`a,b\n${bad}ok,1\n${bad}ok,2\n`);
    expect(flaws).toEqual([
      { line: 2, column, problem: expect.stringMatching(says) },
      { line: 4, column, problem: expect.stringMatching(says) },
    ]);
    expect(lines.map(({ line }) => line)).toEqual([1, 3, 5]);
  });

  test('a stray quote swallows nothing of what follows', async () => {
    const { lines, flaws } = await read('a,b\nx,"\ny,"\nz,1\n');
    expect(flaws.map(({ line }) => line)).toEqual([2, 3]);
    expect(lines.map(({ line }) => line)).toEqual([1, 4]);
  });

  test('what is no UTF-8 is shown as Latin-1 would have it', async () => {
    const { lines, flaws } = await read(Buffer.from('a,b\nZo\xeb,1\nok,2\n', 'latin1'));
    expect(flaws).toEqual([{ line: 2, column: null, problem: expect.stringContaining('"Zoë,1" in Latin-1') }]);
    expect(lines.map(({ line }) => line)).toEqual([1, 3]);
  });

  test('UTF-16 is called by its name', async () => {
    const { flaws } = await read(Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'));
    expect(flaws[0]).toEqual({ line: 1, column: null, problem: expect.stringContaining('UTF-16') });
    expect((await read(Buffer.from('a,b\n1,2\n', 'utf16le'))).flaws[0]?.problem).toContain('UTF-16');
  });

  test.each([100, 4_096, 70_000, 1 << 20])('a line without end is told and not kept, in pieces of %i', async (size) => {
    const long = 'x'.repeat(200_000);
    const { lines, flaws } = await read(`a,b\n${long}\n1,2\n${long}`, size);
    expect(flaws).toEqual([
      { line: 2, column: null, problem: 'This line is longer than 64 kB.' },
      { line: 4, column: null, problem: 'This line is longer than 64 kB.' },
    ]);
    expect(lines).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 3, cells: ['1', '2'] },
    ]);
  });
});
