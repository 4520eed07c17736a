// Draws the pictures of the documentation, only when asked to: STAFFEL_SHOTS=1 npx playwright test shots

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { Agent } from '../support/agent.mjs';
import { ROOT } from '../support/server.mjs';
import { expect, test } from './fixtures.ts';

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

for (const [look, viewport, colorScheme] of [
  ['light', { width: 1280, height: 860 }, 'light'],
  ['dark', { width: 1280, height: 860 }, 'dark'],
  ['phone', { width: 390, height: 844 }, 'light'],
  ['phone-dark', { width: 390, height: 844 }, 'dark'],
] as const) {
  test(look, async ({ board, page, server }) => {
    mkdirSync(IMAGES, { recursive: true });
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const draw = (name: string) => page.screenshot({ path: join(IMAGES, `${name}-${look}.png`), animations: 'disabled', caret: 'hide' });
    const { search, invoices, close } = await work(server);

    await board.open();
    await expect(board.review.locator('.doc')).toContainText('search that forgives');
    await board.words.fill('Keep the words people look for no longer than a week.');
    await board.touch();
    await draw('review');
    await page.keyboard.press('Escape');
    await expect(board.row('Invoices')).toContainText('tasks');
    await page.mouse.move(0, 0);
    await draw('board');
    await board.open(`/pipelines/${invoices}`);
    await expect(board.leg('IMPLEMENT')).toContainText('tasks');
    await draw('pipeline');
    await board.open(`/pipelines/${search}`);
    await page.getByRole('button', { name: 'Review', exact: true }).click();
    await board.button('Accept with changes').click();
    await expect(board.prompt).toBeVisible();
    await draw('prompt');
    await close();
  });
}
