// Everybody can use it: axe finds nothing to complain about in any state, and nothing overflows on a phone.
// To look at all of it oneself: STAFFEL_LOOK=folder npx playwright test look draws every state, in both languages and both themes.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../support/server.mjs';
import { complaints } from './axe.ts';
import { expect, openReview, type Page, test } from './fixtures.ts';

// The longest tests of all.
test.describe.configure({ mode: 'parallel' });
// Half-way through a transition, colours are neither the old nor the new ones.
test.use({
  tolerated: /net::ERR_|40[34]/,
  contextOptions: { reducedMotion: 'reduce' },
  // Longer than anything here takes: a decision is sent when the test says so.
  settings: { STAFFEL_UNDO_SECONDS: '60' },
});

const LONG = `# A very long handover

${'A paragraph that goes on for a while, as paragraphs do. '.repeat(12)}

- [ ] open
- [x] done

| Question | Decision | Why | Who | When |
| --- | --- | --- | --- | --- |
| ${'averylongwordwithoutanybreak'.repeat(3)} | yes | because | everybody | now |

\`\`\`
${'a line of code that is far wider than any phone; '.repeat(5)}
\`\`\`

> A quotation with a [link](https://example.com/).
`;

const DRAWN = process.env.STAFFEL_LOOK;

/** Draws a state, in both languages and both themes. */
async function draw(page: Page, name: string) {
  mkdirSync(DRAWN!, { recursive: true });
  const first = (await page.locator('html').getAttribute('lang')) === 'de' ? 'de' : 'en';
  for (const lang of [first, first === 'de' ? 'en' : 'de']) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const path = join(DRAWN!, `${name}-${lang}-${colorScheme}.png`);
      await page.screenshot({ path, animations: 'disabled' });
    }
    // Also under a dialog.
    await page.locator('.lang-switch').evaluate((button: HTMLElement) => button.click());
    await expect(page.locator('html')).not.toHaveAttribute('lang', lang);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  // A review opens by itself only where nobody has pressed anything for a while.
  await page.waitForTimeout(2_100);
}

for (const [device, viewport] of [
  ['desktop', { width: 1280, height: 900 }],
  ['phone', { width: 360, height: 740 }],
] as const) {
  test(`every state, light and dark, ${device}`, async ({ agent, board, page, server }) => {
    test.setTimeout(DRAWN ? 600_000 : 240_000);
    await page.setViewportSize(viewport);
    let drawn = 0;

    const check = (state: string) =>
      test.step(state, async () => {
        expect.soft(await complaints(page), state).toEqual([]);
        const overflow = await page.evaluate(() => {
          // Below zero where room is kept for a scrollbar.
          const over = (element: Element | null) => (element ? Math.max(0, element.scrollWidth - element.clientWidth) : 0);
          return { page: over(document.documentElement), dialog: over(document.querySelector('dialog[open]')) };
        });
        expect.soft(overflow, `${state}: wider than the window`).toEqual({ page: 0, dialog: 0 });
        // In the dark nothing but the colours is different.
        await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
        expect.soft(await complaints(page, 'color-contrast'), `${state}, dark`).toEqual([]);
        await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
        drawn += 1;
        if (DRAWN) await draw(page, `${device}-${String(drawn).padStart(2, '0')}-${state.replace(/\W+/g, '-').slice(0, 40)}`);
      });

    await board.open();
    await check('empty');
    await board.open('/people');
    await page.getByLabel('Name').fill('Anna');
    await page.getByRole('button', { name: 'Invite' }).click();
    await expect(page.locator('ul.people-list').last()).toContainText('Anna');
    await page.getByText('Who did what').click();
    await expect(page.locator('.audit li')).not.toHaveCount(0);
    await check('people, a link, and the audit');
    await page.getByText('What you hear of, and when').click();
    const pin = page.locator('.people-list li').filter({ hasText: '6 to 12 digits' });
    await pin.getByRole('button', { name: /^Set/ }).click();
    await check('notifications, and a PIN to be set');
    await pin.getByLabel('PIN').fill('314159');
    await page.keyboard.press('Enter');
    await expect(pin).toContainText('set');
    await page.getByLabel('What is it for?').fill('nightly');
    await page.getByRole('button', { name: 'Create token' }).click();
    await expect(page.getByText("Confirm that it's you.")).toBeVisible();
    await check('a confirmation');
    await page.locator('.confirm').getByLabel('PIN').fill('314159');
    await page.keyboard.press('Enter');
    await expect(page.locator('.made code')).toBeVisible();
    await check('a token that was made');
    await board.open('/sign-in');
    await check('signed in already');
    await board.open();

    const pipeline = await agent.start({
      title: 'Edge sync for the order service of a company with a long name',
      goal: 'Orders keep coming in when the network is down. '.repeat(10),
      version: { previous: '1.8', current: '1.9', next: '1.10' },
      tracks: [{ name: 'Gateway', goals: ['No order is lost'], agents: ['claude-code'], tasks: [{ name: 'Write the contract' }] }],
    });
    const other = await agent.start({ title: 'Other', project: 'averylongprojectnamewithoutanybreakthatgoeson' });
    await agent.report(pipeline, {
      message: 'Reading the interfaces of the order service and of everything around it',
      tasks: [
        { name: 'Read', status: 'completed' },
        { name: 'Measure', status: 'in_progress' },
        { name: 'Try', status: 'failed' },
      ],
    });
    await expect(board.row('Edge sync')).toContainText('tasks');
    await check('overview');
    await page.getByRole('link', { name: 'Connect an agent' }).filter({ visible: true }).first().click();
    await page.locator('.clients summary').first().click();
    await expect(page.locator('.caller')).toBeVisible();
    await check('agents, and how to connect one');

    await page.keyboard.press('?');
    await expect(page.locator('dialog.keys[open]')).toBeVisible();
    await check('the list of the keys');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await expect(page.locator('dialog.palette').getByRole('option').first()).toBeVisible();
    await check('the palette');
    await page.locator('dialog.palette').getByRole('combobox').fill('averylongprojectname');
    await expect(page.locator('dialog.palette').getByRole('option').first()).toContainText('Other');
    await check('the palette with what was found');
    await page.keyboard.press('Escape');

    await board.open(`/pipelines/${pipeline}`);
    await check('running');

    const handover = await agent.handOver(pipeline, LONG);
    await expect(board.review.locator('.doc')).toContainText('A very long handover');
    await check('review open');
    await board.review.locator('.note-keys').getByRole('button', { name: 'Comment' }).click();
    await board.review.locator('#comment-text').fill('Which link?');
    await check('a comment is being written');
    await board.button('Discard').click();
    await board.button('Request changes').click();
    await check('review without words');
    await board.button('Stop pipeline…').click();
    await check('review, stopping');
    await board.button('Keep it running').click();
    await page.keyboard.press('Escape');
    await expect(board.review).toBeHidden();
    await check('waiting for a person');
    // On a phone the key leads into the field as well.
    await page.keyboard.press('/');
    await agent.handOver(pipeline, `${LONG}\n\nAgain.`);
    await expect(board.arrival).toBeVisible();
    await check('a handover arrived while somebody was busy');
    await board.arrival.getByRole('button', { name: 'Review', exact: true }).click();
    await expect(board.review.locator('.doc')).toContainText('Again.');
    await agent.handOver(pipeline, `${LONG}\n\nOnce more.`);
    await expect(board.button('Read revision 3')).toBeVisible();
    await check('a newer revision than the one on screen');
    await page.keyboard.press('Escape');
    await expect(board.review).toBeHidden();
    await page.goto(server.url);
    await board.ready();
    await expect(page.getByRole('button', { name: 'Review', exact: true })).toBeVisible();
    await check('overview with a gate');
    await page.getByRole('button', { name: 'Review', exact: true }).click();
    await board.words.fill('Keep the public API stable.');
    await board.button('Accept with changes').click();
    await expect(board.undoBar).toBeVisible();
    await check('a decision that can be taken back, overview');
    await board.undoBar.getByRole('button', { name: 'Send now' }).click();
    await expect(board.undoBar).toBeHidden();

    await board.open(`/pipelines/${pipeline}`);
    await expect(board.prompt).toBeVisible();
    await check('prompt in transit');
    const { prompt_id } = await agent.wait(handover);
    await agent.call('acknowledge_prompt', { prompt_id });
    await agent.report(pipeline, { progress: 5 });
    await expect(board.steps).toHaveCount(6);
    await check('prompt arrived');
    await page.goto(`${server.url}/pipelines/${pipeline}/handovers/${handover}/3`);
    await board.ready();
    await expect(page.locator('.paper')).toContainText('Once more.');
    await check('a decided handover by its address');
    await page.goto(`${server.url}/pipelines/${pipeline}/prompts/${prompt_id}`);
    await board.ready();
    await expect(board.prompt).toBeVisible();
    await check('a prompt by its address');

    const reviewed = await agent.start({ title: 'Points' });
    await server.setPolicy(reviewed, 'VAN', { policy: 'accept_unless', max_files: 0 });
    const tests = { passed: 212, failed: 2 };
    const evidence = {
      commit: '9f31c07',
      tests,
      files: [`src/${'averylongname'.repeat(8)}.rs`],
      links: [{ url: 'https://example.com/run' }],
      attachments: [
        await server.attach(reviewed, 'picture.png', readFileSync(join(ROOT, 'style/assets/icon-192.png'))),
        await server.attach(reviewed, `${'averylongname'.repeat(8)}.log`, 'Nothing to see.'),
      ],
    };
    const recap = { results: ['It works'], open_questions: ['Who pays?'], next_steps: ['Build it'] };
    await agent.call('save_handover_content', { pipeline: reviewed, content: `${LONG}\n\n[Goal 1]`, evidence, ...recap });
    await board.open(`/pipelines/${reviewed}`);
    await expect(board.review.locator('.doc')).toContainText('Goal 1');
    await expect(board.review.locator('.policy-hit')).toContainText('2 tests failed');
    for (const [words, text] of [
      ['Goal 1', 'averylongwordwithoutanybreak'.repeat(6)],
      ['because', 'Why?'],
      ['everybody', 'Who?'],
    ] as const) {
      await board.select(words);
      await board.review.locator('.note-keys').getByRole('button', { name: 'Comment' }).click();
      await board.review.locator('#comment-text').fill(text);
      await board.button('Add').click();
    }
    await check('comments, evidence with a picture, and why a policy did not accept');
    await board.button('Request changes').click();
    await board.undoBar.getByRole('button', { name: 'Send now' }).click();
    await expect(board.undoBar).toBeHidden();
    const answers = [
      { comment: 1, outcome: 'declined', note: 'averylongwordwithoutanybreak'.repeat(6) },
      { comment: 2, outcome: 'done', note: 'As it says.' },
    ];
    // Until its prompt is written, a revision is refused.
    const revise = () => agent.call('save_handover_content', { pipeline: reviewed, content: `${LONG}\n\nOnce more.`, answers });
    await expect(revise).toPass();
    await openReview(page);
    await expect(board.review.locator('.changes')).toBeVisible();
    await expect(board.point(1)).toContainText('The passage is gone');
    await expect(board.review.locator('.evidence del').first()).toBeVisible();
    await board.point(1).getByRole('button', { name: 'Insist' }).click();
    await check('what has changed, what was asked for and became of it, a passage that is gone, and old evidence');
    await board.button('Source').click();
    await check('what has changed, as it is written');
    if (device === 'desktop') {
      await board.button('Side by side').click();
      await check('side by side, as it is written');
      await board.button('Source').click();
      await check('side by side');
      await board.button('Side by side').click();
    }
    await page.keyboard.press('Escape');
    await expect(board.review).toBeHidden();

    // Now nothing is hit; the next phase takes two people.
    await server.setPolicy(reviewed, 'PLAN', { policy: 'two_people' });
    const done = [1, 3].map((comment) => ({ comment, outcome: 'done' }));
    const passed = { tests: { passed: 214, failed: 0 } };
    await agent.call('save_handover_content', { pipeline: reviewed, content: LONG, answers: done, evidence: passed });
    await expect(board.history).toContainText('Accepted by the policy that you set');
    await board.policies.locator('summary').click();
    await expect(board.policy('VAN')).toContainText('Set by you');
    await check('accepted by a policy, how phases are accepted, what waiting has cost, and a history of revisions');
    await agent.call('get_next_prompt', { pipeline: reviewed });
    const half = await agent.handOver(reviewed, LONG);
    const accept = (by?: string) => server.decide(half, 'accept', { by });
    const two = board.review.locator('.policy-two');
    await openReview(page);
    await accept();
    await expect(two).toContainText('You accepted this. It still takes Anna.');
    await check('accepted by oneself, where it takes two');
    const undone = await server.asPerson('POST', `/pipelines/${reviewed}/handovers/${half}/decision/undo`, { revision: 1 });
    expect(undone.ok, await undone.text()).toBe(true);
    await accept('Anna');
    await expect(two).toContainText("Anna accepted this. If you accept it too, it's decided.");
    await check('accepted by another person, where it takes two');
    await accept();
    await expect(board.review).toBeHidden();

    await agent.call('finish_pipeline', { pipeline: other, outcome: 'failed', message: 'No access' });
    await board.open(`/pipelines/${other}`);
    await expect(page.locator('.headline .chip')).toHaveText('Failed');
    await check('failed');
    await page.goto(`${server.url}/pipelines/zzzzzzzzzz`);
    await board.ready();
    await check('unknown pipeline');

    // One agent has said nothing for long, and nobody picks the prompt of the policy up.
    await page.clock.install();
    await board.open();
    await page.clock.fastForward('16:00');
    await expect(page.locator('main .inbox li')).not.toHaveCount(0);
    await check('late agents and prompts');

    // Longer words, in the narrower window above all.
    await page.context().addCookies([{ name: 'staffel_lang', value: 'de', url: server.url }]);
    for (const path of ['/', `/pipelines/${pipeline}`, '/agents', '/people', '/sign-in']) {
      await board.open(path);
      if (path === '/people') await page.locator('.wishes summary').click();
      await check(`in German: ${path}`);
    }
    await page.context().addCookies([{ name: 'staffel_lang', value: 'en', url: server.url }]);
    await board.open();
    await server.kill();
    await expect(page.locator('.stale-line')).not.toBeEmpty();
    await check('connection lost');
  });
}
