// A person at a real browser, who reads what an agent hands over and decides about it.

import { chromium } from 'playwright-core';

import { FLAGS, HEADLESS } from '../support/chromium.mjs';
import { until } from '../support/server.mjs';
import { PATIENCE } from './assistant.mjs';

/** @typedef {import('../support/server.mjs').Server} Server */

export class Person {
  #browser;
  page;

  /** @param {import('playwright-core').Browser} browser @param {import('playwright-core').Page} page */
  constructor(browser, page) {
    this.#browser = browser;
    this.page = page;
  }

  /** Somebody who is signed in. @param {Server} server @param {import('playwright-core').BrowserContextOptions} [look] */
  static async of(server, look = {}) {
    const browser = await chromium.launch({ executablePath: HEADLESS, args: FLAGS });
    const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...look });
    context.setDefaultTimeout(PATIENCE);
    await context.addCookies([server.cookie()]);
    return new Person(browser, await context.newPage());
  }

  /** The page of one pipeline: there only its own reviews open. @param {string} address */
  async opens(address) {
    await this.page.goto(address);
    await this.page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
  }

  /** Waits for a handover and has its text in front.
   * @param {string} legs as the review's title has them @param {number} revision */
  async reads(legs, revision = 1) {
    const review = this.page
      .locator('dialog.review[open]')
      .filter({ hasText: legs })
      .filter({ hasText: `revision ${revision} ·` });
    const text = review.locator('.doc');
    const button = this.page.getByRole('button', { name: 'Review', exact: true }).first();
    await until(
      `the review of ${legs}, revision ${revision}`,
      async () => {
        // By itself it opens only on a board that is idle.
        if (!(await text.isVisible())) await button.click({ timeout: 1_000 }).catch(() => {});
        return text.isVisible();
      },
      PATIENCE,
    );
    return review;
  }

  /** @param {string} legs @param {number} [revision] */
  async accepts(legs, revision) {
    await this.#decides(await this.reads(legs, revision), 'Accept');
  }

  /** @param {string} legs @param {string} words what should change */
  async requests_changes(legs, words) {
    const review = await this.reads(legs);
    await review.getByLabel('What should change?').fill(words);
    await this.#decides(review, 'Request changes');
  }

  /** @param {import('playwright-core').Locator} review @param {string} button */
  async #decides(review, button) {
    await review.getByRole('button', { name: button, exact: true }).click();
    await review.waitFor({ state: 'hidden' });
  }

  /** What there is to see when a test fails. */
  async sees() {
    return `${this.page.url()}\n${await this.page.locator('body').innerText().catch(String)}`;
  }

  async leaves() {
    await this.#browser.close();
  }
}
