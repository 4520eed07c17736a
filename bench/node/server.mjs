// better-sse as its documentation shows it: one channel, and a broadcast for each publish.
// node server.mjs PAYLOAD: the status to send, as a file of JSON.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createChannel, createSession } from 'better-sse';

const status = { ...JSON.parse(readFileSync(process.argv[2], 'utf8')), message: 'none' };
const channel = createChannel();

async function publish(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  status.message = JSON.parse(Buffer.concat(chunks).toString()).message;
  channel.broadcast(status, 'pipeline_status');
  response.writeHead(204).end();
}

const server = createServer(async (request, response) => {
  if (request.method === 'POST' && request.url === '/publish') return publish(request, response);
  channel.register(await createSession(request, response));
});
// The measurement's own pace must not close the publisher's connection.
server.keepAliveTimeout = 60_000;
server.listen({ host: '127.0.0.1', port: 0, backlog: 2048 }, () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
