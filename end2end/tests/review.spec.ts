// A person reads and decides; the agent that waits hears of it.

import { Board, expect, openReview, test } from './fixtures.ts';

const PLAN = '# The plan\n\nThe *basket* comes first.\n\n| Question | Decision |\n| --- | --- |\n| Cache | yes |';

test('the review opens by itself, wherever the board is', async ({ agent, board, context, server }) => {
  const pipeline = await agent.start();
  const other = new Board(await context.newPage(), server);
  await board.open();
  await other.open(`/pipelines/${pipeline}`);
  await agent.handOver(pipeline, PLAN);
  const later = new Board(await context.newPage(), server);
  await later.open();
  for (const window of [board, other, later]) {
    await expect(window.review).toBeVisible();
    await expect(window.review.getByRole('heading', { level: 2 })).toContainText('VAN → PLAN');
    await expect(window.review.locator('.doc')).toContainText('The basket comes first.');
    await expect(window.review.getByRole('cell', { name: 'yes' })).toBeVisible();
    await expect(window.review).toContainText('revision 1 · claude-code');
  }
});

test('accepted with changes: the agent gets exactly the prompt that the person sees', async ({ agent, board, server }) => {
  const { pipeline, handover } = await agent.handedOver({}, PLAN);
  const parked = await agent.park(handover);
  await board.open(`/pipelines/${pipeline}`);
  await board.words.fill('Keep the public API stable.');
  await board.button('Accept with changes').click();
  await expect(board.review).toBeHidden();

  const heard = await parked.answer;
  expect(heard).toMatchObject({ decision: 'accepted', next_phase: 'PLAN', review_changes: 'Keep the public API stable.' });
  expect(heard.prompt).toContain('Keep the public API stable.');
  expect(heard.prompt).toContain('The *basket* comes first.');
  await expect(board.prompt).toHaveText(heard.prompt);
  expect(await board.prompt.textContent()).toBe(heard.prompt);

  await expect(board.steps).toHaveText(['Decided', 'Written', 'Offered', 'Picked up']);
  await agent.call('acknowledge_prompt', { prompt_id: heard.prompt_id });
  await expect(board.steps).toHaveText(['Decided', 'Written', 'Offered', 'Picked up', 'Confirmed']);
  await agent.report(pipeline, { phase: 'PLAN', progress: 10 });
  await expect(board.steps).toHaveCount(6);
  await expect(board.leg('VAN')).toContainText('accepted');
  await expect(board.leg('PLAN')).toContainText('says 10%');
  expect(await server.count(pipeline, 'PromptPickedUp')).toBe(1);
});

test('the prompt waits for an agent that is not there, and can be copied', async ({ agent, board, context, server }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
  const { pipeline, handover } = await agent.handedOver({}, PLAN);
  await board.open(`/pipelines/${pipeline}`);
  await board.button('Accept').click();
  await expect(board.page.locator('.headline .chip')).toHaveText('On its way');
  await expect(board.steps).toHaveText(['Decided', 'Written', 'Offered']);
  const card = board.page.locator('section.prompt');
  await card.getByRole('button', { name: 'Copy' }).click();
  await expect(card.getByRole('button', { name: 'Copied' })).toBeVisible();
  const copied = await board.page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await board.prompt.textContent());
  await expect(card.getByRole('link', { name: 'Cursor' })).toHaveAttribute('href', /^cursor:/);
  const pulled = await agent.call('get_next_prompt', { pipeline });
  expect(pulled.prompt).toBe(copied);
  await expect(board.steps).toHaveText(['Decided', 'Written', 'Offered', 'Picked up']);
  expect((await agent.wait(handover, 1)).prompt).toBe(copied);
  // What an agent works from already is there to be read, and nothing asks to carry it to another one.
  await expect(card).toContainText('An agent is working from this prompt already.');
  await expect(board.prompt).toBeHidden();
  await expect(card.getByRole('link', { name: 'Cursor' })).toBeHidden();
  await card.getByText('Read the prompt').click();
  await expect(board.prompt).toBeVisible();
  await expect(card.getByRole('button', { name: 'Copy again' })).toBeVisible();
});

test('a decision made elsewhere closes the review and says who made it', async ({ agent, board, context, server }) => {
  const { handover } = await agent.handedOver();
  const other = new Board(await context.newPage(), server);
  await board.open();
  await other.open();
  await expect(other.review).toBeVisible();
  await board.button('Accept').click();
  await expect(other.review).toBeHidden();
  await expect(other.notice).toContainText('You accepted VAN.');
  await expect(board.notice).toContainText('VAN accepted. The prompt for PLAN is on its way.');

  await agent.wait(handover);
  const next = await agent.handOver(handover.split('-')[0]!);
  // A tab behind another one is drawn once in a second, too seldom for a click.
  await board.page.bringToFront();
  await openReview(board.page);
  await server.decide(next, 'request_changes', { changes: 'Shorter.', by: 'Ada' });
  await expect(board.review).toBeHidden();
  await expect(board.notice).toContainText('Ada requested changes to PLAN.');
});

test('requesting changes needs words, and leads to a revision', async ({ agent, board }) => {
  const { pipeline, handover } = await agent.handedOver();
  const parked = await agent.park(handover);
  await board.open(`/pipelines/${pipeline}`);
  await board.button('Request changes').click();
  await expect(board.review).toContainText('First write what should change.');
  await expect(board.words).toBeFocused();
  await expect(board.words).toHaveAttribute('aria-invalid', 'true');
  await board.words.fill('Name the risks.');
  await board.button('Request changes').click();
  await expect(board.review).toBeHidden();
  const heard = await parked.answer;
  expect(heard).toMatchObject({ decision: 'changes_requested', review_changes: 'Name the risks.' });
  expect(await board.prompt.textContent()).toBe(heard.prompt);

  await agent.call('acknowledge_prompt', { prompt_id: heard.prompt_id });
  await agent.handOver(pipeline, '# Done\n\nAll of it, with two risks.');
  await openReview(board.page);
  await expect(board.review).toContainText('revision 2');
  await expect(board.review.locator('.doc')).toContainText('with two risks');
  await expect(board.words).toHaveValue('');
  await board.button('Accept').click();
  await expect(board.leg('VAN')).toContainText('accepted');
});

test('a handover that arrives while somebody types takes neither the focus nor a key', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  await board.open();
  const field = page.getByRole('searchbox');
  await page.keyboard.press('/');
  await page.keyboard.type('a');
  await agent.handOver(pipeline);
  await expect(board.arrival).toContainText('VAN is ready for review: Faster checkout');
  await page.keyboard.type('ccac');
  await expect(field).toBeFocused();
  await expect(field).toHaveValue('accac');
  await expect(board.review).toBeHidden();
  expect(await server.count(pipeline, 'HandoverAccepted')).toBe(0);

  await board.arrival.getByRole('button', { name: 'Review', exact: true }).click();
  await expect(board.review.locator('.doc')).toContainText('All of it.');
  await expect(board.arrival).toBeHidden();
});

test('a field that has the focus is in use, however long nothing is typed', async ({ agent, board, page }) => {
  const pipeline = await agent.start();
  await board.open();
  await page.getByRole('searchbox').focus();
  await agent.handOver(pipeline);
  await expect(board.arrival).toBeVisible();
  await expect(board.review).toBeHidden();
  await board.arrival.getByRole('button', { name: 'Close' }).click();
  await expect(board.arrival).toBeHidden();
  // It stays on its card.
  await expect(page.locator('.gate').getByRole('button', { name: 'Review', exact: true })).toBeVisible();
});

test('a letter decides only after the review was touched', async ({ agent, board, page, server }) => {
  const { pipeline, handover } = await agent.handedOver();
  await board.open();
  // The review has opened by itself, and somebody goes on typing what was meant for another window.
  await expect(board.review.locator('.doc')).toBeVisible();
  await page.keyboard.type('a cab');
  await expect(board.review).toHaveAttribute('data-keys', 'asleep');
  await page.keyboard.type('a cab');
  await expect(board.review).toContainText('Click or scroll in here first');
  await expect(board.review).toBeVisible();
  await expect(board.words).toHaveValue('');
  expect(await server.count(pipeline, 'HandoverAccepted')).toBe(0);

  await page.keyboard.press('PageDown');
  await expect(board.review).toHaveAttribute('data-keys', 'ready');
  await expect(board.review).not.toContainText('Click or scroll in here first');
  await page.keyboard.press('a');
  await expect(board.review).toBeHidden();
  expect(await agent.wait(handover)).toMatchObject({ decision: 'accepted', revision: 1 });
});

test.describe('a refused decision', () => {
  // The browser says so when an answer is no success.
  test.use({ tolerated: /409/ });

  test('a revision that arrives while one reads is shown only on request, and not accepted unread', async ({
    agent,
    board,
    page,
    server,
  }) => {
    const { pipeline, handover } = await agent.handedOver({}, '# The first');
    await board.open();
    await board.words.fill('One more thing');
    await board.touch();
    await agent.handOver(pipeline, '# Better');
    await expect(board.review).toContainText("Revision 2 is here. You're still reading revision 1; your text stays.");
    await expect(board.review.locator('.doc')).toContainText('The first');
    await expect(board.review).toContainText('revision 1 · claude-code');
    // The decision is about what was read, and the server refuses that.
    const refused = page.waitForResponse((response) => response.url().endsWith('/decision'));
    await page.keyboard.press('a');
    expect((await refused).status()).toBe(409);
    await expect(board.review).toContainText("There's a newer revision. Read it before you decide.");
    await expect(board.words).toHaveValue('One more thing');

    await board.button('Read revision 2').click();
    await page.keyboard.press('a');
    await expect(board.review.locator('.doc')).toContainText('Better');
    await expect(board.review.locator('.review-document')).toBeFocused();
    await expect(board.review).toContainText('This is revision 2 now. Your text is still here.');
    await expect(board.review).not.toContainText("There's a newer revision.");
    // The click was made before the text was there: it says nothing about it.
    await expect(board.review).toHaveAttribute('data-keys', 'asleep');
    expect(await server.count(pipeline, 'HandoverAccepted')).toBe(0);
    await board.touch();
    await page.keyboard.press('a');
    await expect(board.review).toBeHidden();
    expect(await agent.wait(handover)).toMatchObject({ revision: 2, review_changes: 'One more thing' });
  });
});

test('the keyboard alone is enough', async ({ agent, board, page }) => {
  const { pipeline, handover } = await agent.handedOver();
  await board.open(`/pipelines/${pipeline}`);
  await expect(board.review).toBeVisible();
  const review = page.locator('main').getByRole('button', { name: 'Review', exact: true });

  await page.keyboard.press('Escape');
  await expect(board.review).toBeHidden();
  await page.reload();
  await board.ready();
  await expect(review).toBeVisible();
  await expect(board.review, 'put off in this window').toBeHidden();
  await review.press('Enter');
  await expect(board.review).toHaveAttribute('data-keys', 'asleep');

  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('r');
  await expect(board.words).toBeFocused();
  // While one types, letters are letters.
  await page.keyboard.type('a clear case');
  await expect(board.words).toHaveValue('a clear case');
  await page.keyboard.press('Tab');
  await page.keyboard.press('r');
  await expect(board.review).toBeHidden();
  expect(await agent.wait(handover)).toMatchObject({ decision: 'changes_requested', review_changes: 'a clear case' });

  await agent.handOver(pipeline, '# Again');
  await openReview(page);
  await expect(board.review.locator('.doc')).toContainText('Again');
  await expect(board.review).toHaveAttribute('data-keys', 'asleep');
  await page.keyboard.press('Tab');
  await board.words.press('ControlOrMeta+Enter');
  await expect(board.review).toBeHidden();
  expect(await agent.wait(handover)).toMatchObject({ decision: 'accepted', revision: 2 });
});

test('what was typed survives a reload', async ({ agent, board, page }) => {
  await agent.handedOver();
  await board.open();
  await board.words.fill('Half a thou');
  await page.reload();
  await board.ready();
  await expect(board.review).toBeVisible();
  await expect(board.words).toHaveValue('Half a thou');
});

test('stopping asks once more', async ({ agent, board }) => {
  const { pipeline, handover } = await agent.handedOver();
  const parked = await agent.park(handover);
  await board.open(`/pipelines/${pipeline}`);
  await board.button('Stop pipeline…').click();
  await expect(board.button('Keep it running')).toBeFocused();
  await board.button('Keep it running').click();
  await board.button('Stop pipeline…').click();
  await board.button('Stop pipeline').click();
  await expect(board.review).toBeHidden();
  expect(await parked.answer).toMatchObject({ decision: 'stopped', prompt: null });
  await expect(board.page.locator('.headline .chip')).toHaveText('Stopped');
});

test('the last handover completes the pipeline', async ({ agent, board }) => {
  const { pipeline, handover } = await agent.handedOver({ phases: ['PLAN'] });
  const parked = await agent.park(handover);
  await board.open(`/pipelines/${pipeline}`);
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('PLAN → finish');
  await board.button('Accept').click();
  await expect(board.page.locator('.headline .chip')).toHaveText('Finished');
  expect(await parked.answer).toMatchObject({ decision: 'accepted', prompt: null });
});

test('from the overview a second waiting review is one click away, never under the same key', async ({ agent, board, page, server }) => {
  const first = await agent.handedOver({ title: 'One' });
  const second = await agent.handedOver({ title: 'Two' });
  await board.open();
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('One');
  await board.touch();
  await page.keyboard.press('a');
  await expect(board.review).toBeHidden();
  await page.keyboard.press('a');
  await expect.poll(() => server.count(first.pipeline, 'HandoverAccepted')).toBe(1);
  expect(await server.count(second.pipeline, 'HandoverAccepted')).toBe(0);
  const waiting = page.getByRole('button', { name: 'Review', exact: true });
  await expect(waiting).toHaveCount(1);
  await waiting.click();
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('Two');
});
