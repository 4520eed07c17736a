// What axe has to complain about in what a page shows.

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** All of it, or by some rules alone; empty where everybody can use the page. */
export async function complaints(page: Page, ...rules: string[]): Promise<string[]> {
  // Otherwise axe opens a window of its own every time, to put the frames of a page together; the board has none.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  if (rules.length) axe.withRules(rules);
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, any }) => `${id}: ${help}: ${target.join(' ')} ${any[0]?.message ?? ''}`),
  );
}
