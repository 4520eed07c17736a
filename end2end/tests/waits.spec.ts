// What waiting for people costs, on the page of a pipeline.

import { complaints } from './axe.ts';
import { expect, test } from './fixtures.ts';

test('a review that waits counts up to now, a decided one counts for whoever decided', async ({ agent, board, page, server }) => {
  const { pipeline, handover } = await agent.handedOver();
  await page.clock.install();
  await board.open(`/pipelines/${pipeline}`);
  await page.keyboard.press('Escape');
  const waits = page.locator('.waits');
  await expect(waits.locator('li')).toHaveCount(1);
  await expect(waits.locator('li')).toContainText('VAN');
  await expect(waits.locator('li')).toContainText('still waiting');
  await page.clock.fastForward('12:00');
  await expect(waits.locator('li')).toContainText('12 min');
  await expect(waits).toContainText('12 min in all, 100% of the run (12 min).');

  await server.decide(handover, 'request_changes', { changes: 'Shorter.', by: 'Anna' });
  await expect(waits.locator('li')).toContainText('for Anna');
  await agent.handOver(pipeline, '# Shorter');
  await expect(waits.locator('li')).toHaveCount(2);
  await server.decide(handover, 'accept', { revision: 2, by: 'Anna' });
  await expect(waits.locator('li')).toHaveCount(1);
  await expect(waits.locator('li')).toContainText('for Anna, 2 reviews');
  expect(await complaints(page)).toEqual([]);
});
