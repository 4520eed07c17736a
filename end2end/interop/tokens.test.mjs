// What the tools cost a model before it does anything.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

import { Agent } from '../support/agent.mjs';
import { Server } from '../support/server.mjs';

const MOST_TOKENS = 6_000;
const MOST_TOKENS_OF_INPUT = 3_000; // what every assistant shows its model
const MOST_BYTES_OF_INSTRUCTIONS = 2_048; // longer ones are cut off by some assistants

/** @type {Server} */
let server;
/** @type {Agent} */
let agent;

before(async () => {
  server = await Server.start();
  agent = await Agent.connect(server);
});
after(async () => {
  await agent.close();
  await server.dispose();
});

test(`the tools, with what they answer, are fewer than ${MOST_TOKENS} tokens`, async (t) => {
  const { tools } = await agent.client.listTools();
  const shown = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  // Some assistants show their model what comes back as well.
  const whole = tools.map(({ outputSchema }, index) => ({ ...shown[index], outputSchema }));
  const [tokens, all] = [shown, whole].map((list) => countTokens(JSON.stringify(list)));
  t.diagnostic(`tools/list: ${tokens} tokens; ${all} with outputSchema`);
  for (const tool of shown) t.diagnostic(`  ${tool.name}: ${countTokens(JSON.stringify(tool))}`);
  assert.ok(all < MOST_TOKENS, `${all} tokens`);
  assert.ok(tokens < MOST_TOKENS_OF_INPUT, `${tokens} tokens without outputSchema`);
});

test(`the instructions are fewer than ${MOST_BYTES_OF_INSTRUCTIONS} bytes`, (t) => {
  const bytes = Buffer.byteLength(agent.client.getInstructions() ?? '');
  t.diagnostic(`instructions: ${bytes} bytes`);
  assert.ok(bytes > 0 && bytes < MOST_BYTES_OF_INSTRUCTIONS, `${bytes} bytes`);
});
