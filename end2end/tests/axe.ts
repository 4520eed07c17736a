// What axe has to complain about in what a page shows.

import type { Page } from '@playwright/test';
import axe from 'axe-core';

/** All of it, or by some rules alone; empty where everybody can use the page. */
export async function complaints(page: Page, ...rules: string[]): Promise<string[]> {
  // Once for each page: reading it takes as long as a look at a small page.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  return page.evaluate(async (rules) => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    // Without frames: the board has none.
    const only = rules.length ? { runOnly: rules } : {};
    const { violations } = await axe.run(document, { resultTypes: ['violations'], iframes: false, ...only });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, any }) => `${id}: ${help}: ${target.join(' ')} ${any[0]?.message ?? ''}`),
    );
  }, rules);
}
