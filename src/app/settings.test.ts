import { describe, expect, test } from 'vitest';
import { readSettings } from './settings.ts';

describe('settings of the surroundings', () => {
  test('have defaults that need nobody to set anything', () => {
    expect(readSettings({ HOME: '/root', PATH: '/bin' })).toMatchObject({
      atOnce: 4,
      logLevel: 'warn',
      logFormat: 'text',
      ca: null,
      config: 'godwit.yaml',
      keys: [],
      traces: null,
      server: null,
      token: null,
    });
    expect(readSettings({ XDG_STATE_HOME: '/var/state' }).stateDir).toBe('/var/state/godwit');
    expect(readSettings({}).stateDir).toMatch(/\/\.local\/state\/godwit$/);
  });

  test('are read', () => {
    const environment = {
      GODWIT_STATE: '/srv/g',
      GODWIT_AT_ONCE: '16',
      GODWIT_LOG_LEVEL: 'debug',
      GODWIT_LOG_FORMAT: 'json',
      GODWIT_CA: '/ca.pem',
      GODWIT_CONFIG: '/etc/godwit.yaml',
      GODWIT_KEY: 'file:/run/new.key, env:OLD_KEY',
      GODWIT_TRACES: '/etc/godwit/otlp.mjs',
      GODWIT_SHARED: '/shared',
      GODWIT_SERVER: 'https://godwit.corp.example',
      GODWIT_TOKEN: 'file:token',
    };
    expect(readSettings(environment)).toEqual({
      server: 'https://godwit.corp.example',
      token: 'file:token',
      stateDir: '/srv/g',
      atOnce: 16,
      logLevel: 'debug',
      logFormat: 'json',
      ca: '/ca.pem',
      config: '/etc/godwit.yaml',
      keys: [
        { kind: 'file', path: '/run/new.key' },
        { kind: 'env', name: 'OLD_KEY' },
      ],
      traces: '/etc/godwit/otlp.mjs',
    });
  });

  test('an unknown one stops the start and offers the nearest', () => {
    expect(() => readSettings({ GODWIT_STAT: '/x' })).toThrow('did you mean GODWIT_STATE?');
    expect(() => readSettings({ GODWIT_COLOUR: 'blue' })).toThrow('The settings are GODWIT_STATE');
  });

  test.each(['c2VjcmV0LWtleQ==', 'file:a,c2VjcmV0LWtleQ==', 'sealed:c2VjcmV0LWtleQ=='])(
    'a key in the place of its reference stops the start and is not repeated (%#)',
    (text) => {
      const start = () => readSettings({ GODWIT_KEY: text });
      expect(start).toThrow('must be file:PATH, credential:NAME or env:NAME');
      expect(start).not.toThrow('c2Vj');
    },
  );

  test('a value that cannot be meant stops the start, all of them at once', () => {
    const environment = { GODWIT_AT_ONCE: '0', GODWIT_LOG_LEVEL: 'loud' };
    expect(() => readSettings(environment)).toThrow(/from 1 to 1000[\s\S]*error, warn, info, debug, trace/);
  });
});
