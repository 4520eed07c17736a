// Find or do anything: by keys, by touch, on a phone, among thousands.

import { complaints } from './axe.ts';
import { expect, test } from './fixtures.ts';

test('opens with Ctrl+K, also from a field, and finds pipelines, reviews, pages and actions', async ({ agent, board, page }) => {
  const { pipeline } = await agent.handedOver({ title: 'Faster checkout' });
  await agent.start({ title: 'Gift cards' });
  await board.open();
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.press('Control+k');
  const palette = page.locator('dialog.palette');
  const field = palette.getByRole('combobox');
  await expect(field).toBeFocused();
  await expect(palette.getByRole('option', { name: 'Review VAN' })).toBeVisible();
  expect(await complaints(page)).toEqual([]);

  await field.fill('gift');
  await expect(palette.getByRole('option')).toHaveCount(1);
  const first = palette.getByRole('option').first();
  await expect(first).toContainText('Gift cards');
  await expect(first).toHaveAttribute('aria-selected', 'true');
  expect(await field.getAttribute('aria-activedescendant')).toBe(await first.getAttribute('id'));
  await page.keyboard.press('Enter');
  await expect(palette).toBeHidden();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Gift cards');

  await page.keyboard.press('Control+k');
  await field.fill('review van');
  await page.keyboard.press('Enter');
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('Faster checkout');
  // Over a review it is a way out of it.
  await page.keyboard.press('Control+k');
  await field.fill('faster');
  await page.keyboard.press('ArrowDown');
  await expect(palette.getByRole('option').nth(1)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(board.review).toBeHidden();
  await expect(page).toHaveURL(new RegExp(`/pipelines/${pipeline}$`));

  await page.keyboard.press('Control+k');
  await field.fill('nothing like this');
  await expect(palette).toContainText('Nothing found for “nothing like this”.');
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();
});

test('is open after the key that opens it, however soon that follows', async ({ board, page }) => {
  await board.open();
  const palette = page.locator('dialog.palette');
  await page.keyboard.press('Control+k');
  await expect(palette).toBeVisible();
  // A browser tells that a dialog was closed in a task of its own; what is pressed before that is no less meant.
  await page.evaluate(async () => {
    const press = async () => {
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, cancelable: true }));
      // Everything that is under way in this task, and nothing of the next.
      for (let turns = 0; turns < 100; turns += 1) await Promise.resolve();
    };
    await press();
    await press();
  });
  await page.evaluate(() => new Promise((done) => setTimeout(done, 100)));
  await expect(palette).toBeVisible();
  await expect(palette.getByRole('combobox')).toBeFocused();

  // As Escape does: the dialog is closed, and nobody was told yet.
  await page.evaluate(() => {
    document.querySelector<HTMLDialogElement>('dialog.palette')!.close();
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, cancelable: true }));
  });
  await page.evaluate(() => new Promise((done) => setTimeout(done, 100)));
  await expect(palette).toBeVisible();
  await expect(palette.getByRole('combobox')).toBeFocused();
});

test('does what the bar does: language, theme, people, signing out', async ({ board, page, server }) => {
  await server.asPerson('GET', '/session', undefined, 'Ben');
  await board.open();
  const palette = page.locator('dialog.palette');
  const choose = async (words: string) => {
    await page.keyboard.press('Control+k');
    await palette.getByRole('combobox').fill(words);
    await expect(palette.getByRole('option').first()).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(palette).toBeHidden();
  };
  await choose('theme');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await choose('deutsch');
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await choose('english');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await choose('ended');
  await expect(page).toHaveURL(/\/ended$/);
  await page.keyboard.press('Control+k');
  await palette.getByRole('combobox').fill('ben');
  await expect(palette.getByRole('option', { name: 'Ben' })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/people$/);
  await choose('keys');
  await expect(page.locator('dialog.keys')).toBeVisible();
  await page.keyboard.press('Escape');
  await choose('sign out');
  await expect(page.getByRole('link', { name: 'Sign in' }).first()).toBeVisible();
});

test('asks the server for what is not on the page, bounded, and not for every letter', async ({ agent, board, page }) => {
  const ended = await agent.start({ title: 'Long gone' });
  await agent.call('finish_pipeline', { pipeline: ended, outcome: 'failed', message: 'No access' });
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('&q=')) asked.push(request.url());
  });
  await board.open();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('long gone', { delay: 10 });
  await expect(page.locator('dialog.palette').getByRole('option')).toContainText(['Long gone']);
  expect(asked.length).toBe(1);
  expect(asked[0]).toContain('limit=20');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

  test('opens and chooses by touch, and nothing is wider than the window', async ({ agent, board, page }) => {
    await agent.start({ title: `Gift cards ${'averylongword'.repeat(8)}` });
    await board.open('/agents');
    await page.getByRole('button', { name: 'Find or do anything' }).tap();
    const palette = page.locator('dialog.palette');
    await palette.getByRole('combobox').fill('gift');
    const option = palette.getByRole('option').first();
    await expect(option).toContainText('Gift cards');
    const wide = await page.evaluate(() =>
      [document.documentElement, document.querySelector('dialog.palette')!].map((it) => it.scrollWidth - it.clientWidth),
    );
    expect(wide).toEqual([0, 0]);
    expect((await option.boundingBox())!.height).toBeGreaterThanOrEqual(44);
    expect(await complaints(page)).toEqual([]);
    await option.tap();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Gift cards');
  });
});
