// Draws the pictures of the documentation, only when asked to: STAFFEL_SHOTS=1 npx playwright test shots

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { Agent } from '../support/agent.mjs';
import { ROOT } from '../support/server.mjs';
import { expect, openReview, test } from './fixtures.ts';

test.skip(!process.env.STAFFEL_SHOTS, 'only draws pictures');
test.use({ contextOptions: { reducedMotion: 'reduce' } });

const IMAGES = join(ROOT, 'docs/images');

const PLAN = `# Plan: search that forgives

Visitors find what they mean even when they mistype it. The index stays on our own machines.

## Results

- The interface between page, search service and index is written down, with examples
- 31 test cases; nine of them with words that nobody spells right
- Measured today: one search in six finds nothing

## Decisions

| Question | Decision | Why |
| --- | --- | --- |
| Which index | SQLite with trigrams | One file, no second service |
| How forgiving | Two letters in ten | More finds too much |
| Languages | German and English | 97 % of all searches |

## Open questions

- May the words people look for be kept for thirty days?

## Next steps

CREATE builds the index first, then the service, behind a switch.
`;

/** A morning's work of four agents. */
async function work(server: { mcp: string; decide: (handover: string, verdict?: any, more?: any) => Promise<any> }) {
  const [claude, cursor, codex] = await Promise.all(['claude-code', 'cursor', 'codex'].map((name) => Agent.connect(server, { name })));
  const accept = async (agent: Agent, pipeline: string, phases: number, content = '# Done\n\nAs planned.') => {
    for (let phase = 0; phase < phases; phase += 1) {
      const handover = await agent.handOver(pipeline, content);
      await server.decide(handover, 'accept', { by: 'Robin' });
      const { prompt_id } = await agent.wait(handover);
      if (prompt_id) await agent.call('acknowledge_prompt', { prompt_id });
    }
  };

  const login = await codex!.start({
    project: 'webshop',
    title: 'Sign in without a password',
    version: { previous: '1.1', current: '1.2' },
    phases: ['PLAN', 'CREATE', 'REFLECT'],
  });
  await accept(codex!, login, 3);

  const invoices = await cursor!.start({
    project: 'accounting',
    title: 'Invoices as accessible PDF',
    version: { previous: '0.4', current: '0.5' },
    tracks: [
      {
        name: 'Templates',
        agents: ['cursor'],
        tasks: ['Headings', 'Reading order', 'Table headers', 'Language'].map((name) => ({ name })),
      },
      { name: 'Checks', agents: ['cursor'], tasks: [{ name: 'Check every template' }, { name: 'Listen with a screen reader' }] },
    ],
  });
  await accept(cursor!, invoices, 3);
  await cursor!.report(invoices, {
    message: 'Marking up the tables, then checking every template',
    tasks: [
      { name: 'Headings', status: 'completed' },
      { name: 'Reading order', status: 'completed' },
      { name: 'Table headers', status: 'in_progress' },
    ],
  });

  const images = await codex!.start({ project: 'webshop', title: 'Smaller pictures on product pages', version: { current: '2.0' } });
  await accept(codex!, images, 2);
  await codex!.report(images, { message: 'Trying AVIF against WebP on 400 pictures', progress: 45 });

  const search = await claude!.start({
    project: 'webshop',
    title: 'Search that forgives typing errors',
    goal: 'Visitors find what they mean even when they mistype it.',
    version: { previous: '1.8', current: '1.9', next: '1.10' },
    tracks: [
      {
        name: 'Index',
        agents: ['claude-code'],
        goals: ['Answers in 50 ms'],
        tasks: ['Choose the index', 'Write the interface', 'Measure what is found today'].map((name) => ({ name, phase: 'PLAN' })),
      },
    ],
  });
  await accept(claude!, search, 1);
  await claude!.report(search, { message: 'Comparing indexes', tasks: [{ name: 'Choose the index', status: 'in_progress' }] });
  await claude!.report(search, {
    tasks: ['Choose the index', 'Write the interface', 'Measure what is found today'].map((name) => ({ name, status: 'completed' })),
    message: 'The plan is written',
  });
  const handover = await claude!.handOver(search, PLAN);
  const close = () => Promise.all([claude, cursor, codex].map((agent) => agent!.close()));
  return { search, invoices, handover, close };
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the board, ${colorScheme}`, async ({ board, page, server }) => {
    mkdirSync(IMAGES, { recursive: true });
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { close } = await work(server);
    await board.open();
    await expect(board.review.locator('.doc')).toContainText('search that forgives');
    await page.keyboard.press('Escape');
    await expect(board.row('Invoices')).toContainText('tasks');
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(IMAGES, `board-${colorScheme}.png`), animations: 'disabled', caret: 'hide' });
    await close();
  });
}

const WEBHOOKS = `# Plan: every payment is booked once

The provider tells us about a payment at least once, so the same message may come again.

## Decisions

- A message is answered with 200 once it is stored.
- Its id is kept for 30 days.
- The worker books what is stored, one payment at a time.

## Risks

A message that cannot be read is dropped.
`;
const REVISED = WEBHOOKS.replace('once it is stored.', 'once it is stored, and with 503 while the database is away.').replace(
  'is dropped.',
  'is put aside, and support is told.',
);

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe('the story of one review', () => {
    test.use({ settings: { STAFFEL_UNDO_SECONDS: '10' }, viewport: { width: 1120, height: 900 }, colorScheme });

    test(colorScheme, async ({ agent, board, page, server }) => {
      mkdirSync(IMAGES, { recursive: true });
      const draw = async (name: string, height: number) => {
        await page.setViewportSize({ width: 1120, height });
        await page.mouse.move(0, 0);
        const path = join(IMAGES, `story-${name}-${colorScheme}.png`);
        await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
      };
      const comment = async (words: string, text: string) => {
        await board.select(words);
        await board.review.locator('.pick').click();
        await board.review.locator('#comment-text').fill(text);
      };
      const title = 'Payments that are told twice';
      const pipeline = await agent.start({ title, project: 'webshop', phases: ['PLAN', 'BUILD', 'LEARN'] });
      for (const phase of ['PLAN', 'BUILD']) {
        await server.setPolicy(pipeline, phase, { policy: 'accept_unless', max_files: 20 });
      }
      const evidence = {
        commit: '9f31c07',
        branch: 'webhooks',
        tests: { passed: 212, failed: 2, command: 'make test' },
        files: ['src/webhook.rs', 'src/worker.rs'],
        links: [{ url: 'https://ci.example/41', title: 'Run 41' }],
      };
      await agent.call('save_handover_content', { pipeline, content: WEBHOOKS, evidence });
      await board.open(`/pipelines/${pipeline}`);
      await expect(board.review.locator('.policy-hit')).toContainText('2 tests failed');
      await comment('answered with 200 once it is stored', 'And while the database is away?');
      await board.button('Add').click();
      await comment('30 days', 'Auditors ask for a quarter.');
      await board.button('Suggest wording').click();
      await board.review.getByLabel('Suggested wording').fill('90 days');
      await board.review.locator('.review-document').evaluate((document) => document.scrollTo(0, 0));
      await draw('comments', 900);
      await board.button('Add').click();
      await board.button('Request changes').click();
      await board.undoBar.getByRole('button', { name: 'Send now' }).click();
      await expect(board.undoBar).toBeHidden();

      const answers = [
        { comment: 1, outcome: 'done', note: 'It answers 503, so that the provider tries again.' },
        { comment: 2, outcome: 'declined', note: 'The provider tries for three days; older ids only cost room.' },
      ];
      const passed = { ...evidence, commit: '4b80de2', tests: { ...evidence.tests, passed: 216, failed: 0 } };
      const handover = await agent.call('save_handover_content', { pipeline, content: REVISED, answers, evidence: passed });
      await openReview(page);
      await expect(board.review.locator('.changes ins').first()).toBeVisible();
      await board.touch();
      await draw('answers', 840);
      await board.point(2).getByRole('button', { name: 'Settled' }).click();
      const parked = await agent.park(handover.handover);
      await board.button('Accept').click();
      await expect(board.undoBar).toBeVisible();
      await board.notice.getByRole('button', { name: 'Close' }).click();
      await draw('undo', 560);
      await board.undoBar.getByRole('button', { name: 'Send now' }).click();
      const { prompt_id } = await parked.answer;
      await agent.call('acknowledge_prompt', { prompt_id });
      await agent.call('save_handover_content', { pipeline, content: '# Built', evidence: passed });
      await expect(board.history).toContainText('Accepted by the policy that you set');
      await board.notice.getByRole('button', { name: 'Close' }).click();
      await board.policies.scrollIntoViewIfNeeded();
      await draw('history', 560);
    });
  });
}
