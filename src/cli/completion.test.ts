import { describe, expect, test } from 'vitest';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { type MadeUp, play } from './made-up-world.ts';
import type { Programme } from './world.ts';

const waves = ['pilot', 'pilot-2', 'second', '$(reboot)', 'with a blank', '\u001b[31m'];
const asked: string[] = [];

function estate(database: string): MadeUp {
  const lists = {
    waves: async () => waves.map((name) => ({ name })),
    mailboxes: async ({ selector }: { readonly selector: { readonly address?: readonly string[] } }) => {
      asked.push(String(selector.address));
      return {
        kind: 'page',
        lines: [{ address: 'ann@corp.example' }, { address: 'anne@corp.example' }],
        hasMore: false,
      };
    },
    organisations: async () => ({ kind: 'page', lines: [{ code: 'RXY' }, { code: 'RXZ' }], hasMore: false }),
  };
  const programme = { lists, [Symbol.asyncDispose]: async () => {} } as unknown as Programme;
  return {
    config: 'package.json',
    readEstate: async () => ({ database }) as unknown as EstateSettings,
    openProgramme: async () => programme,
  };
}

const own = estate('env:DATABASE_URL');
const words = async (typed: string, made: MadeUp = own) =>
  (await play(['completion', 'words', '--', ...typed.split(' ')], made)).stdout.split('\n').filter(Boolean);

describe('the words that are proposed', () => {
  test('are those of the commands and their flags', async () => {
    expect(await words('wa')).toEqual(['wave']);
    expect(await words('wave st')).toEqual(['start']);
    expect(await words('get mailboxes --sel')).toEqual(['--select']);
    expect(await words('get mailboxes --output ')).toEqual(expect.arrayContaining(['text', 'json', 'csv']));
    expect(await words('nothing of ours')).toEqual([]);
  });

  test('are names of the estate, as far as a shell takes them as they stand', async () => {
    expect(await words('wave start ')).toEqual(expect.arrayContaining(['pilot', 'pilot-2', 'second']));
    expect((await words('describe wave ')).filter((word) => /[$ \u001b]/.test(word))).toEqual([]);
    expect(await words('report wave pil')).toEqual(['pilot', 'pilot-2']);
    expect(await words('mailbox hold an')).toEqual(['ann@corp.example', 'anne@corp.example']);
    expect(asked.at(-1)).toBe('an*');
    expect(await words('access token create --organisation RX')).toEqual(['RXY', 'RXZ']);
  });

  test('come from the server that was named before them', async () => {
    const servers: string[] = [];
    const made: MadeUp = {
      environment: { T: 'token' },
      openProgrammeThere: async ({ place }) => {
        servers.push(place.kind === 'tcp' ? place.host : '');
        return (own.openProgramme as NonNullable<MadeUp['openProgramme']>)({} as never);
      },
    };
    expect(await words('wave start --server http://127.0.0.1:8030 --token=env:T sec', made)).toEqual(['second']);
    expect(servers).toEqual(['127.0.0.1']);
  });

  test.each<readonly [string, MadeUp]>([
    ['there is no estate', {}],
    ['the database of Godwit would have to be started for it', estate('embedded')],
    ['it cannot be opened', { ...own, openProgramme: () => Promise.reject(new Error('away')) }],
    ['nobody answers in time', { ...own, openProgramme: () => new Promise(() => {}) }],
    ['the settings are wrong', { badSettings: 'wrong' }],
  ])('are none where %s, and nothing is said', async (_, made) => {
    const { stdout, stderr, code } = await play(['completion', 'words', '--', 'wave', 'start', 'pil'], made);
    expect([stdout, stderr, code]).toEqual(['', '', 0]);
  });
});

test.each(['bash', 'zsh', 'fish'])('the script for %s is printed', async (shell) => {
  const { code, stdout } = await play(['completion', shell]);
  expect([code, stdout]).toEqual([0, expect.stringContaining('godwit completion words --')]);
});
