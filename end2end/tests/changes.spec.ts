// Two revisions compared: in one column, side by side, as they are read and as they are written.

import { complaints } from './axe.ts';
import { type Board, expect, openReview, test } from './fixtures.ts';
import type { Agent } from '../support/agent.mjs';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

const FIRST = `# The plan

The basket comes first.

It is stored for a day.

- One server
- Two clients

Nothing else changes here.
`;
const SECOND = FIRST.replace('comes first', 'comes last').replace('It is stored for a day.', '## Storage\n\nRedis keeps it.');

/** A review of the second revision by somebody who has read the first one. */
async function revised(agent: Agent, board: Board) {
  const { pipeline, handover } = await agent.handedOver({}, FIRST);
  await board.open(`/pipelines/${pipeline}`);
  await openReview(board.page);
  await board.words.fill('Another way.');
  await board.button('Request changes').click();
  await agent.wait(handover);
  await agent.handOver(pipeline, SECOND);
  await openReview(board.page);
  await expect(board.review.locator('.changes')).toBeVisible();
}

/** What is seen of an element, in its order. */
const seen = (text: string) => text.replace(/\s+/g, ' ').trim();

test('side by side, each revision is whole in its column', async ({ agent, board, page }) => {
  await revised(agent, board);
  const changes = board.review.locator('.changes');
  await expect(changes.locator('del').first()).toBeVisible();
  await board.button('Side by side').click();
  await expect(board.button('Side by side')).toHaveAttribute('aria-pressed', 'true');
  await expect(changes.locator('.head')).toHaveText(['Revision 1', 'Revision 2']);
  const columns = async () => {
    const shown = changes.locator('.part:visible');
    const texts = await shown.evaluateAll((parts: HTMLElement[]) =>
      parts.map((part) => [part.matches('.before'), part.innerText] as const),
    );
    const of = (before: boolean) => texts.filter(([is]) => is === before).map(([, text]) => text.replace(/\s+/g, ' ').trim());
    return { before: of(true), after: of(false) };
  };
  const { before, after } = await columns();
  expect(before.map(seen)).toContain('The basket comes first.');
  expect(after.map(seen)).toContain('The basket comes last.');
  expect(before.join(' ')).toContain('It is stored for a day.');
  expect(before.join(' ')).not.toContain('Redis');
  expect(after.join(' ')).toContain('Redis keeps it.');
  expect(after.join(' ')).not.toContain('for a day');
  // What changed stands in one line with what it became.
  const [was, is] = await Promise.all(
    ['.changed.before', '.changed:not(.before)'].map((part) => changes.locator(part).first().boundingBox()),
  );
  expect(was!.y).toBe(is!.y);
  expect(was!.x + was!.width).toBeLessThan(is!.x);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await complaints(page), colorScheme).toEqual([]);
  }

  // A comment is about the newer one.
  await board.select('Redis keeps it.');
  await board.review.locator('.note-keys').getByRole('button', { name: 'Comment' }).click();
  await board.review.locator('#comment-text').fill('Why Redis?');
  await board.button('Add').click();
  await expect(changes.locator('.part:not(.before) mark[data-points~="1"]').first()).toBeVisible();
  await expect(changes.locator('.before mark')).toHaveCount(0);

  await board.button('Source').click();
  const source = board.review.locator('.doc.diff.beside');
  await expect(source.locator('.removed.before')).toHaveText(['−The basket comes first.', '−It is stored for a day.']);
  await expect(source.locator('.added').first()).toHaveText('+The basket comes last.');
  expect(await complaints(page)).toEqual([]);

  // It stays so in this browser; a narrow window has room for one column.
  await board.button('Source').click();
  await page.reload();
  await board.ready();
  await openReview(page);
  // What was read opens as a whole.
  await board.review.getByRole('button', { name: 'Changes since revision 1' }).click();
  await expect(changes.locator('.head').first()).toBeVisible();
  await page.setViewportSize({ width: 700, height: 900 });
  await expect(changes.locator('.head').first()).toBeHidden();
  await expect(board.button('Side by side')).toBeHidden();
  await expect(changes.locator('.part:not(.before) del').filter({ hasText: 'first' })).toBeVisible();
  expect((await columns()).before.join(' ')).toBe('It is stored for a day.');
  await page.setViewportSize({ width: 1280, height: 900 });
  await board.button('Side by side').click();
  await expect(changes.locator('.before')).toHaveCount(0);
});
