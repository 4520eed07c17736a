// Requests without a client library: what the server says, byte for byte, and not what a client makes of it.

import assert from 'node:assert/strict';

/** @typedef {import('../support/server.mjs').Server} Server */
/** @typedef {'2025-11-25' | '2026-07-28'} Revision */

const CLIENT = { name: 'wire', version: '1' };

/** @param {Server} server @param {string} method @param {Record<string, unknown>} params @param {Record<string, string>} headers */
async function post(server, method, params, headers = {}) {
  const answer = await fetch(server.mcp, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const messages = Array.from(text.matchAll(/^data: ?(\{.+)$/gm), ([, data]) => JSON.parse(data));
  const last = messages.at(-1) ?? JSON.parse(text);
  assert.ok(last.result, text);
  return { result: last.result, session: answer.headers.get('mcp-session-id') ?? '' };
}

/** @param {Server} server */
function initialize(server) {
  return post(server, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: CLIENT });
}

/** How the server introduces itself. @param {Server} server @param {Revision} revision */
export async function introduction(server, revision) {
  return revision === '2025-11-25' ? (await initialize(server)).result : ask(server, revision, 'server/discover');
}

/** The result of a request without arguments. @param {Server} server @param {Revision} revision @param {string} method */
export async function ask(server, revision, method) {
  if (revision === '2025-11-25') {
    const { session } = await initialize(server);
    return (await post(server, method, {}, { 'Mcp-Session-Id': session, 'MCP-Protocol-Version': revision })).result;
  }
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientInfo': CLIENT,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return (await post(server, method, { _meta }, { 'MCP-Protocol-Version': revision, 'Mcp-Method': method })).result;
}
