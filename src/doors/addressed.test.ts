import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byAddress, findAddressed } from './addressed.ts';
import { MadeUpBook } from './route-book.test-kit.ts';

function book(): MadeUpBook {
  const made = new MadeUpBook();
  made.add('ann@corp.example', 'target', ['a.smith@corp.example']);
  made.add('bob@bücher.example', 'target');
  made.add('cy@xn--bcher-kva.example', 'target');
  made.add('eve+news@corp.example', 'target');
  made.add('eve@corp.example', 'source');
  made.add('two words@corp.example', 'target');
  return made;
}

const sideOf = (address: string): string => {
  const { found } = findAddressed(book(), address);
  return found.kind === 'home' ? `${found.route.side} ${found.named.address}` : found.kind;
};

describe('whose mailbox an address means', () => {
  test.each([
    ['ANN@Corp.Example', 'target ann@corp.example'],
    ['ann+tag@corp.example', 'target ann@corp.example'],
    ['Ann+Tag+more@corp.example', 'target ann@corp.example'],
    ['a.smith+x@corp.example', 'target ann@corp.example'],
    ['"ann"@corp.example', 'target ann@corp.example'],
    [String.raw`"a\nn"@corp.example`, 'target ann@corp.example'],
    ['"ann+tag"@corp.example', 'target ann@corp.example'],
    ['"two words"@corp.example', 'target two words@corp.example'],
    ['bob@xn--bcher-kva.example', 'target bob@bücher.example'],
    ['bob+x@XN--bcher-kva.example', 'target bob@bücher.example'],
    ['cy@bücher.example', 'target cy@xn--bcher-kva.example'],
    // Who has an address with a plus has it before whoever is written with one.
    ['eve+news@corp.example', 'target eve+news@corp.example'],
    ['eve+other@corp.example', 'source eve@corp.example'],
  ])('%s is found', (address, whose) => {
    expect(sideOf(address)).toBe(whose);
  });

  test.each([
    '+ann@corp.example',
    '@corp.example',
    'ann',
    'ann@',
    '""@corp.example',
    '"@corp.example',
    'an+n@corp.example',
    '+',
  ])('%s is nobody', (address) => {
    expect(sideOf(address)).toBe('unknown');
  });

  test('what stood behind the plus is told, so that nothing of an address is lost', () => {
    expect(findAddressed(book(), 'ann+Tag+more@corp.example').extension).toBe('+Tag+more');
    expect(findAddressed(book(), 'eve+news@corp.example').extension).toBe('');
  });

  test('nobody is unknown while anything is unsure, and no address whatever stops it', () => {
    const unsure = book();
    unsure.isUnsure = true;
    const known = book();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (local, domain) => {
        expect(byAddress(unsure).find(`${local}@${domain}`)).toEqual({ kind: 'later' });
        expect(['unknown', 'home']).toContain(findAddressed(known, `${local}@${domain}`).found.kind);
        expect(findAddressed(known, `ann+${local.replaceAll('@', '')}@corp.example`).found.kind).toBe('home');
      }),
    );
  });
});
