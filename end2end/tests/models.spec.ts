// A model writes the prompt anew, is tried, and reads it cold: a small server plays an OpenAI-compatible API.

import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test as base } from './fixtures.ts';

/** What it is asked, and what it answers next. */
class Model {
  readonly asked: string[] = [];
  answers: { status?: number; text: string }[] = [];

  private constructor(private readonly http: HttpServer) {}

  static async start() {
    const http = createServer();
    const model = new Model(http);
    http.on('request', async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      model.asked.push(body);
      const { status = 200, text } = model.answers.shift() ?? { text: 'Nothing was prepared.' };
      response.writeHead(status, { 'content-type': 'application/json' });
      if (status !== 200) {
        response.end(JSON.stringify({ error: { message: 'no such key', type: 'invalid_request_error' } }));
        return;
      }
      const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: text } }];
      response.end(JSON.stringify({ id: 'one', object: 'chat.completion', created: 0, model: 'small-model', choices }));
    });
    await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
    return model;
  }

  get url() {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/v1`;
  }

  end() {
    this.http.closeAllConnections();
    this.http.close();
  }
}

const test = base.extend<{ model: Model }>({
  model: async ({}, use) => {
    const model = await Model.start();
    await use(model);
    model.end();
  },
  settings: async ({ model }, use) => {
    await use({ STAFFEL_MODEL: 'small-model', STAFFEL_MODEL_BASE_URL: model.url, STAFFEL_PROMPT_SEND: 'after_a_look' });
  },
});

// The model refuses on purpose.
test.use({ tolerated: /502/ });

const FIRST = 'Plan the checkout. Call save_handover_content when it is done.';
const SHORTER = 'Plan the checkout, shorter. Call save_handover_content when it is done.';

test('a model writes anew with a hint, is tried, and reads cold', async ({ agent, board, model, page, server }) => {
  model.answers = [{ text: FIRST }];
  const { pipeline, handover } = await agent.handedOver();
  await server.decide(handover);
  await expect.poll(() => server.count(pipeline, 'PromptWritten')).toBe(1);
  await board.open(`/pipelines/${pipeline}`);
  const card = page.locator('section.prompt');
  const text = card.getByRole('textbox', { name: 'Prompt', exact: true });
  const said = card.locator('.said');
  const button = (name: string) => card.getByRole('button', { name, exact: true });
  await expect(text).toHaveValue(FIRST);

  await test.step('tried', async () => {
    model.answers = [{ text: 'Ready.' }];
    await button('Test small-model').click();
    await expect(said).toHaveText(/^small-model answered after [0-9.]+ m?s: “Ready\.”$/);
    model.answers = Array.from({ length: 3 }, () => ({ status: 401, text: '' }));
    await button('Test small-model').click();
    await expect(said).toContainText('401');
    await expect(text).toHaveValue(FIRST);
  });

  await test.step('anew', async () => {
    model.answers = [{ text: SHORTER }];
    await card.getByLabel('Hint').fill('shorter');
    await button('Rewrite').click();
    await expect(text).toHaveValue(SHORTER);
    expect(model.asked.at(-1)).toContain('shorter');
    const versions = card.getByRole('group', { name: 'Versions' }).getByRole('button');
    await expect(versions).toHaveText(['1 · small-model', '2 · small-model']);
    // By the template there is nobody to be tried.
    await card.getByRole('group', { name: 'Who writes' }).getByRole('button', { name: 'template' }).click();
    await expect(button('Test small-model')).toBeHidden();
    await card.getByRole('group', { name: 'Who writes' }).getByRole('button', { name: 'small-model' }).click();
  });

  await test.step('read cold', async () => {
    model.answers = [{ text: '- Which branch?' }];
    await button('Cold read').click();
    await expect(card).toContainText("small-model read only this prompt and couldn't start yet.");
    await card.getByRole('button', { name: 'Answer in the prompt' }).click();
    await expect(text).toHaveValue(/Which branch\? → $/);
    await text.press('End');
    await text.pressSequentially('main');
    model.answers = [{ text: 'READY' }];
    await button('Cold read').click();
    await expect(card).toContainText('small-model read only this prompt and could start.');
  });

  await card.getByRole('button', { name: /^Send to claude-code/ }).click();
  await expect(board.notice).toContainText('Prompt sent.');
  expect(await agent.call('get_next_prompt', { pipeline })).toMatchObject({ prompt: `${SHORTER}\n\nWhich branch? → main` });
});
