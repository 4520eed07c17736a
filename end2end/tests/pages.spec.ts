// Addresses, languages, colours.

import { expect, type Page, test } from './fixtures.ts';

// Half-way through a transition, colours are neither the old nor the new ones.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

test.describe('unknown addresses', () => {
  test.use({ tolerated: /404/ });

  for (const [path, heading] of [
    ['/pipelines/zzzzzzzzzz', 'Pipeline not found'],
    ['/pipelines/nonsense', 'Pipeline not found'],
    ['/nothing/here', 'Page not found'],
    ['/pipelines/zzzzzzzzzz/handovers/zzzzzzzzzz-h1/1', 'Pipeline not found'],
    ['/pipelines/zzzzzzzzzz/nothing', 'Pipeline not found'],
  ] as const) {
    test(`${path} is a 404 with a way back`, async ({ agent, board, page }) => {
      await agent.start();
      const response = await board.open(path);
      expect(response.status()).toBe(404);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
      await page.getByRole('link', { name: 'Back to all pipelines' }).click();
      await expect(board.row('Faster checkout')).toBeVisible();
    });
  }

  test('an address of a text that does not exist says so', async ({ agent, board, page }) => {
    const pipeline = await agent.start();
    await board.open(`/pipelines/${pipeline}/handovers/${pipeline}-h9/1`);
    await expect(page.getByRole('alert').filter({ hasText: 'not found' })).toContainText('Handover not found. The link may be incomplete');
    await board.open(`/pipelines/${pipeline}/prompts/${pipeline}-p9`);
    await expect(page.getByRole('alert').filter({ hasText: 'not found' })).toContainText('Prompt not found. The link may be incomplete');
  });

  test('unknown addresses of the API are JSON, never the page', async ({ server }) => {
    for (const path of ['/api/nothing', '/.well-known/nothing']) {
      const answer = await fetch(server.url + path);
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toMatch(/json/);
    }
  });
});

test('the language is the browser’s, can be switched, and stays', async ({ agent, board, browser, page, server }) => {
  await agent.handedOver();
  await board.open();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Deutsch' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await page.getByRole('button', { name: 'Prüfen', exact: true }).click();
  await expect(board.review.getByRole('button', { name: 'Annehmen', exact: true })).toBeVisible();
  await page.reload();
  await board.ready();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(page.getByRole('button', { name: 'English', includeHidden: true })).toBeAttached();

  const german = await browser.newContext({ locale: 'de-DE', javaScriptEnabled: false });
  const other = await german.newPage();
  await other.goto(server.url);
  await expect(other.locator('html')).toHaveAttribute('lang', 'de');
  await expect(other.getByRole('button', { name: 'Prüfen', exact: true })).toBeVisible();
  await german.close();
});

test('what has changed meanwhile is there in the other language as well', async ({ agent, board, page, server }) => {
  const { pipeline, handover } = await agent.handedOver();
  await server.decide(handover);
  await agent.wait(handover);
  await board.open(`/pipelines/${pipeline}`);
  await expect(board.history).toContainText('Prompt for PLAN');
  const next = await agent.handOver(pipeline, '# Planned');
  await expect(board.history).toContainText('PLAN, revision 1');
  await server.decide(next);
  await agent.wait(next);
  await expect(board.history).toContainText('Prompt for CREATE');
  const sent = await agent.handedOver({ title: 'Sent' });
  await server.decide(sent.handover);
  await page.getByRole('button', { name: 'Deutsch' }).click();
  await expect(board.history).toContainText('Prompt für PLAN');
  await page.getByRole('navigation').getByRole('link', { name: 'Alle Pipelines' }).click();
  await expect(page.locator('.figure')).toHaveText(['Unterwegs1', 'An der Arbeit1']);
  await agent.start({ title: 'Another' });
  await expect(page.locator('.figure')).toHaveText(['Unterwegs1', 'An der Arbeit2']);
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.locator('.figure')).toHaveText(['On its way1', 'At work2']);
});

test('at 320 px in German the longest wait stays in its card', async ({ agent, browser, server }) => {
  await agent.handedOver();
  const german = await browser.newContext({ locale: 'de-DE', javaScriptEnabled: false, viewport: { width: 320, height: 640 } });
  const page = await german.newPage();
  await page.goto(server.url);
  const card = page.locator('.gate');
  await card.locator('time').evaluate((time) => (time.textContent = 'wartet seit 23 Std. 59 Min.'));
  const [outer, inner] = [(await card.boundingBox())!, (await card.locator('time').boundingBox())!];
  expect(inner.x + inner.width).toBeLessThan(outer.x + outer.width);
  expect(inner.y + inner.height).toBeLessThan(outer.y + outer.height);
  await german.close();
});

for (const [what, happens] of [
  ['somebody points', (page: Page) => page.getByRole('heading', { level: 1 }).hover()],
  ['ten seconds have gone', (page: Page) => page.clock.fastForward(10_000)],
] as const) {
  test(`exact times are in UTC until ${what}, then in the reader's zone`, async ({ agent, board, page }) => {
    await page.clock.install();
    const pipeline = await agent.start();
    await board.open(`/pipelines/${pipeline}`);
    const time = page.locator('main time').first();
    const utc = await time.getAttribute('title');
    expect(utc).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    await happens(page);
    const at = await time.getAttribute('datetime');
    // In Berlin, as the configuration has it: never the hour of UTC.
    const here = new Date(at!).toLocaleString('en', { timeZone: 'Europe/Berlin' });
    await expect(time).toHaveAttribute('title', here);
  });
}

test('the colours follow the system, can be switched, and stay', async ({ board, page }) => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await board.open();
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await background();
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  await page.getByRole('button', { name: /Theme: system/ }).click();
  await expect.poll(background).toBe(light);
  await page.getByRole('button', { name: /Theme: light/ }).click();
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(background).toBe(dark);
  await page.reload();
  await expect.poll(background).toBe(dark);
});

test('a decided handover and its prompt have addresses', async ({ agent, board, page, server }) => {
  const { pipeline, handover } = await agent.handedOver({}, '# The plan\n\nRead me later.');
  await server.decide(handover, 'accept', { by: 'Ada', changes: 'Keep it small.' });
  const { prompt, prompt_id } = await agent.wait(handover);
  await agent.handOver(pipeline, '# The next one');
  await board.open(`/pipelines/${pipeline}`);
  await page.keyboard.press('Escape');
  const heading = page.getByRole('heading', { level: 1 });
  const documents = page.locator('.history');
  await expect(documents.getByRole('link')).toHaveText(['PLAN, revision 1', 'Prompt for PLAN', 'VAN, revision 1']);
  await expect(documents).toContainText('Accepted by Ada');
  await expect(documents).toContainText('waiting for review');

  await documents.getByRole('link', { name: 'VAN, revision 1' }).click();
  await expect(page).toHaveURL(`${server.url}/pipelines/${pipeline}/handovers/${handover}/1`);
  await expect(heading).toHaveText('VAN, revision 1');
  await expect(page.locator('main')).toContainText('Accepted by Ada');
  await expect(page.locator('main')).toContainText('Keep it small.');
  await expect(page.locator('.paper')).toContainText('Read me later.');
  await page.reload();
  await board.ready();
  await expect(page.locator('.paper')).toContainText('Read me later.');
  // Who reads it is not interrupted.
  await agent.handOver(pipeline, '# The next one, better');
  await expect(board.arrival).toBeVisible();
  await expect(board.review).toBeHidden();

  await page.getByRole('link', { name: 'Faster checkout' }).click();
  await documents.getByRole('link', { name: 'Prompt for PLAN' }).click();
  await expect(page).toHaveURL(`${server.url}/pipelines/${pipeline}/prompts/${prompt_id}`);
  await expect(heading).toHaveText('Prompt for PLAN');
  await expect(board.prompt).toBeVisible();
  expect(await board.prompt.textContent()).toBe(prompt);
  await page.getByRole('link', { name: 'Written from VAN, revision 1' }).click();
  await expect(heading).toHaveText('VAN, revision 1');
});

test('links lead through the board without loading it anew, and so do the browser’s buttons', async ({
  agent,
  board,
  context,
  page,
  server,
}) => {
  const pipeline = await agent.start();
  await board.open();
  await page.evaluate(() => Object.assign(window, { stillTheSame: true }));
  const heading = page.getByRole('heading', { level: 1 });

  await board.row('Faster checkout').press('Enter');
  await expect(heading).toHaveText('Faster checkout');
  await expect(page).toHaveURL(`${server.url}/pipelines/${pipeline}`);
  await expect(page).toHaveTitle('Faster checkout · Staffel');
  await expect(page.locator('#content')).toBeFocused();
  await page.goBack();
  await expect(heading).toHaveText("You're all caught up");
  await expect(page).toHaveTitle('Staffel');
  await page.goForward();
  await expect(heading).toHaveText('Faster checkout');
  await page.getByRole('link', { name: 'All pipelines' }).click();
  await expect(heading).toHaveText("You're all caught up");
  await page.keyboard.press('/');
  await page.keyboard.type('no such thing');
  await expect(page.locator('.found-nothing')).toContainText('no such thing');
  await page.keyboard.press('Escape');
  expect(await page.evaluate(() => 'stillTheSame' in window)).toBe(true);

  // What belongs to the browser stays with it: a new window, and an address outside the board.
  const opened = context.waitForEvent('page');
  await board.row('Faster checkout').click({ modifiers: ['ControlOrMeta'] });
  await expect((await opened).getByRole('heading', { level: 1 })).toHaveText('Faster checkout');
  await expect(heading).toHaveText("You're all caught up");
  await board.row('Faster checkout').click();
  await page.getByRole('link', { name: 'Full history (JSON)' }).click();
  await expect(page.locator('body')).toContainText('PipelineStarted');
});
