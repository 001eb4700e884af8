import { expect, test } from 'vitest';
import { behindTheVerb } from './flags-first.ts';

const read = (line: string): string => behindTheVerb(line.split(' ')).join(' ');

test('a server may be named in front of the command, and is read where the command reads it', () => {
  expect(read('--server https://a --token=env:T status -o json')).toBe(
    'status -o json --server https://a --token=env:T',
  );
  expect(read('--server-ca ca.pem get mailboxes')).toBe('get mailboxes --server-ca ca.pem');
  expect(read('--server https://a mailbox hold -- --odd')).toBe('mailbox hold --server https://a -- --odd');
});

test('what is not understood there stays where it is, and is refused as it was typed', () => {
  for (const line of ['status --server https://a', '--sever https://a status', '--server', '--server https://a', '--'])
    expect(read(line)).toBe(line);
});
