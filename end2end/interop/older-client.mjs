// The TypeScript client before version 2, which most installed assistants still embed: up to 2025-11-25.

import assert from 'node:assert/strict';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

import { agents, loop } from './loop.mjs';

/** @typedef {import('../support/server.mjs').Server} Server */
/** @typedef {import('@modelcontextprotocol/sdk/shared/transport.js').Transport} Transport */

/** Straight to the server. @param {Server} server @returns {Transport} */
export function overHttp(server) {
  return new StreamableHTTPClientTransport(new URL(server.mcp));
}

/** Through a program that carries standard streams to the server.
 * @param {string} command @param {string[]} args @param {Record<string, string>} [env] @returns {Transport} */
export function through(command, args, env = {}) {
  return new StdioClientTransport({ command, args, env: { PATH: process.env.PATH ?? '', ...env }, stderr: 'ignore' });
}

/** @param {Transport} transport @param {(client: Client) => Promise<void>} use */
async function connected(transport, use) {
  const client = new Client({ name: 'older', version: '1' });
  await client.connect(transport);
  try {
    // From here on the client checks every answer against the schema that the tool promised.
    assert.equal((await client.listTools()).tools.length, 12);
    await use(client);
  } finally {
    await client.close();
  }
}

/** @param {Client} client @returns {import('./loop.mjs').Call} */
function calls(client) {
  return async (name, args) => {
    const result = await client.callTool({ name, arguments: args });
    assert.ok(!result.isError, JSON.stringify(result.content));
    return result.structuredContent;
  };
}

/** The whole loop. @param {Server} server @param {Transport} transport @param {RegExp} known as whom the journal knows it */
export async function bringsThrough(server, transport, known) {
  await connected(transport, async (client) => {
    assert.equal(client.getServerVersion()?.name, 'staffel');
    const pipeline = await loop(server, calls(client));
    for (const name of await agents(server, pipeline)) assert.match(name, known);
  });
}

/** What is not a tool's answer: progress, refusals, prompts and resources.
 * @param {Server} server @param {Transport} transport */
export async function carriesTheRest(server, transport) {
  await connected(transport, async (client) => {
    assert.match(client.getInstructions() ?? '', /await_handover_decision/);
    const call = calls(client);
    const { pipeline } = await call('start_pipeline', { project: 'shop', title: 'Faster checkout' });
    const { handover } = await call('save_handover_content', { pipeline, content: '# VAN\n\nDone.' });

    let told = 0;
    const wait = { name: 'await_handover_decision', arguments: { handover, wait_seconds: 1 } };
    await client.callTool(wait, undefined, { onprogress: () => (told += 1) });
    assert.ok(told > 0, 'progress comes through');

    const refused = await client.callTool({ name: 'get_pipeline_status', arguments: { pipeline: 'zzzzzzzzzz' } });
    assert.ok(refused.isError);
    assert.match(JSON.stringify(refused.content), /list_pipelines/);

    const uri = `staffel://pipelines/${pipeline}`;
    const [content] = (await client.readResource({ uri })).contents;
    assert.equal(JSON.parse('text' in content ? content.text : '').status, 'awaiting_review');
    assert.ok((await client.listResources()).resources.some((resource) => resource.uri === uri));
    assert.equal((await client.listResourceTemplates()).resourceTemplates.length, 3);
    assert.equal((await client.listPrompts()).prompts.length, 2);
    const prompt = await client.getPrompt({ name: 'next_phase', arguments: { pipeline } });
    assert.match(JSON.stringify(prompt.messages), /await_handover_decision/);
  });
}

/** Notices of what changes. @param {Transport} transport */
export async function hearsChanges(transport) {
  await connected(transport, async (client) => {
    const call = calls(client);
    const { pipeline } = await call('start_pipeline', { project: 'shop', title: 'Faster checkout' });
    const uri = `staffel://pipelines/${pipeline}`;
    const heard = new Promise((resolve) => {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => resolve(params.uri));
    });
    await client.subscribeResource({ uri });
    await call('update_pipeline_status', { pipeline, message: 'On it' });
    assert.equal(await heard, uri);
  });
}
