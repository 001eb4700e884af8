import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes a minute and more, the longest first: begun last, each would be waited for while the other worker has nothing to do. */
const longest = [
  'src/app/demo.test.ts',
  'labs/chaos.test.ts',
  'bench/switch/run.test.ts',
  'labs/canaries.test.ts',
  'labs/corpus.test.ts',
  'tools/debian/package-deb.test.ts',
  'tools/bundle.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((path) => moduleId.endsWith(`/${path}`));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'labs/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts'],
    // Says where a test that needs a database may ask for one; starts nothing by itself.
    globalSetup: ['src/store/test-server.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
  },
});
