// The points of a review: comments beside the text, what the agent answers, and who has the last word.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Agent } from '../support/agent.mjs';
import { ROOT } from '../support/server.mjs';
import { complaints } from './axe.ts';
import { Board, expect, openReview, test } from './fixtures.ts';

const PLAN = `# Idempotent webhooks

The provider delivers webhooks at least once.

## Decisions

| Decision | Why |
| --- | --- |
| Answer 200 after the insert | The provider retries |
| Keep ids for 30 days | Auditors ask |

## Risks

We key the booking by payment.

- No back-fill.
- Nobody is told.
`;

type Answer = { comment: number; outcome: 'done' | 'declined'; note?: string };

function revise(agent: Agent, pipeline: string, content: string, answers: Answer[], more = {}) {
  return agent.call('save_handover_content', { pipeline, content, answers, ...more });
}

/** Comments on some words of the document. */
async function comment(board: Board, words: string, text: string) {
  await board.select(words);
  await board.review.locator('.pick').click();
  await board.review.locator('#comment-text').fill(text);
  await board.button('Add').click();
  await expect(board.review.locator('.note.writing')).toHaveCount(0);
}

test('three rounds: comments, answers, insisting, settling, acceptance', async ({ agent, board }) => {
  const { pipeline, handover } = await agent.handedOver({}, PLAN);
  await board.open(`/pipelines/${pipeline}`);
  await expect(board.review.locator('.doc')).toContainText('at least once');
  await comment(board, 'Answer 200 after the insert', 'And when the database is down?');
  await comment(board, 'Keep ids for 30 days', 'Auditors ask for a quarter.');
  await expect(board.mark(1)).toHaveText('Answer 200 after the insert');
  await expect(board.mark(2)).toHaveText('Keep ids for 30 days');

  // A wording, and one about the whole.
  await board.select('We key the booking by payment.');
  await board.review.locator('.pick').click();
  await board.button('Suggest wording').click();
  await expect(board.review.getByLabel('Suggested wording')).toHaveValue('We key the booking by payment.');
  await board.review.getByLabel('Suggested wording').fill('We key the booking by payment and capture.');
  await board.button('Add').click();
  await board.review.locator('.note-keys').getByRole('button', { name: 'Comment' }).click();
  await board.review.locator('#comment-text').fill('Say who is told.');
  await board.button('Add').click();
  await expect(board.review.locator('.goes')).toHaveText('Goes along: 4 comments');
  await expect(board.review.locator('.note.mine')).toHaveCount(4);

  const parked = await agent.park(handover);
  await board.button('Request changes').click();
  await expect(board.review).toBeHidden();
  const heard = await parked.answer;
  expect(heard).toMatchObject({ decision: 'changes_requested' });
  for (const words of ['And when the database is down?', 'by payment and capture', 'Say who is told.']) {
    expect(heard.prompt).toContain(words);
  }
  await agent.call('acknowledge_prompt', { prompt_id: heard.prompt_id });

  // The second round: one done, one declined, two without an answer.
  const second = PLAN.replace('Keep ids for 30 days', 'Keep ids for 90 days').replace('No back-fill.', 'A back-fill.');
  await revise(agent, pipeline, second, [
    { comment: 2, outcome: 'done', note: 'Ninety days.' },
    { comment: 1, outcome: 'declined', note: 'It is never down.' },
  ]);
  await openReview(board.page);
  await expect(board.review.locator('.ledger')).toContainText('What you asked for in revision 1');
  await expect(board.review.locator('.ledger')).toContainText('4 points: 1 done, 1 declined, 2 not answered');
  await expect(board.point(2)).toContainText('Done. Ninety days.');
  await expect(board.point(1)).toContainText('Declined. It is never down.');
  await expect(board.point(2)).toContainText('The passage is gone');
  // What has changed is shown first, since revision 1 was read here.
  await expect(board.review.locator('.changes ins').first()).toBeVisible();
  await expect(board.review.locator('.blocked')).toHaveText('Points 1, 3 and 4 are not done. Settle them, then you can accept.');
  await expect(board.button('Accept')).toBeDisabled();
  await board.point(3).getByRole('button', { name: 'Settled' }).click();
  await expect(board.point(3)).toContainText('Settled with your decision.');
  await expect(board.point(3).getByRole('button', { name: 'Undo' })).toBeFocused();
  await board.point(1).getByRole('button', { name: 'Insist' }).click();
  await expect(board.point(1).getByRole('textbox')).toBeFocused();
  await board.page.keyboard.type('It was in March.');
  await board.point(4).getByRole('button', { name: 'Ask again' }).click();
  await expect(board.review.locator('.goes')).toHaveText('Goes along: 2 points again, 1 point settled');
  const again = await agent.park(handover);
  await board.button('Request changes').click();
  const insisted = await again.answer;
  expect(insisted.prompt).toContain('It was in March.');
  await agent.call('acknowledge_prompt', { prompt_id: insisted.prompt_id });

  // The third: everything is done, but for one that the person settles.
  await revise(agent, pipeline, second, [{ comment: 1, outcome: 'done', note: '503 then.' }]);
  await openReview(board.page);
  await expect(board.review.locator('.ledger')).toContainText('1 settled: show');
  await board.button('1 settled: show').click();
  await expect(board.point(3)).toBeVisible();
  await expect(board.review.locator('.blocked')).toHaveText('Point 4 is not answered. Settle it, then you can accept.');
  await board.point(4).getByRole('button', { name: 'Settled' }).click();
  await expect(board.review.locator('.blocked')).toBeEmpty();
  await expect(board.button('Accept')).toBeEnabled();
  await board.button('Accept').click();
  await expect(board.review).toBeHidden();
  expect(await agent.wait(handover)).toMatchObject({ decision: 'accepted', revision: 3 });
});

test('old test results beside changed work: they are struck out once the text is another one', async ({ agent, board }) => {
  const pipeline = await agent.start();
  await agent.call('save_handover_content', {
    pipeline,
    content: '# The plan\n\nDue on {date}.',
    results: ['It works'],
    open_questions: ['Who pays?'],
    next_steps: ['Build it'],
    evidence: {
      commit: '9f31c07',
      branch: 'main',
      tests: { passed: 212, failed: 2, command: 'make test' },
      files: ['src/a.rs', 'src/b.rs'],
      links: [{ url: 'https://example.com/run', title: 'The run' }],
    },
  });
  await board.open(`/pipelines/${pipeline}`);
  const evidence = board.review.getByRole('group', { name: 'Evidence' });
  await expect(evidence).toContainText('Tests 212 of 214, 2 failed');
  await expect(evidence).toContainText('9f31c07');
  await evidence.getByText('2 files').click();
  await expect(evidence.getByText('src/b.rs')).toBeVisible();
  const link = evidence.getByRole('link', { name: 'The run' });
  await expect(link).toHaveAttribute('rel', 'noopener noreferrer nofollow');
  await expect(link).toHaveAttribute('target', '_blank');
  await expect(board.review.locator('.recap')).toContainText('Who pays?');
  await expect(board.review.locator('.unfilled')).toHaveText('Not filled in: {date}');
  expect(await complaints(board.page)).toEqual([]);
  await agent.call('save_handover_content', { pipeline, content: '# The plan\n\nDue in May.' });
  await board.button('Read revision 2').click();
  await expect(evidence.locator('del').first()).toContainText('Tests 212 of 214');
  await expect(evidence).toContainText('from revision 1; the text has changed since');
});

test('a picture is shown, and a page that calls itself one is not', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  const attachments = [];
  for (const [name, bytes] of [
    ['checkout.png', readFileSync(join(ROOT, 'style/assets/icon-192.png'))],
    ['page.png', Buffer.from('<!doctype html><script>document.title = "run"</script>')],
  ] as const) {
    attachments.push(await server.attach(pipeline, name, bytes));
  }
  const content = '# Done\n\nThe checkout: ![The checkout](shots/checkout.png), and before: ![Before](before.png).';
  await agent.call('save_handover_content', { pipeline, content, evidence: { attachments } });
  await board.open(`/pipelines/${pipeline}`);
  const evidence = board.review.locator('.evidence');
  const picture = evidence.locator('img');
  await expect(picture).toHaveCount(1);
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100);
  // Where the text shows it, it stands there; what nobody attached is named.
  const shown = board.review.locator('.doc').getByRole('img', { name: 'The checkout' });
  await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100);
  await expect(board.review.locator('.doc .picture')).toHaveText('Before');
  await expect(board.review).toContainText('Pictures not attached: before.png');
  const link = evidence.getByRole('link', { name: 'page.png' });
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  expect(download.suggestedFilename()).toBe('page.png');
  expect(await page.title()).not.toBe('run');
  expect(await complaints(page)).toEqual([]);
});

test('by keyboard alone', async ({ agent, board, page }) => {
  const { pipeline, handover } = await agent.handedOver({}, PLAN);
  await board.open(`/pipelines/${pipeline}`);
  await expect(board.review).toHaveAttribute('data-keys', 'asleep');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(board.review.locator('.doc p').first()).toBeFocused();
  await page.keyboard.press('k');
  await expect(board.review.locator('.doc h3')).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('c');
  await expect(board.review.locator('#comment-text')).toBeFocused();
  await page.keyboard.type('Says who? a r');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(board.mark(1)).toHaveText('The provider delivers webhooks at least once.');
  await expect(board.review.locator('.doc p').first()).toBeFocused();
  await page.keyboard.press('r');
  await expect(board.review).toBeHidden();
  const heard = await agent.wait(handover);
  expect(heard.prompt).toContain('Says who? a r');
  await revise(agent, pipeline, `${PLAN}\n\nAgain.`, []);
  await openReview(page);
  await expect(board.review.locator('.changes')).toBeVisible();
  await expect(board.review).toHaveAttribute('data-keys', 'asleep');
  await page.keyboard.press('Tab');
  await page.keyboard.press('d');
  await expect(board.review.locator('.changes')).toHaveCount(0);
  await page.keyboard.press('a');
  await expect(board.review, 'a point is not answered').toBeVisible();
  await board.review.getByRole('button', { name: 'Settled Comment 1' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('a');
  await expect(board.review).toBeHidden();
  expect(await agent.wait(handover)).toMatchObject({ decision: 'accepted' });
});

test('drafts survive a reload, also what is being written', async ({ agent, board, page }) => {
  await agent.handedOver({}, PLAN);
  await board.open();
  await expect(board.review.locator('.doc')).toContainText('at least once');
  await comment(board, 'Nobody is told.', 'Tell them.');
  await board.words.fill('Half a thou');
  await board.select('No back-fill.');
  await board.review.locator('.pick').click();
  await expect(board.review.locator('#comment-text')).toBeFocused();
  await page.keyboard.type('Why');
  await page.reload();
  await board.ready();
  await expect(board.mark(1)).toHaveText('Nobody is told.');
  await expect(board.review.locator('#comment-text')).toHaveValue('Why');
  await expect(board.words).toHaveValue('Half a thou');
  await board.review.locator('.note.writing').getByRole('button', { name: 'Discard' }).click();
  await board.button('Edit').click();
  await board.review.locator('#comment-text').fill('Tell all of them.');
  await board.button('Add').click();
  await expect(board.review.locator('.note.mine .words')).toHaveText('Tell all of them.');
  await board.button('Discard').click();
  await expect(board.mark(1)).toHaveCount(0);
});

test('accepting as it is says what is not sent', async ({ agent, board }) => {
  const { pipeline, handover } = await agent.handedOver({}, PLAN);
  await board.open(`/pipelines/${pipeline}`);
  await expect(board.review.locator('.doc')).toContainText('at least once');
  await comment(board, 'Nobody is told.', 'Tell them.');
  await expect(board.button('Accept with changes')).toBeEnabled();
  await board.button('Accept as is').click();
  await expect(board.review).toContainText("Your comment won't be sent.");
  await expect(board.button('Go back')).toBeFocused();
  await board.button('Accept as is').click();
  await expect(board.review).toBeHidden();
  const heard = await agent.wait(handover);
  expect(heard.decision).toBe('accepted');
  expect(heard.prompt).not.toContain('Tell them.');
});

test('two people at once: the second one keeps what was prepared', async ({ agent, board, server }) => {
  const { pipeline, handover } = await agent.handedOver({}, PLAN);
  await board.open(`/pipelines/${pipeline}`);
  await expect(board.review.locator('.doc')).toContainText('at least once');
  await comment(board, 'Nobody is told.', 'Tell them.');
  await server.decide(handover, 'accept', { by: 'Ben' });
  await expect(board.review).toBeHidden();
  await expect(board.notice).toContainText('Ben accepted VAN. Your comment is not sent; it is kept as a draft.');
  // It is found beside the text that it is about.
  await board.open(`/pipelines/${pipeline}/handovers/${handover}/1`);
  await expect(board.page.locator('.paper .note.mine')).toContainText('Tell them.');
  await expect(board.page.locator('.paper mark')).toHaveText('Nobody is told.');
  await board.page.locator('.paper .note.mine').getByRole('button', { name: 'Discard' }).click();
  await expect(board.page.locator('.paper mark')).toHaveCount(0);
});

test('right to left, and what has no width', async ({ agent, board }) => {
  await agent.handedOver({}, '# תוכנית\n\n\u200fשלום עולם, 👍🏽 נהדר מאוד.\n\nZero\u200bwidth.');
  await board.open();
  await expect(board.review.locator('.doc')).toContainText('נהדר');
  await comment(board, '👍🏽 נהדר', 'למה?');
  await expect(board.mark(1)).toHaveText('👍🏽 נהדר');
  await board.review
    .locator('.doc p')
    .last()
    .evaluate((element) => {
      getSelection()!.selectAllChildren(element);
    });
  await board.review.locator('.pick').click();
  await board.review.locator('#comment-text').fill('And?');
  await board.button('Add').click();
  await expect(board.mark(2)).toHaveText(/^Zero.?width\.$/);
});

test('a hundred comments, and no more', async ({ agent, board, page }) => {
  const lines = Array.from({ length: 110 }, (_, index) => `Paragraph ${index + 1} says something.`);
  const { pipeline, handover } = await agent.handedOver({}, `# Long\n\n${lines.join('\n\n')}`);
  await board.open(`/pipelines/${pipeline}`);
  await expect(board.review.locator('.doc')).toContainText('Paragraph 110');
  // Prepared elsewhere: a hundred by hand would be the test's time.
  await page.evaluate(
    ([key, lines]) => {
      const comments = (lines as string[]).slice(0, 100).map((quote) => ({ text: `About ${quote}`, about: { quote } }));
      localStorage.setItem(key as string, JSON.stringify({ comments }));
    },
    [`staffel.review.${handover}`, lines] as const,
  );
  await page.reload();
  await board.ready();
  await expect(board.review.locator('.note.mine')).toHaveCount(100);
  await expect(board.mark(100)).toHaveText('Paragraph 100 says something.');
  await board.touch();
  await page.keyboard.press('c');
  await expect(board.notice).toContainText('at most 100 comments');
  const overlaps = await board.review.locator('.margin .note').evaluateAll((cards) => {
    const boxes = cards.map((card) => card.getBoundingClientRect()).sort((one, other) => one.top - other.top);
    return boxes.filter((box, index) => index > 0 && box.top < boxes[index - 1]!.bottom).length;
  });
  expect(overlaps, 'cards that cover each other').toBe(0);
  await board.button('Request changes').click();
  await expect(board.review).toBeHidden();
  const heard = await agent.wait(handover);
  expect(heard.prompt).toContain('About Paragraph 100');
});

test('a long handover: what is out of view is not laid out, and is found, marked and compared all the same', async ({
  agent,
  board,
  page,
}) => {
  const written = (last: string) => {
    const sections = Array.from({ length: 900 }, (_, index) => {
      const text = index === 899 ? last : `Entry ${index + 1} is booked once.`;
      return `## Section ${index + 1}\n\n${text} ${'It stays as it is. '.repeat(8)}\n\n- tested\n- open`;
    });
    return sections.join('\n\n');
  };
  const { pipeline, handover } = await agent.handedOver({}, written('The last entry is booked twice.'));
  await board.open(`/pipelines/${pipeline}`);
  const doc = board.review.locator('.doc');
  await expect(doc).toContainText('The last entry');
  expect(await doc.locator('.stretch').count()).toBeGreaterThan(5);
  await expect(board.review.locator('.outline li')).toHaveCount(900);
  await board.touch();

  await board.select('booked twice');
  await board.review.locator('.pick').click();
  await board.review.locator('#comment-text').fill('Why twice?');
  await board.button('Add').click();
  const beside = async () => {
    const [mark, card] = await Promise.all([board.mark(1).boundingBox(), board.review.locator('.margin .note').boundingBox()]);
    return Math.abs(mark!.y - card!.y);
  };
  await expect(board.mark(1)).toHaveText('booked twice');
  await expect.poll(beside).toBeLessThan(10);

  await page.reload();
  await board.ready();
  await expect(board.mark(1)).toHaveText('booked twice');
  await board.review.locator('.outline').getByRole('button', { name: 'Section 450', exact: true }).click();
  await expect(doc.getByRole('heading', { name: 'Section 450', exact: true })).toBeInViewport();
  await board.review.locator('.outline').getByRole('button', { name: 'Section 900', exact: true }).click();
  await expect(board.mark(1)).toBeInViewport();
  await expect.poll(beside).toBeLessThan(10);

  // The passage is not among the changes, and not gone.
  const revised = written('The last entry is booked twice.').replace('Entry 3 is booked once', 'Entry 3 is booked at most once');
  await agent.handOver(pipeline, revised);
  // Not even where the whole comes later than its changes.
  let release = () => {};
  const changesAreShown = new Promise<void>((resolve) => (release = resolve));
  await page.route(/handovers\/[^/?]+\?revision=2/, async (route) => {
    const answer = await route.fetch();
    await changesAreShown;
    await route.fulfill({ response: answer });
  });
  await board.review.getByRole('button', { name: 'Read revision 2' }).click();
  await expect(board.review.locator('.behind')).toBeAttached();
  await expect(board.review.locator('.changes')).toContainText('at most once');
  release();
  await expect(board.review.locator('.note.mine')).toBeVisible();
  await expect(board.review.locator('.gone-note:not(:empty)')).toHaveCount(0);
  await expect(board.mark(1)).toHaveCount(0);
  await board.button('Whole document').click();
  await expect(board.mark(1)).toHaveText('booked twice');
  await expect(board.review.locator('.changes')).toHaveCount(0);
  await board.button('Request changes').click();
  await expect(board.review).toBeHidden();
  expect((await agent.wait(handover)).prompt).toContain('Why twice?');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

  test('by touch', async ({ agent, board }) => {
    const { pipeline, handover } = await agent.handedOver({}, PLAN);
    await board.open(`/pipelines/${pipeline}`);
    await board.review.locator('.doc').getByText('Nobody is told.').tap();
    await expect(board.review.locator('.doc').getByText('Nobody is told.')).toBeFocused();
    await board.review.locator('.note-keys').getByRole('button', { name: 'Comment' }).tap();
    await board.review.locator('#comment-text').fill('Tell them.');
    const wide = () => board.page.evaluate(() => document.querySelector('dialog[open]')!.scrollWidth - innerWidth);
    expect(await wide()).toBeLessThanOrEqual(0);
    await board.button('Add').tap();
    await expect(board.mark(1)).toHaveText('Nobody is told.');
    expect(await complaints(board.page)).toEqual([]);
    await board.button('Request changes').tap();
    await expect(board.review).toBeHidden();
    expect((await agent.wait(handover)).prompt).toContain('Tell them.');
    await revise(agent, pipeline, PLAN, [{ comment: 1, outcome: 'declined', note: 'Nobody wants to be.' }]);
    await openReview(board.page);
    await expect(board.button('Accept')).toBeDisabled();
    expect(await wide()).toBeLessThanOrEqual(0);
    expect(await complaints(board.page)).toEqual([]);
    await board.point(1).getByRole('button', { name: 'Settled' }).tap();
    await board.button('Accept').tap();
    await expect(board.review).toBeHidden();
    expect(await agent.wait(handover)).toMatchObject({ decision: 'accepted' });
  });
});
