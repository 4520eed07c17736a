import { defineConfig } from '@playwright/test';

import { FLAGS, HEADLESS } from './support/chromium.mjs';

// Every test has a server of its own, so nothing is started here.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  timeout: 60_000,
  // Nothing waits until the test is over: what failed is then lost.
  expect: { timeout: 10_000, toPass: { timeout: 20_000 } },
  // Two cores carry two browsers with their servers, if nothing else is at work: scripts/test.sh runs them alone.
  workers: 2,
  fullyParallel: false,
  forbidOnly: !!process.env.CI,
  retries: 0,
  reporter: [['list'], ['./support/last-steps.ts']],
  use: {
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    browserName: 'chromium',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 900 },
    // A fifth less work in every test. To see what one did: make e2e ARGS="--trace on …"
    trace: 'off',
    launchOptions: {
      executablePath: HEADLESS,
      args: FLAGS,
    },
  },
});
