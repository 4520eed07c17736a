// One review in three rounds, from the policy that leaves it to a person to the acceptance: told with a mouse, on a phone by
// touch, and with keys alone. The agent is the official MCP client; every word that it hears came over its tools.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Agent } from '../support/agent.mjs';
import { ROOT, type Server } from '../support/server.mjs';
import { type Board, expect, test } from './fixtures.ts';
import { Finger, type Hand, Keys, Mouse } from './hands.ts';

test.use({ settings: { STAFFEL_UNDO_SECONDS: '50' }, contextOptions: { reducedMotion: 'reduce' } });

const TITLE = 'Invoices by e-mail';
const FIRST = `# Plan: invoices by e-mail

Customers get their invoice within a minute of paying.

## Decisions

- We send it from the queue of the shop.
- An invoice is kept for 30 days.
- The sender is noreply@shop.example.

## Risks

Messages that come back are lost.
`;
const SECOND = FIRST.replace('the queue of the shop.', 'an outbox, which waits while the queue is full.').replace(
  'noreply@shop.example',
  'invoices@shop.example',
);
const THIRD = SECOND.replace('are lost.', 'go to support.');

const TESTS = { passed: 210, failed: 2, command: 'make test' };
const PASSED = { ...TESTS, passed: 212, failed: 0 };

type Round = { content: string; tests: object; answers?: object[]; more?: object; pictures?: object[] };

/** The agent hands over, and waits. */
async function handOver(agent: Agent, pipeline: string, { content, tests, answers, more, pictures }: Round) {
  const evidence = {
    commit: '9f31c07',
    branch: 'invoices',
    tests,
    files: ['src/invoice.rs', 'src/outbox.rs'],
    links: [{ url: 'https://ci.example/41', title: 'Run 41' }],
    attachments: pictures ?? [],
  };
  const saved = await agent.call('save_handover_content', { pipeline, content, evidence, answers, ...more });
  return { saved, parked: await agent.park(saved.handover) };
}

/** It is decided, and nobody wants to take it back. */
async function sendNow(board: Board, hand: Hand) {
  await hand.press(board.undoBar.getByRole('button', { name: 'Send now' }));
  await expect(board.undoBar).toBeHidden();
}

async function acceptAutomatically(board: Board, hand: Hand, phase: string) {
  const list = board.policy(phase).getByLabel(`How ${phase} is accepted`);
  await hand.choose(list, 'Automatically, unless something stands out');
  await expect(board.policy(phase)).toContainText('Set by you');
}

async function tell(hand: Hand, board: Board, agent: Agent, server: Server) {
  const { page, review } = board;
  const evidence = review.getByRole('group', { name: 'Evidence' });
  const hit = review.locator('.policy-hit');
  const ledger = review.getByRole('region', { name: 'Comments' });
  const beside = (number: number) => review.locator('.margin').getByRole('region', { name: `Comment ${number}`, exact: true });
  const comment = review.getByLabel('New comment');
  let pipeline = '';

  await test.step('a policy is set on the board', async () => {
    pipeline = await agent.start({ title: TITLE, phases: ['PLAN', 'BUILD', 'LEARN'] });
    await board.open();
    await hand.open(TITLE);
    await hand.press(board.policies.locator('summary'));
    await acceptAutomatically(board, hand, 'PLAN');
    await acceptAutomatically(board, hand, 'BUILD');
  });

  await test.step('round 1: tests have failed; three comments and a wording', async () => {
    const picture = await server.attach(pipeline, 'mail.png', readFileSync(join(ROOT, 'style/assets/icon-192.png')));
    const { saved, parked } = await handOver(agent, pipeline, { content: FIRST, tests: TESTS, pictures: [picture] });
    expect(saved.next_step).toContain('Not accepted at once: 2 tests failed.');
    await hand.read();
    await expect(hit).toHaveText('Not accepted automatically: 2 tests failed.');
    await expect(evidence).toContainText('Tests 210 of 212, 2 failed');
    for (const fact of ['make test', '9f31c07', 'invoices', '2 files', 'Run 41', 'mail.png']) await expect(evidence).toContainText(fact);
    await expect.poll(() => evidence.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(192);

    await hand.mark('from the queue of the shop');
    await hand.write(comment, 'And while the queue is full?');
    await hand.add();
    await hand.mark('An invoice is kept for 30 days.');
    await hand.write(comment, 'The law says ten years.');
    await hand.add();
    await hand.mark('The sender is noreply@shop.example.');
    await hand.press(board.button('Suggest wording'));
    await hand.write(review.getByLabel('Suggested wording'), 'The sender is invoices@shop.example.');
    await hand.add();
    await hand.remark();
    await hand.write(comment, 'Say who looks at messages that come back.');
    await hand.add();
    await expect(board.mark(2)).toHaveText('An invoice is kept for 30 days.');
    await expect(review.locator('.goes')).toHaveText('Goes along: 4 comments');
    await hand.requestChanges();
    await sendNow(board, hand);

    const heard = await parked.answer;
    expect(heard).toMatchObject({
      decision: 'changes_requested',
      decided_by: 'Local',
      comments: [
        { comment: 1, about: expect.stringContaining('from the queue of the shop'), text: 'And while the queue is full?' },
        { comment: 2, about: 'An invoice is kept for 30 days.', text: 'The law says ten years.' },
        { comment: 3, about: 'The sender is noreply@shop.example.', suggestion: 'The sender is invoices@shop.example.' },
        { comment: 4, about: null, text: 'Say who looks at messages that come back.' },
      ],
    });
    await agent.call('acknowledge_prompt', { prompt_id: heard.prompt_id });
  });

  await test.step('round 2: one declined, one not answered, a question; asked for again', async () => {
    const { saved, parked } = await handOver(agent, pipeline, {
      content: SECOND,
      tests: PASSED,
      answers: [
        { comment: 1, outcome: 'done', note: 'It waits in an outbox.' },
        { comment: 2, outcome: 'declined', note: 'The disk is small.' },
        { comment: 3, outcome: 'done' },
      ],
      more: { open_questions: ['Who reads the answers of customers?'] },
    });
    expect(saved.unanswered).toEqual([4]);
    await hand.read();
    await expect(hit).toHaveText('Not accepted automatically: 1 open question, 2 comments not done.');
    await expect(review.locator('.recap')).toContainText('Who reads the answers of customers?');
    await expect(evidence).toContainText('Tests 212 of 212');
    // What has changed since revision 1, which was read here.
    await expect(review.getByRole('button', { name: 'Changes since revision 1' })).toHaveAttribute('aria-pressed', 'true');
    await expect(review.locator('.changes ins').filter({ hasText: 'outbox' })).toBeVisible();
    await expect(ledger).toContainText('What you asked for in revision 1');
    await expect(ledger).toContainText('4 points: 2 done, 1 declined, 1 not answered');
    await expect(board.point(1)).toContainText('Done. It waits in an outbox.');
    await expect(board.point(2)).toContainText('Declined. The disk is small.');
    // The answer stands beside the text as well.
    await expect(beside(2)).toContainText('claude-code: The disk is small.');
    await expect(board.button('Accept')).toBeDisabled();

    await hand.press(board.point(2).getByRole('button', { name: 'Insist' }));
    await hand.write(review.getByLabel('What is missing?'), 'A larger one is ordered.');
    await hand.press(board.point(4).getByRole('button', { name: 'Ask again' }));
    await expect(review.locator('.goes')).toHaveText('Goes along: 2 points again');
    await hand.requestChanges();
    await sendNow(board, hand);

    const heard = await parked.answer;
    expect(heard.comments.map((point: any) => point.comment)).toEqual([2, 4]);
    expect(heard.comments[0].text).toContain('Local insists: A larger one is ordered.');
    await agent.call('acknowledge_prompt', { prompt_id: heard.prompt_id });
  });

  await test.step('round 3: one is still declined; the person has the last word, takes it back, and says it again', async () => {
    const { parked } = await handOver(agent, pipeline, {
      content: THIRD,
      tests: PASSED,
      answers: [
        { comment: 2, outcome: 'declined', note: 'The archive keeps them already.' },
        { comment: 4, outcome: 'done', note: 'Support does.' },
      ],
    });
    await hand.read();
    await expect(hit).toHaveText('Not accepted automatically: 1 comment not done.');
    await expect(review.getByRole('button', { name: 'Changes since revision 2' })).toHaveAttribute('aria-pressed', 'true');
    await expect(review.locator('.blocked')).toHaveText('Point 2 was declined. Settle it, then you can accept.');
    await expect(board.button('Accept')).toBeDisabled();
    await hand.press(board.point(2).getByRole('button', { name: 'Settled' }));
    await expect(board.point(2)).toContainText('Settled with your decision.');
    await hand.accept();
    await expect(board.undoBar).toContainText(/PLAN accepted\. claude-code hears it in \d+ s\./);
    await hand.undo();
    await expect(board.notice).toContainText('Undone. claude-code never saw it.');
    await hand.read();
    await expect(board.point(2)).toContainText('Settled with your decision.');
    await hand.accept();
    await sendNow(board, hand);

    const heard = await parked.answer;
    expect(heard).toMatchObject({ decision: 'accepted', decided_by: 'Local', revision: 3, next_phase: 'BUILD' });
    expect(heard.prompt).toContain('go to support');
    await expect(page.getByText('PLAN accepted. The prompt for BUILD is on its way.')).toBeVisible();
    // Who passed over what was declined is on record, before what is settled because it is done.
    const reviews = (await server.events(pipeline)).filter(({ event }) => event.type === 'HandoverReviewed');
    expect(reviews.at(-1)).toMatchObject({ actor: { kind: 'person', name: 'Local' }, event: { review: { settled: [2, 1, 3, 4] } } });
    await agent.call('acknowledge_prompt', { prompt_id: heard.prompt_id });
  });

  await test.step('the next phase needs no look', async () => {
    const { saved, parked } = await handOver(agent, pipeline, { content: '# Built', tests: PASSED });
    expect(saved.next_step).toContain('Accepted by the policy that Local set.');
    expect(await parked.answer).toMatchObject({
      decision: 'accepted',
      decided_by: 'the policy that Local set',
      next_phase: 'LEARN',
    });
    await expect(board.leg('BUILD')).toContainText('accepted');
    await expect(review).toBeHidden();
  });

  await test.step('all of it is in the history', async () => {
    const lines = board.history.getByRole('listitem').filter({ hasText: 'revision' });
    await expect(lines).toContainText([
      /BUILD, revision 1.*Accepted by the policy that you set/,
      /PLAN, revision 3.*Accepted by you/,
      /PLAN, revision 2.*Changes requested by you/,
      /PLAN, revision 1.*Changes requested by you/,
    ]);
    await hand.press(board.history.getByRole('link', { name: 'PLAN, revision 1' }));
    const paper = page.getByRole('article');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('PLAN, revision 1');
    await expect(paper.getByRole('group', { name: 'Evidence' })).toContainText('Tests 210 of 212, 2 failed');
    await expect(paper.locator('.doc')).toContainText('noreply@shop.example');
    await hand.press(paper.getByRole('button', { name: '4 settled: show' }));
    await expect(paper.getByRole('region', { name: 'Comments' })).toContainText('The law says ten years.');
    await expect(page.locator('main')).toContainText('Changes requested by you');
  });
}

test('with a mouse', async ({ agent, board, server }) => {
  await tell(new Mouse(board), board, agent, server);
});

test('with keys alone', async ({ agent, board, server }) => {
  await tell(new Keys(board), board, agent, server);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test('by touch', async ({ agent, board, server }) => {
    await tell(new Finger(board), board, agent, server);
  });
});
