import { describe, expect, test } from 'vitest';
import { faultCodes, nameWords, readSelector, stagesAndMarks } from './selector.ts';

describe('a selector', () => {
  test('means all of its words, each with any of its values', () => {
    expect(readSelector('organisation=RXY,RXZ kind=person,shared  stage=following')).toEqual({
      organisation: ['RXY', 'RXZ'],
      kind: ['person', 'shared'],
      stage: ['following'],
    });
  });

  test('collects the values of a word that is said twice', () => {
    expect(readSelector('hint=north hint=south')).toEqual({ hint: ['north', 'south'] });
  });

  test('that is empty means everybody', () => {
    expect(readSelector('  ')).toEqual({});
  });

  test('takes addresses with stars, and values in which a = stands', () => {
    expect(readSelector('address=*@corp.example,ann@* wave=a=b')).toEqual({
      address: ['*@corp.example', 'ann@*'],
      wave: ['a=b'],
    });
  });

  test('takes words of a name, and refuses one without a word in it', () => {
    expect(readSelector('name=zoe.smith,cat')).toEqual({ name: ['zoe.smith', 'cat'] });
    expect(readSelector('name=-,cat')).toEqual({ problem: 'name=-: there is no word in it.' });
    expect(nameWords("O'Neil.ZOË 3")).toEqual(['oneil', 'zoë', '3']);
  });

  test('takes a mark for a place, and codes of faults with stars in them', () => {
    expect(readSelector('stage=following,blocked fault=imap.*,target.quota')).toEqual({
      stage: ['following', 'blocked'],
      fault: ['imap.*', 'target.quota'],
    });
    expect(stagesAndMarks(['following', 'blocked', 'held'])).toEqual({
      stages: ['following'],
      marks: ['blocked', 'held'],
    });
    expect(faultCodes(['target.quota'])).toEqual(['target.quota']);
    expect(faultCodes(['imap.*.refused', '*.quota'])).toEqual([
      'imap.connect.refused',
      'imap.sign-in.refused',
      'imap.command.refused',
      'target.quota',
    ]);
    expect(faultCodes(['imap*imap.tls.expired', 'interrupted*d', '***'.repeat(100) + 'x'])).toEqual([]);
  });

  test('may ask for those that nothing keeps back', () => {
    expect(readSelector('mark=none,held')).toEqual({ mark: ['none', 'held'] });
  });

  test.each([
    ['organization=RXY', /did you mean organisation=/],
    ['kind', /did you mean kind=/],
    ['=person', /write key=value/],
    ['toString=1', /write key=value/],
    ['kind=', /kind= wants a value/],
    ['kind=,', /kind= wants a value/],
    ['fault=imap.host.unknwn', /did you mean imap\.host\.unknown\?/],
    ['fault=jmap.*', /docs\/faults\.md lists them/],
    ['kind=persn', /no such kind; did you mean person\?/],
    ['stage=zzzzzzzz', /There are known, planned/],
    ['mark=lost', /no such mark/],
    ['kind=person stage=folowing', /did you mean following\?/],
  ])('that is none is told so, with what was probably meant: %j', (text, says) => {
    expect(readSelector(text)).toEqual({ problem: expect.stringMatching(says) });
  });
});
