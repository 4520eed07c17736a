// In the middle of a phase: an agent asks and a person answers; a person tells the agent something, and pauses it.

import type { Locator, Page } from '@playwright/test';

import type { Server } from '../support/server.mjs';
import { complaints } from './axe.ts';
import { Board, expect, fakeNotifications, notificationsShown, test } from './fixtures.ts';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

type Asked = { question: string; kind?: string; options?: string[]; fields?: object[]; blocking?: boolean };

/** What a script of an agent does: asks, and goes on with other things. */
async function ask(server: Server, pipeline: string, asked: Asked): Promise<string> {
  const answer = await server.api('POST', `/pipelines/${pipeline}/questions`, asked, { 'Staffel-Actor': 'agent/claude-code' });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return (await answer.json()).question.id;
}

/** What was answered, as the server has it. */
async function answered(server: Server, question: string) {
  const [pipeline] = question.split('-');
  const answer = await server.api('GET', `/pipelines/${pipeline}/questions/${question}`);
  return (await answer.json()).question.answer;
}

/** Another person answers in another browser. */
async function answer(server: Server, question: string, body: object, person: string) {
  const [pipeline] = question.split('-');
  const answer = await server.asPerson('POST', `/pipelines/${pipeline}/questions/${question}/answer`, body, person);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}

async function tell(server: Server, pipeline: string, body: object, person?: string) {
  const answer = await server.asPerson('POST', `/pipelines/${pipeline}/notes`, body, person);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}

const card = (page: Page, question: string) => page.locator(`section.question[id="${question}"]`);

/** Waits until the keys of a card can be woken, and touches the page. */
async function touch(question: Locator) {
  await expect(question).toHaveAttribute('data-keys', /asleep|ready/);
  await question.locator('.question-text').click();
  await expect(question).toHaveAttribute('data-keys', 'ready');
}

const DATABASES = { question: 'Which database?', kind: 'choice', options: ['SQLite', 'PostgreSQL'] };

test('a question in words opens on the page of its pipeline, and its answer is on record', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  await board.open(`/pipelines/${pipeline}`);
  const asking = agent.call('ask_person', { pipeline, question: 'Which bucket?\n\n<b>exports</b> or *mine*?', wait_seconds: 20 });
  const question = card(page, `${pipeline}-q1`);
  await expect(question.getByRole('heading')).toHaveText('claude-code asks you');
  await expect(question).toContainText("VAN · just now · It's waiting for your answer.");
  // As it was written, and no markup.
  expect(await question.locator('.question-text').textContent()).toBe('Which bucket?\n\n<b>exports</b> or *mine*?');
  await expect(page.locator('.headline .chip')).toHaveText('Asks you');
  await expect(page.locator('section.now')).toContainText('claude-code is waiting for your answer.');
  await expect(page).toHaveTitle('(1) Faster checkout · Staffel');

  await question.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(question.getByRole('status').first()).toHaveText('First write an answer.');
  const field = question.getByLabel('Your answer.');
  await expect(field).toBeFocused();
  await field.fill('exports-eu\nnot mine');
  await field.press('Control+Enter');
  await expect(question).toBeHidden();
  expect(await asking).toMatchObject({ answer: 'exports-eu\nnot mine' });

  const over = page.locator('section.answered li');
  await expect(over).toContainText('Which bucket?');
  await expect(over).toContainText('exports-eu');
  await expect(over).toContainText('Answered by you');
  await expect(over).toContainText('claude-code got it with ask_person');
  await expect(page.locator('.headline .chip')).toHaveText('At work');
  await expect(page).toHaveTitle('Faster checkout · Staffel');
});

test('an option is chosen with its key, once the page was touched', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  await board.open(`/pipelines/${pipeline}`);
  const id = await ask(server, pipeline, DATABASES);
  const question = card(page, id);
  await expect(question.getByRole('button', { name: 'SQLite' })).toBeVisible();
  // Whoever types into the wrong window answers nothing.
  await page.keyboard.press('2');
  await expect(question).toHaveAttribute('data-keys', 'asleep');
  await page.keyboard.press('2');
  await expect(board.notice).toContainText('Click or scroll first');
  expect(await answered(server, id)).toBeUndefined();

  await touch(question);
  // In a field a digit is a digit.
  await question.getByLabel('Another answer').fill('');
  await page.keyboard.type('2');
  await expect(question.getByLabel('Another answer')).toHaveValue('2');
  await question.getByLabel('Another answer').fill('');
  await question.locator('.question-text').click();
  await page.keyboard.press('9');
  await page.keyboard.press('2');
  await expect(question).toBeHidden();
  expect(await answered(server, id)).toMatchObject({ answer: 'PostgreSQL', by: { kind: 'person', name: 'Local' } });
  await expect(page.locator('section.answered li')).toContainText("The agent doesn't have it yet.");
  // Any call of the agent brings it.
  await agent.report(pipeline, { progress: 10 });
  await expect(page.locator('section.answered li')).toContainText('claude-code got it with update_pipeline_status');
});

test('an option is chosen by a click, and words do where none fits', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  await board.open(`/pipelines/${pipeline}`);
  const first = await ask(server, pipeline, DATABASES);
  const second = await ask(server, pipeline, { ...DATABASES, question: 'Which cache?', options: ['Redis', 'None'], blocking: false });
  await expect(card(page, second)).toContainText("It's working on meanwhile.");
  // Of two the first has the keys.
  await expect(card(page, first)).toHaveAttribute('data-keys', /./);
  await expect(card(page, second)).not.toHaveAttribute('data-keys', /./);
  await card(page, first).getByRole('button', { name: 'SQLite' }).click();
  await expect(card(page, first)).toBeHidden();
  await expect(card(page, second)).toHaveAttribute('data-keys', /asleep|blocked/);
  await card(page, second).getByLabel('Another answer').fill('memcached');
  await card(page, second).getByRole('button', { name: 'Send', exact: true }).click();
  await expect(card(page, second)).toBeHidden();
  expect(await answered(server, first)).toMatchObject({ answer: 'SQLite' });
  expect(await answered(server, second)).toMatchObject({ answer: 'memcached' });
});

test('yes or no, with a key and with a click', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  await board.open(`/pipelines/${pipeline}`);
  const yes = await ask(server, pipeline, { question: 'May I delete the previews?', kind: 'confirm' });
  await touch(card(page, yes));
  await page.keyboard.press('y');
  await expect(card(page, yes)).toBeHidden();
  const no = await ask(server, pipeline, { question: 'And the originals?', kind: 'confirm' });
  await card(page, no).getByRole('button', { name: 'No' }).click();
  await expect(card(page, no)).toBeHidden();
  expect(await answered(server, yes)).toMatchObject({ answer: 'yes' });
  expect(await answered(server, no)).toMatchObject({ answer: 'no' });
  await expect(page.locator('section.answered .words')).toHaveText(['No', 'Yes']);
});

const FORM = {
  question: 'Where does it run?',
  kind: 'form',
  fields: [
    { name: 'Region', required: true },
    { name: 'Replicas', kind: 'number' },
    { name: 'Size', kind: 'choice', options: ['small', 'large'], required: true },
    { name: 'Public', kind: 'confirm' },
  ],
};

test('a form says what is missing, and with keys alone it is filled in', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  await board.open(`/pipelines/${pipeline}`);
  const id = await ask(server, pipeline, FORM);
  const question = card(page, id);
  const region = question.getByLabel('Region required');
  await expect(region).toBeEditable();
  await question.getByRole('button', { name: 'Send', exact: true }).press('Enter');
  const status = question.locator('.said');
  await expect(status).toHaveText('First fill in “Region”.');
  await expect(region).toBeFocused();
  await expect(region).toHaveAttribute('aria-invalid', 'true');
  await page.keyboard.type('eu-central');
  await page.keyboard.press('Tab');
  await page.keyboard.type('two');
  await page.keyboard.press('Control+Enter');
  await expect(status).toContainText('“Replicas” needs a number');
  await expect(region).toHaveValue('eu-central');
  await question.getByLabel('Replicas').fill('2');
  await page.keyboard.press('Control+Enter');
  await expect(status).toHaveText('First fill in “Size”.');
  await expect(question.getByRole('radio', { name: 'small' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(question.getByRole('radio', { name: 'large' })).toBeChecked();
  await question.getByLabel('Anything else?').fill('Ask me before a third one.');
  await page.keyboard.press('Control+Enter');
  await expect(question).toBeHidden();
  expect(await answered(server, id)).toMatchObject({
    answer: 'Ask me before a third one.',
    fields: { Region: 'eu-central', Replicas: '2', Size: 'large' },
  });
  await expect(page.locator('section.answered .words')).toContainText('Region: eu-central');
});

test.describe('refused', () => {
  test.use({ tolerated: /4\d\d|net::ERR_/ });

  test('what the server refuses is said, and nothing is lost', async ({ agent, board, page, server }) => {
    const pipeline = await agent.start();
    await board.open(`/pipelines/${pipeline}`);
    const id = await ask(server, pipeline, FORM);
    const question = card(page, id);
    const long = 'far too long '.repeat(700);
    await question.getByLabel('Region required').fill(long);
    await question.getByRole('radio', { name: 'small' }).check();
    await question.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(question.locator('.said')).toContainText('Not sent. Your text is too long.');
    await expect(question.getByLabel('Region required')).toHaveValue(long);
    await expect(question.getByRole('radio', { name: 'small' })).toBeChecked();

    await question.getByLabel('Region required').fill('eu-central');
    await page.route('**/answer', (route) => route.abort());
    await question.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(question.locator('.said')).toContainText("Can't reach Staffel.");
    await page.unroute('**/answer');
    await question.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(question).toBeHidden();
    expect(await server.count(pipeline, 'QuestionAnswered')).toBe(1);
  });
});

test('somebody else is faster: the card says who, and goes when it was seen', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  await board.open(`/pipelines/${pipeline}`);
  const id = await ask(server, pipeline, DATABASES);
  await card(page, id).getByLabel('Another answer').fill('Neither');
  await answer(server, id, { answer: 'SQLite' }, 'Ada');
  await expect(card(page, id)).toContainText('Answered by Ada: SQLite');
  await expect(card(page, id)).toContainText("Your text wasn't sent: “Neither”");
  await expect(card(page, id).getByRole('button', { name: 'PostgreSQL' })).toBeHidden();
  await expect(page.locator('section.answered')).toBeHidden();
  await card(page, id).getByRole('button', { name: 'Close' }).click();
  await expect(card(page, id)).toBeHidden();
  await expect(page.locator('section.answered li')).toContainText('Answered by Ada');
});

test('other events take neither the focus nor a word, and a reload keeps the words', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  await board.open(`/pipelines/${pipeline}`);
  const id = await ask(server, pipeline, { question: 'Which bucket?' });
  const field = card(page, id).getByLabel('Your answer.');
  await field.fill('exports');
  await agent.report(pipeline, { message: 'Reading on', progress: 20 });
  await expect(board.leg('VAN')).toContainText('says 20%');
  await ask(server, pipeline, { question: 'And which region?', blocking: false });
  await expect(page.locator('section.question')).toHaveCount(2);
  await tell(server, pipeline, { text: 'Hurry.' });
  await expect(page.locator('.notes li')).toContainText('Hurry.');
  await expect(field).toBeFocused();
  await page.keyboard.type('-eu');
  await expect(field).toHaveValue('exports-eu');
  await page.reload();
  await board.ready();
  await expect(field).toHaveValue('exports-eu');
});

test('a question beside an open handover: the review is that of the handover', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  const id = await ask(server, pipeline, DATABASES);
  await agent.handOver(pipeline);
  await board.open(`/pipelines/${pipeline}`);
  await expect(board.review.locator('.doc')).toContainText('All of it.');
  // The keys are those of the dialog.
  await board.touch();
  await page.keyboard.press('1');
  await expect(board.review).toBeVisible();
  expect(await answered(server, id)).toBeUndefined();
  await page.keyboard.press('Escape');
  await expect(page).toHaveTitle('(2) Faster checkout · Staffel');
  await expect(card(page, id)).toContainText('It has moved on. An answer is still welcome.');
  await card(page, id).getByRole('button', { name: 'SQLite' }).click();
  await expect(card(page, id)).toBeHidden();
  await expect(page.locator('main').getByRole('button', { name: 'Review', exact: true })).toBeVisible();
});

test('a note is written, delivered and read', async ({ agent, board, page }) => {
  const pipeline = await agent.start();
  await board.open(`/pipelines/${pipeline}`);
  const notes = page.locator('section.notes');
  const field = notes.getByLabel('Note to claude-code');
  await field.fill('Use the staging bucket.');
  await field.press('Control+Enter');
  await expect(notes.getByRole('status')).toContainText('Sent.');
  await expect(field).toHaveValue('');
  const line = notes.locator('li').filter({ hasText: 'Use the staging bucket.' });
  await expect(line).toContainText('You · just now');
  await expect(line).toContainText('not delivered yet');
  await expect(line).toContainText('unread');
  await agent.report(pipeline, { progress: 10 });
  await expect(line).toContainText('delivered with update_pipeline_status, not confirmed yet');
  await expect(line).toContainText('unread');
  await agent.report(pipeline, { notes_read: [1] });
  await expect(line).toContainText('read · just now');
  await expect(line).not.toContainText('unread');
  await notes.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(notes.getByRole('status')).toContainText('First write');
});

test('paused: who, and whether the agent knows; then it goes on, with a word', async ({ agent, board, context, page, server }) => {
  const pipeline = await agent.start();
  await board.open(`/pipelines/${pipeline}`);
  const now = page.locator('section.now');
  await now.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(now).toContainText("Paused by you just now. claude-code doesn't know yet.");
  await expect(page.locator('.headline .chip')).toHaveText('Paused');
  await expect(page).toHaveTitle('(1) Faster checkout · Staffel');
  await agent.report(pipeline, { progress: 10 });
  await expect(now).toContainText('claude-code has been told.');

  const overview = new Board(await context.newPage(), server);
  await overview.open();
  await expect(overview.row('Faster checkout')).toContainText('paused for less than a minute');
  await expect(overview.page.locator('.gate')).toContainText('VAN · Paused');
  await overview.page.close();

  await page.locator('section.notes').getByLabel('Note to claude-code').fill('Skip the tests.');
  await page.getByRole('button', { name: 'Send and go on' }).click();
  await expect(page.locator('.headline .chip')).toHaveText('At work');
  await expect(page.locator('section.notes li').first()).toContainText('Go on: Skip the tests.');
  await expect(now.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();

  await tell(server, pipeline, { kind: 'pause' }, 'Ada');
  await expect(now).toContainText('Paused by Ada just now.');
  await now.getByRole('button', { name: 'Go on' }).click();
  await expect(page.locator('.headline .chip')).toHaveText('At work');
});

test('the overview and the inbox show what waits, in its own words', async ({ agent, board, page, server }) => {
  const pipeline = await agent.start();
  const other = await agent.start({ title: 'Other' });
  await board.open();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("You're all caught up");
  await ask(server, pipeline, DATABASES);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('One thing needs you');
  const gate = page.locator('.gate');
  await expect(gate).toContainText('VAN · Asks you');
  await expect(gate).toContainText('Which database?');
  await expect(board.row('Faster checkout')).toContainText('asks: “Which database?”');
  await expect(board.row('Faster checkout').locator('.chip')).toHaveText('Asks you');
  // A question opens no review.
  await expect(board.review).toBeHidden();
  await ask(server, pipeline, { question: 'Which cache?', blocking: false });
  await expect(gate).toContainText('Asks you (2)');

  await board.open(`/pipelines/${other}`);
  const inbox = page.locator('.inbox');
  await expect(inbox).toContainText('asks: “Which database?”');
  await expect(inbox).toContainText('waiting less than a minute');
  await inbox.getByRole('link', { name: 'Answer' }).click();
  await expect(page).toHaveURL(`${server.url}/pipelines/${pipeline}`);
  await expect(page.locator('section.question')).toHaveCount(2);
  await expect(inbox).toBeHidden();
});

test('in German', async ({ agent, board, context, page, server }) => {
  await context.addCookies([{ name: 'staffel_lang', value: 'de', url: server.url }]);
  const pipeline = await agent.start();
  const id = await ask(server, pipeline, { question: 'Darf ich die Vorschauen löschen?', kind: 'confirm' });
  await board.open(`/pipelines/${pipeline}`);
  const question = card(page, id);
  await expect(question.getByRole('heading')).toHaveText('claude-code fragt dich');
  await expect(question).toContainText('Wartet auf deine Antwort.');
  await touch(question);
  await page.keyboard.press('j');
  await expect(question).toBeHidden();
  await expect(page.locator('section.answered')).toContainText('Ja');
  await expect(page.locator('section.answered')).toContainText('Von dir beantwortet');
  await page.getByRole('button', { name: 'Pausieren' }).click();
  await expect(page.locator('section.now')).toContainText('Von dir gerade eben pausiert. claude-code weiß es noch nicht');
  await page.getByRole('button', { name: 'Fortsetzen', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Pausieren' })).toBeVisible();
});

test.describe('nobody signed in', () => {
  test.use({ reader: '' });

  test('whoever is not signed in reads, and is led to the sign-in', async ({ agent, board, page, server }) => {
    const pipeline = await agent.start();
    const id = await ask(server, pipeline, DATABASES);
    await tell(server, pipeline, { text: 'Hurry.' });
    await board.open(`/pipelines/${pipeline}`);
    await expect(card(page, id)).toContainText('Which database?');
    await expect(card(page, id).getByRole('button')).toHaveCount(0);
    await expect(card(page, id).getByRole('link', { name: 'Sign in to decide' })).toBeVisible();
    await expect(page.locator('section.notes')).toContainText('Hurry.');
    await expect(page.locator('section.notes').getByRole('textbox')).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Pause', exact: true })).toHaveCount(0);
  });
});

test('a viewer reads and cannot answer', async ({ agent, browser, server }) => {
  const pipeline = await agent.start();
  const id = await ask(server, pipeline, DATABASES);
  const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await page.goto(await server.link('Vic', 'viewer'));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => url.pathname === '/');
  await new Board(page, server).open(`/pipelines/${pipeline}`);
  await expect(card(page, id)).toContainText('You can read this, but not decide.');
  await expect(card(page, id).getByRole('button')).toHaveCount(0);
  await page.keyboard.press('1');
  expect(await answered(server, id)).toBeUndefined();
});

test.describe('a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

  test('everything fits into 360 pixels, and is answered by touch', async ({ agent, board, page, server }) => {
    const pipeline = await agent.start();
    const long = 'averylongoptionwithoutanybreak'.repeat(3);
    const id = await ask(server, pipeline, { ...DATABASES, question: `Which one? ${long}`, options: ['SQLite', long] });
    await ask(server, pipeline, { ...FORM, question: 'Where?' });
    await ask(server, pipeline, { question: 'May I?', kind: 'confirm', blocking: false });
    await tell(server, pipeline, { text: `Look at ${long}` });
    await tell(server, pipeline, { kind: 'pause' });
    await board.open(`/pipelines/${pipeline}`);
    await expect(page.locator('section.question')).toHaveCount(3);
    const fits = async (state: string) => {
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(over, `${state}: wider than the window`).toBeLessThanOrEqual(0);
      expect(await complaints(page)).toEqual([]);
    };
    await fits('questions');
    await card(page, id).getByRole('button', { name: 'SQLite' }).tap();
    await expect(card(page, id)).toBeHidden();
    await expect(page.locator('section.answered')).toBeVisible();
    await fits('answered');
    await board.open();
    await expect(page.locator('.gate')).toHaveCount(2);
    await fits('overview');
  });
});

test.describe('telling', () => {
  test.use({ permissions: ['notifications'] });

  test('a notification tells of a new question, and goes when it is answered', async ({ agent, board, context, page, server }) => {
    await context.addInitScript(fakeNotifications);
    await context.addInitScript(() => localStorage.setItem('staffel-notifications', 'on'));
    const pipeline = await agent.start();
    const rest = page.waitForResponse('**/pkg/rest.*.wasm');
    await board.open();
    await (await rest).finished();
    const shown = () => notificationsShown(page);
    const id = await ask(server, pipeline, DATABASES);
    await expect.poll(shown).toEqual({ [id]: 'An agent asks you: Faster checkout: Which database?' });
    await expect(page.getByRole('alert').filter({ hasText: 'the agent asks: Which database?' })).toBeAttached();
    await answer(server, id, { answer: 'SQLite' }, 'Ada');
    await expect.poll(shown).toEqual({});
    // That a person pauses an agent is no news.
    await tell(server, pipeline, { kind: 'pause' });
    await expect(board.row('Faster checkout')).toContainText('paused');
    expect(await shown()).toEqual({});
  });
});
