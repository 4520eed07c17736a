// How the tests and the benchmark start Chromium.

/** Quiet, and able to run as root in a container. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The program; undefined means Playwright's own browser. */
export const PROGRAM = process.env.STAFFEL_CHROMIUM || undefined;

/** The same without windows, which is quicker; undefined means Playwright's own, which is one without windows. */
export const HEADLESS = process.env.STAFFEL_HEADLESS_CHROMIUM || PROGRAM;

/** What a test launches that needs the whole browser: one without windows shows no notifications. */
export const WHOLE = PROGRAM ? { executablePath: PROGRAM } : { channel: 'chromium' };
