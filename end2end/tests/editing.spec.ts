// A person looks at a prompt before an agent has it: changes it, compares, goes back, and sends it.

import type { Page } from '@playwright/test';

import type { Agent } from '../support/agent.mjs';
import type { Server } from '../support/server.mjs';
import { complaints } from './axe.ts';
import { Board, expect, test } from './fixtures.ts';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

/** People look at the prompts for these phases. */
async function hold(server: Server, pipeline: string, phases = ['PLAN']) {
  const answer = await server.asPerson('PUT', `/pipelines/${pipeline}/held-phases`, { phases });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}

/** A pipeline whose first handover was accepted, and whose prompt for PLAN waits to be sent. */
async function held(agent: Agent, server: Server, content?: string) {
  const { pipeline, handover } = await agent.handedOver({}, content);
  await hold(server, pipeline);
  await server.decide(handover);
  return { pipeline, handover };
}

async function saveElsewhere(server: Server, pipeline: string, base: number, text: string, person: string) {
  const path = `/pipelines/${pipeline}/prompts/${pipeline}-p1/versions`;
  const answer = await server.asPerson('POST', path, { base, text }, person);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}

class Editor {
  readonly card;
  readonly text;
  readonly said;
  readonly versions;

  constructor(private readonly page: Page) {
    this.card = page.locator('section.prompt');
    this.text = this.card.getByRole('textbox', { name: 'Prompt', exact: true });
    this.said = this.card.locator('.said');
    this.versions = this.card.getByRole('group', { name: 'Versions' }).getByRole('button');
  }

  button(name: string | RegExp) {
    return this.card.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Waits until the text is there, and can be changed. */
  async here() {
    await expect(this.text).toHaveValue(/save_handover_content/);
    await expect(this.text).toBeEditable();
  }
}

test('a prompt that is held is edited and sent, and the agent gets what was written', async ({ agent, board, page, server }) => {
  const { pipeline, handover } = await held(agent, server);
  const waits = await agent.park(handover);
  await board.open(`/pipelines/${pipeline}`);
  const editor = new Editor(page);
  await editor.here();
  await expect(page.locator('.headline .chip')).toHaveText('Your turn');
  await expect(page.locator('section.now')).toContainText('You accepted VAN. Check the prompt for PLAN, then send it.');
  await expect(board.leg('PLAN')).toContainText('prompt written, not sent');
  await expect(editor.card).toContainText('Goes out when you send it');
  await expect(editor.card.locator('.steps .held')).toContainText('waits for a person');
  await expect(editor.card).toContainText('no secrets found');
  await expect(page).toHaveTitle('(1) Faster checkout · Staffel');
  await expect(editor.button('Save')).toBeHidden();

  await editor.text.fill('Go on, and name the files.');
  await expect(editor.card).toContainText('26 characters');
  await editor.button('Save').click();
  await expect(editor.said).toContainText('Saved as version 2.');
  await expect(editor.versions).toHaveText(['1 · template', '2 · yours']);
  await expect(editor.versions.nth(1)).toHaveAttribute('aria-pressed', 'true');
  await editor.text.fill('Go on, and name the files. Keep it short.');
  await editor.button(/^Send to claude-code/).click();
  await expect(board.notice).toContainText('Prompt sent.');
  expect(await waits.answer).toMatchObject({ prompt: 'Go on, and name the files. Keep it short.' });
  await expect(page.locator('aside')).toContainText('You sent the prompt');
  await expect(editor.text).toBeHidden();
  await expect(page.locator('section.history')).toContainText('version 3, yours');
});

test('Ctrl and Enter send, and a reload keeps what is typed', async ({ agent, board, page, server }) => {
  const { pipeline } = await held(agent, server);
  await board.open(`/pipelines/${pipeline}`);
  const editor = new Editor(page);
  await editor.here();
  await editor.text.fill('Mine, not saved yet.');
  await page.reload();
  await board.ready();
  await expect(editor.text).toHaveValue('Mine, not saved yet.');
  await expect(editor.button('Discard my changes')).toBeVisible();
  await editor.text.press('Control+Enter');
  await expect(board.notice).toContainText('Prompt sent.');
  await expect(page.locator('#content')).toBeFocused();
  expect(await agent.call('get_next_prompt', { pipeline })).toMatchObject({ prompt: 'Mine, not saved yet.' });
});

test('versions are compared, and an older one is sent', async ({ agent, board, page, server }) => {
  const { pipeline } = await held(agent, server);
  await board.open(`/pipelines/${pipeline}`);
  const editor = new Editor(page);
  await editor.here();
  const first = await editor.text.inputValue();
  await editor.text.fill(`${first}\nName the files.`);
  await editor.button('Compare with 1').click();
  const diff = editor.card.locator('.diff');
  await expect(diff.locator('.added').last()).toHaveText('+Name the files.');
  await expect(diff.locator('.skipped')).toContainText('unchanged lines');
  await editor.button('Hide comparison').click();
  await expect(diff).toBeHidden();

  await editor.versions.nth(0).click();
  await expect(editor.text).toHaveValue(first);
  await expect(editor.versions.nth(0)).toHaveAttribute('aria-pressed', 'true');
  await expect(editor.button('Compare with 2')).toBeVisible();
  // What is typed is saved first: nothing is lost by going back.
  await editor.text.fill('A third one.');
  await editor.versions.nth(1).click();
  await expect(editor.versions).toHaveText(['1 · template', '2 · yours', '3 · yours']);
  await expect(editor.text).toHaveValue(/Name the files\.\s*$/);
  await editor.versions.nth(0).click();
  await expect(editor.text).toHaveValue(first);
  await editor.button(/^Send to claude-code/).click();
  await expect(board.notice).toContainText('Prompt sent.');
  expect(await agent.call('get_next_prompt', { pipeline })).toMatchObject({ prompt: first });
});

test.describe('two at once', () => {
  test.use({ tolerated: /409/ });

  test('whoever saves second is told, and nothing is lost', async ({ agent, board, page, server }) => {
    const { pipeline } = await held(agent, server);
    await board.open(`/pipelines/${pipeline}`);
    const editor = new Editor(page);
    await editor.here();
    await editor.text.fill('Mine.');
    await saveElsewhere(server, pipeline, 1, 'Of Ada.', 'Ada');
    await expect(editor.card).toContainText('Meanwhile there is version 2, by Ada. Your text is still here.');
    await expect(editor.text).toHaveValue('Mine.');
    await editor.button('Save').click();
    await expect(editor.said).toContainText('Not saved: meanwhile there is version 2, by Ada.');
    await expect(editor.text).toHaveValue('Mine.');
    await editor.button('Save').click();
    await expect(editor.said).toContainText('Saved as version 3.');
    await expect(editor.versions).toHaveText(['1 · template', '2 · by Ada', '3 · yours']);
    await editor.versions.nth(1).click();
    await expect(editor.text).toHaveValue('Of Ada.');
    // Nobody types here: what somebody else writes is shown.
    await saveElsewhere(server, pipeline, 2, 'Of Ada again.', 'Ada');
    await expect(editor.text).toHaveValue('Of Ada again.');
  });
});

test('what may be a secret is told and masked, and the key does not send it', async ({ agent, board, page, server }) => {
  const { pipeline } = await agent.handedOver();
  const key = `AKIA${'QYLPMN5HHHFPZAM2'}`;
  await hold(server, pipeline);
  await server.decide(`${pipeline}-h1`);
  await board.open(`/pipelines/${pipeline}`);
  const editor = new Editor(page);
  await editor.here();
  await editor.text.fill(`Go on.\nThe key is ${key}, in eu-central.`);
  // It was typed just now: nobody has been told of it yet.
  await editor.text.press('Control+Enter');
  await expect(editor.said).toContainText('This prompt may contain a secret.');
  await expect(editor.card).toContainText('line 2:');
  await expect(editor.button(/^Send with 1 secret/)).not.toHaveClass(/first/);
  await editor.text.press('Control+Enter');
  await expect(editor.said).toContainText('This prompt may contain a secret.');
  expect(await server.count(pipeline, 'PromptOffered')).toBe(0);
  await editor.button('Mask 1 secret').click();
  await expect(editor.text).not.toHaveValue(new RegExp(key));
  await expect(editor.card).toContainText('no secrets found');
  await editor.button(/^Send to claude-code/).click();
  await expect(board.notice).toContainText('Prompt sent.');
  expect((await agent.call('get_next_prompt', { pipeline })).prompt).not.toContain(key);
});

test('a prompt that is out is taken back by saving, until it is sent', async ({ agent, board, page, server }) => {
  const { pipeline, handover } = await agent.handedOver();
  await server.decide(handover);
  await board.open(`/pipelines/${pipeline}`);
  const editor = new Editor(page);
  await page.getByRole('button', { name: 'Edit before an agent takes it' }).click();
  await editor.here();
  await expect(editor.card).toContainText("It's out:");
  await editor.button('Close').click();
  await expect(editor.text).toBeHidden();
  await page.getByRole('button', { name: 'Edit before an agent takes it' }).click();
  await editor.here();
  await editor.text.fill('Mine.');
  await editor.button('Save').click();
  await expect(editor.card).toContainText('Goes out when you send it');
  await expect(page.locator('.headline .chip')).toHaveText('Your turn');
  expect(await agent.call('get_next_prompt', { pipeline })).toMatchObject({ prompt: null });
  await editor.button(/^Send to claude-code/).click();
  await expect(page.locator('.headline .chip')).toHaveText('On its way');
  expect(await agent.call('get_next_prompt', { pipeline })).toMatchObject({ prompt: 'Mine.' });
});

test('which prompts wait is chosen on the page, by phase', async ({ agent, board, page, server }) => {
  const { pipeline, handover } = await agent.handedOver();
  await board.open(`/pipelines/${pipeline}`);
  await page.keyboard.press('Escape');
  const choice = page.locator('.held-phases');
  await expect(choice).toContainText('as the server is set');
  await choice.locator('summary').click();
  const plan = choice.getByRole('button', { name: 'PLAN' });
  await plan.click();
  await expect(choice.locator('summary')).toContainText('PLAN');
  await expect(plan).toHaveAttribute('aria-pressed', 'true');
  await choice.getByRole('button', { name: 'All', exact: true }).click();
  await expect(choice.locator('summary')).toContainText('all phases');
  await choice.getByRole('button', { name: 'None' }).click();
  await expect(choice.locator('summary')).toContainText('none');
  await plan.press('Enter');
  await expect(choice.locator('summary')).toContainText('PLAN');
  await server.decide(handover);
  await new Editor(page).here();
});

test('the overview and the inbox say that a prompt waits', async ({ agent, board, page, server }) => {
  const { pipeline } = await held(agent, server);
  const other = await agent.start({ title: 'Other' });
  await board.open();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('One thing needs you');
  await expect(page.locator('.gate')).toContainText('prompt written, not sent');
  await expect(board.row('Faster checkout')).toContainText('prompt written, not sent');
  await expect(board.row('Faster checkout').locator('.chip')).toHaveText('Your turn');
  await board.open(`/pipelines/${other}`);
  await page.locator('.inbox').getByRole('link', { name: 'Check the prompt' }).click();
  await expect(page).toHaveURL(`${server.url}/pipelines/${pipeline}`);
  await new Editor(page).here();
});

test.describe('nobody signed in', () => {
  test.use({ reader: '' });

  test('before it leaves, only people read it', async ({ agent, board, page, server }) => {
    const { pipeline } = await held(agent, server);
    await board.open(`/pipelines/${pipeline}`);
    await expect(page.locator('section.now')).toContainText('Local is checking the prompt before it leaves.');
    await expect(page.locator('section.prompt')).toContainText("It can be read here once it's sent.");
    await expect(page.locator('section.prompt').getByRole('textbox')).toHaveCount(0);
    await expect(page.locator('.held-phases')).toHaveCount(0);
    const path = `/pipelines/${pipeline}/prompts/${pipeline}-p1/send`;
    await server.asPerson('POST', path, { version: 1 });
    await expect(board.prompt).toContainText('save_handover_content');
  });
});

test('a viewer reads it, and cannot change it', async ({ agent, browser, server }) => {
  const { pipeline } = await held(agent, server);
  const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await page.goto(await server.link('Vic', 'viewer'));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => url.pathname === '/');
  const board = new Board(page, server);
  await board.open(`/pipelines/${pipeline}`);
  await expect(board.prompt).toContainText('save_handover_content');
  await expect(page.locator('section.prompt').getByRole('textbox')).toHaveCount(0);
  await expect(page.locator('section.prompt .ways')).toHaveCount(0);
});

test('in German', async ({ agent, board, context, page, server }) => {
  await context.addCookies([{ name: 'staffel_lang', value: 'de', url: server.url }]);
  const { pipeline } = await held(agent, server);
  await board.open(`/pipelines/${pipeline}`);
  await expect(page.locator('section.now')).toContainText('Du hast VAN angenommen. Prüf den Prompt für PLAN und sende ihn.');
  const card = page.locator('section.prompt');
  await expect(card).toContainText('Geht hinaus, wenn du ihn sendest');
  await card.getByRole('textbox', { name: 'Prompt', exact: true }).fill('Weiter.');
  await expect(card).toContainText('7 Zeichen');
  await card.getByRole('button', { name: 'Speichern' }).click();
  await expect(card.getByRole('group', { name: 'Fassungen' }).getByRole('button')).toHaveText(['1 · Vorlage', '2 · deine']);
  await card.getByRole('button', { name: 'An claude-code senden' }).click();
  await expect(board.notice).toContainText('Prompt gesendet.');
  await expect(page.locator('aside')).toContainText('Du hast den Prompt gesendet');
});

test.describe('a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`everything fits into 360 pixels, ${colorScheme}`, async ({ agent, board, page, server }) => {
      await page.emulateMedia({ colorScheme });
      const { pipeline } = await held(agent, server);
      await board.open(`/pipelines/${pipeline}`);
      const editor = new Editor(page);
      await editor.here();
      const fits = async (state: string) => {
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(over, `${state}: wider than the window`).toBeLessThanOrEqual(0);
        expect(await complaints(page)).toEqual([]);
      };
      await fits('held');
      await editor.text.fill(`${'averylongwordwithoutanybreak'.repeat(9)}\nThe key is AKIA${'QYLPMN5HHHFPZAM2'}.`);
      await editor.button('Compare with 1').tap();
      await expect(editor.card.locator('.diff .added').first()).toBeVisible();
      await page.locator('.held-phases summary').tap();
      await fits('compared, with a secret');
      await editor.text.fill('Mine.');
      await editor.button(/^Send with 1 secret/).tap();
      await expect(board.notice).toContainText('Prompt sent.');
    });
  }
});
