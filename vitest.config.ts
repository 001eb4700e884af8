import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'labs/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts'],
    // Says where a test that needs a database may ask for one; starts nothing by itself.
    globalSetup: ['src/store/test-server.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
