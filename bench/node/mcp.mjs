// The official TypeScript SDK on node's own HTTP server, as its documentation shows it: the handler for the
// stateless protocol, and a transport for each session of the legacy one. The pipelines are in memory.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

const pipelines = new Map();

function start({ project, title }) {
  const id = String(pipelines.size).padStart(10, '0');
  const status = {
    phase: 'VAN',
    progress: 0,
    status: 'running',
    pipeline: id,
    project,
    title,
    progress_source: 'claimed',
    phases: ['VAN', 'PLAN', 'CREATE', 'IMPLEMENT', 'REFLECT'],
    baton: 'agent',
    handover: null,
    prompt_id: null,
    board_url: `http://127.0.0.1:47000/pipelines/${id}`,
    next_step: `Work on VAN. Report with update_pipeline_status(pipeline="${id}", …); end the phase with save_handover_content(pipeline="${id}", content=…).`,
  };
  pipelines.set(id, status);
  return answer(status);
}

function update({ pipeline, progress }) {
  const status = pipelines.get(pipeline);
  status.progress = progress;
  return answer(status);
}

function answer(status) {
  const { pipeline, title, phase, progress, progress_source, baton, next_step } = status;
  const text = `Pipeline ${pipeline} (${title}): ${phase} ${progress} % (${progress_source}), ${status.status}, baton: ${baton}. Next: ${next_step}`;
  return { content: [{ type: 'text', text }], structuredContent: status };
}

// Once for all servers: the SDK wants a server for each session, and for each stateless request.
const schemas = {
  start: z.object({ project: z.string(), title: z.string() }),
  get: z.object({ pipeline: z.string() }),
  update: z.object({ pipeline: z.string(), message: z.string(), progress: z.int() }),
};

function makeServer() {
  const capabilities = { resources: { subscribe: true } };
  const server = new McpServer({ name: 'bench', version: '1.0.0' }, { capabilities });
  const tool = (name, description, inputSchema, call) => server.registerTool(name, { description, inputSchema }, call);
  tool('start_pipeline', 'Starts a pipeline.', schemas.start, start);
  tool('get_pipeline_status', 'The status of a pipeline.', schemas.get, ({ pipeline }) => answer(pipelines.get(pipeline)));
  tool('update_pipeline_status', 'Reports progress.', schemas.update, update);
  return server;
}

const stateless = toNodeHandler(createMcpHandler(makeServer, { legacy: 'reject' }));
const sessions = new Map();

async function openSession() {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, transport),
  });
  await makeServer().connect(transport);
  return transport;
}

const server = createServer(async (request, response) => {
  if (request.headers['mcp-protocol-version'] === '2026-07-28') return stateless(request, response);
  const transport = sessions.get(request.headers['mcp-session-id']) ?? (await openSession());
  return transport.handleRequest(request, response);
});
// The measurement's own pace must not close its connections.
server.keepAliveTimeout = 60_000;
server.listen({ host: '127.0.0.1', port: 0, backlog: 2048 }, () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
