// The JavaScript client of the note that Staffel comes from: a page of another program, with a frame in it that
// listens to the events and passes them on to its parent.

import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Agent } from '../support/agent.mjs';
import { Server } from '../support/server.mjs';
import { expect, test } from './fixtures.ts';

const PARENT = `<!doctype html><title>Elsewhere</title><script>
  window.received = [];
  window.addEventListener('message', ({ data }) => window.received.push(data));
</script><iframe src="/frame"></iframe>`;

const frame = (events: string) => `<!doctype html><title>Frame</title><script>
  const source = new EventSource(${JSON.stringify(events)});
  for (const type of ['pipeline_status', 'handover']) {
    source.addEventListener(type, event => {
      window.parent.postMessage({ type, data: JSON.parse(event.data) }, '*');
    });
  }
  source.onerror = () => window.parent.postMessage({ type: 'error', closed: source.readyState === 2 }, '*');
</script>`;

let elsewhere: HttpServer;
let origin: string;
let events: string;

test.beforeAll(async () => {
  elsewhere = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(request.url === '/frame' ? frame(events) : PARENT);
  });
  await new Promise<void>((done) => elsewhere.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
});
test.afterAll(() => new Promise((done) => elsewhere.close(done)));

test.use({ tolerated: /blocked by CORS policy|net::ERR_FAILED|403/ });

test('a page elsewhere hears both events, those of before and those of now', async ({ page, afterwards }) => {
  const server = await Server.start({ STAFFEL_ALLOWED_ORIGINS: origin });
  afterwards(() => server.dispose());
  const agent = await Agent.connect(server);
  afterwards(() => agent.close());
  const received = (type: string) =>
    page.evaluate(
      (type) => (window as any).received.filter((message: any) => message.type === type).map((message: any) => message.data),
      type,
    );
  events = `${server.url}/sse`;
  const { pipeline, handover } = await agent.handedOver({ title: 'Before' }, '# Before');
  await page.goto(origin);
  await expect.poll(() => received('handover')).toEqual([expect.objectContaining({ handover, content: '# Before', phase: 'VAN' })]);
  await expect.poll(() => received('pipeline_status')).toContainEqual(expect.objectContaining({ pipeline, status: 'awaiting_review' }));

  const now = await agent.start({ title: 'Now' });
  await agent.report(now, { progress: 75 });
  await expect
    .poll(() => received('pipeline_status'))
    .toContainEqual(expect.objectContaining({ pipeline: now, phase: 'VAN', progress: 75, status: 'running' }));
  await agent.handOver(now, '# Now');
  await expect.poll(() => received('handover')).toContainEqual(expect.objectContaining({ pipeline: now, content: '# Now' }));
});

test('a page that nobody allowed hears nothing', async ({ page, server, agent }) => {
  await agent.handedOver();
  events = `${server.url}/sse`;
  await page.goto(origin);
  await expect.poll(() => page.evaluate(() => (window as any).received)).toEqual([{ type: 'error', closed: true }]);
});
