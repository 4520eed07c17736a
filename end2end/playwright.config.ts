import { defineConfig } from '@playwright/test';

import { FLAGS, PROGRAM } from './support/chromium.mjs';

// Every test has a server of its own, so nothing is started here.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // Two cores carry one browser and one server well, and more of them badly.
  workers: 1,
  fullyParallel: false,
  forbidOnly: !!process.env.CI,
  retries: 0,
  reporter: 'list',
  use: {
    browserName: 'chromium',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: PROGRAM,
      args: FLAGS,
    },
  },
});
