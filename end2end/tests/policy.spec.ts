// Policies: handovers that need no look, and those that need two people.

import type { Agent } from '../support/agent.mjs';
import { complaints } from './axe.ts';
import { another, type Board, expect, openReview, test } from './fixtures.ts';

// Half-way through a transition, colours are neither the old nor the new ones.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

const FOUND = '# Found\n\nOne search in six finds nothing.';

function save(agent: Agent, pipeline: string, failed: number, more = {}) {
  const evidence = { tests: { passed: 31, failed }, files: ['src/search.rs'] };
  return agent.call('save_handover_content', { pipeline, content: FOUND, evidence, ...more });
}

/** The row of a phase in the list of policies, which is opened. */
async function row(board: Board, phase: string) {
  const { policies } = board;
  if (!(await policies.evaluate((list: HTMLDetailsElement) => list.open))) await policies.locator('summary').click();
  return board.policy(phase);
}

test('three rounds: failed tests, an open question, and accepted by itself', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  await board.open(`/pipelines/${pipeline}`);
  const { policies } = board;
  await expect(policies).toContainText('a person decides about every phase');
  const van = await row(board, 'VAN');
  await van.getByLabel('How VAN is accepted').selectOption('Automatically, unless something stands out');
  await expect(van).toContainText('Set by you');
  await expect(van.getByLabel('Changed files, at most')).toHaveValue('20');
  await expect(policies.locator('summary')).toContainText('VAN automatic');
  await van.getByLabel('Changed files, at most').fill('900');
  await van.getByLabel('Changed files, at most').blur();
  await expect(policies).toContainText('A whole number from 0 to 499.');
  await van.getByLabel('Changed files, at most').fill('3');
  await van.getByLabel('Changed files, at most').blur();
  await expect.poll(() => server.count(pipeline, 'PhasePolicySet')).toBe(2);
  // Only people end a pipeline.
  const last = await row(board, 'REFLECT');
  await expect(last.locator('option')).toHaveText(['A person decides', 'Two people accept']);
  expect(await complaints(page)).toEqual([]);

  const { handover } = await save(agent, pipeline, 2);
  await openReview(page);
  await expect(board.review.locator('.policy-hit')).toHaveText('Not accepted automatically: 2 tests failed.');
  expect(await complaints(page)).toEqual([]);
  await board.touch();
  await board.words.fill('Mend the tests.');
  await board.button('Request changes').click();
  await agent.wait(handover);

  await save(agent, pipeline, 0, { open_questions: ['Which index?'] });
  await openReview(page);
  await expect(board.review.locator('.policy-hit')).toHaveText('Not accepted automatically: 1 open question.');

  // The agent mends it by itself; the review that is open gives way, and says why.
  const saved = await save(agent, pipeline, 0);
  expect(saved.next_step).toContain('Accepted by the policy that Local set.');
  await expect(board.review).toBeHidden();
  await expect(board.notice).toContainText('VAN was accepted by the policy that you set.');
  const decided = await agent.wait(handover);
  expect(decided).toMatchObject({ decision: 'accepted', decided_by: 'the policy that Local set', next_phase: 'PLAN' });
  await expect(page.locator('.log')).toContainText('VAN was accepted by the policy that you set');
  await expect(page.locator('.history')).toContainText('Accepted by the policy that you set');
  await expect(page.locator('.waits')).toContainText('until the policy accepted');
  expect(await server.count(pipeline, 'HandoverAccepted')).toBe(0);
});

test('two people in two browsers', async ({ agent, board, browser, page, server }) => {
  const anna = await another(browser, server, 'Anna');
  const pipeline = await agent.start();
  await board.open(`/pipelines/${pipeline}`);
  const van = await row(board, 'VAN');
  await van.getByLabel('How VAN is accepted').selectOption('Two people accept');
  await expect(van).toContainText('Set by you');
  const { handover } = await save(agent, pipeline, 0);
  await openReview(page);
  const two = board.review.locator('.policy-two');
  await expect(two).toHaveText('Two people have to accept this. After you, it takes Anna.');
  await anna.open(`/pipelines/${pipeline}`);
  await openReview(anna.page);
  await board.touch();
  await board.button('Accept').click();
  await expect(board.notice).toContainText("You accepted VAN. It's decided once another person accepts it too.");
  // It is Anna's now.
  await expect(page).toHaveTitle(/^Faster checkout/);
  await expect(anna.page).toHaveTitle(/^\(1\) /);

  // It is live on the other board, and taken back it is live again.
  const hers = anna.review.locator('.policy-two');
  await expect(hers).toHaveText("Local accepted this. If you accept it too, it's decided.");
  await board.page.getByRole('button', { name: 'Review', exact: true }).first().click();
  await expect(two).toContainText('You accepted this. It still takes Anna.');
  expect(await complaints(page)).toEqual([]);
  await expect(board.button('Accept')).toBeDisabled();
  await two.getByRole('button', { name: 'Take back' }).click();
  await expect(hers).toContainText('Two people have to accept this. After you, it takes Local.');
  await expect(page).toHaveTitle(/^\(1\) /);
  await expect(two).toContainText('After you, it takes Anna');
  await board.touch();
  await board.button('Accept').click();
  await expect(hers).toContainText('Local accepted this.');

  await anna.touch();
  await anna.button('Accept').click();
  await expect(anna.notice).toContainText('VAN accepted. The prompt for PLAN is on its way.');
  const decided = await agent.wait(handover);
  expect(decided).toMatchObject({ decision: 'accepted', decided_by: 'Anna' });
  await expect(page.locator('.log')).toContainText('You accepted VAN (1 of 2)');
  await expect(page.locator('.log')).toContainText('You took back accepting VAN');
  await expect(page.locator('.log')).toContainText('Anna accepted VAN');
  expect([await server.count(pipeline, 'HandoverApproved'), await server.count(pipeline, 'HandoverAccepted')]).toEqual([2, 1]);

  // The second person cannot do away with the first.
  await server.setPolicy(pipeline, 'PLAN', { policy: 'two_people' });
  const plan = await row(anna, 'PLAN');
  await plan.getByLabel('How PLAN is accepted').selectOption('A person decides');
  await expect(anna.page.locator('.policies')).toContainText('Only an owner can do without the second person.');
  await expect(plan.getByLabel('How PLAN is accepted')).toHaveValue('two_people');
});

test('somebody alone is told what to do', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  await server.setPolicy(pipeline, 'VAN', { policy: 'two_people' });
  await save(agent, pipeline, 0);
  await board.open(`/pipelines/${pipeline}`);
  await openReview(page);
  await expect(board.review.locator('.policy-two')).toContainText('nobody else here may decide');
  await page.keyboard.press('Escape');
  const van = await row(board, 'VAN');
  await van.getByLabel('How VAN is accepted').selectOption('A person decides');
  await expect(page.locator('.policies summary')).toContainText('a person decides about every phase');
  await openReview(page);
  await board.touch();
  await board.button('Accept').click();
  await expect(board.notice).toContainText('VAN accepted. The prompt for PLAN is on its way.');
});

test.describe('in German', () => {
  test.use({ locale: 'de-DE', viewport: { width: 360, height: 740 } });

  test('on a phone', async ({ agent, board, page, server }) => {
    const pipeline = await agent.start();
    const policy = { policy: 'accept_unless', max_files: 0 };
    await server.setPolicy(pipeline, 'VAN', policy);
    await save(agent, pipeline, 0);
    // On a board that nobody uses its review opens by itself.
    await board.open(`/pipelines/${pipeline}`);
    await expect(board.review.locator('.policy-hit')).toHaveText('Nicht automatisch angenommen: 1 Datei geändert (0 erlaubt).');
    expect(await complaints(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await row(board, 'VAN');
    await expect(page.locator('.policies')).toContainText('Von dir festgelegt');
    expect(await complaints(page)).toEqual([]);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide).toBe(0);
  });
});
