import { defineConfig } from 'vitest/config';

/** Real disks that break and clocks that are set: apart from `npm test`; they want root, loop devices and minutes. `npm run soak` runs them. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.soak.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 200 } },
  },
});
