// What an assistant does: the tools of Staffel, through the official client.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** @typedef {'legacy' | 'auto' | { pin: string }} Mode */
/** @typedef {Record<string, any>} Answer */

export class Agent {
  /** @param {Client} client */
  constructor(client) {
    this.client = client;
  }

  /** @param {{ mcp: string }} server @param {{ mode?: Mode, name?: string, token?: string }} [options] */
  static async connect(server, { mode = 'auto', name = 'agent', token } = {}) {
    const client = new Client({ name, version: '1' }, { versionNegotiation: { mode } });
    const proven = token ? { requestInit: { headers: { Authorization: `Bearer ${token}` } } } : {};
    await client.connect(new StreamableHTTPClientTransport(new URL(server.mcp), proven));
    // From here on the client checks every answer against the schema that the tool promised.
    await client.listTools();
    return new Agent(client);
  }

  async close() {
    await this.client.close();
  }

  /** Calls a tool that must succeed, and returns its structured answer.
   * @param {string} name @param {Record<string, unknown>} [args]
   * @param {Parameters<Client['callTool']>[1]} [options] @returns {Promise<Answer>} */
  async call(name, args = {}, options = {}) {
    const result = await this.client.callTool({ name, arguments: args }, options);
    if (result.isError) throw new Error(`${name}: ${text(result)}`);
    return /** @type {Answer} */ (result.structuredContent);
  }

  /** Calls a tool that must refuse, and returns what it says.
   * @param {string} name @param {Record<string, unknown>} [args] */
  async refused(name, args = {}) {
    const result = await this.client.callTool({ name, arguments: args });
    if (!result.isError) throw new Error(`${name} did not refuse: ${text(result)}`);
    return text(result);
  }

  /** @param {Record<string, unknown>} [more] @returns {Promise<string>} */
  async start(more = {}) {
    return (await this.call('start_pipeline', { project: 'shop', title: 'Faster checkout', ...more })).pipeline;
  }

  /** @param {string} pipeline @param {Record<string, unknown>} [report] */
  async report(pipeline, report = {}) {
    return this.call('update_pipeline_status', { pipeline, ...report });
  }

  /** @param {string} pipeline @param {string} [content] @returns {Promise<string>} */
  async handOver(pipeline, content = '# Done\n\nAll of it.') {
    return (await this.call('save_handover_content', { pipeline, content })).handover;
  }

  /** A new pipeline whose first phase waits for a person. @param {Record<string, unknown>} [more] @param {string} [content] */
  async handedOver(more, content) {
    const pipeline = await this.start(more);
    return { pipeline, handover: await this.handOver(pipeline, content) };
  }

  /** @param {string} handover @param {number} [seconds] @param {() => void} [onprogress] */
  async wait(handover, seconds = 20, onprogress) {
    return this.call('await_handover_decision', { handover, wait_seconds: seconds }, onprogress ? { onprogress } : {});
  }

  /** Waits, and says when the wait has begun. @param {string} handover @param {number} [seconds]
   * @returns {Promise<{ answer: Promise<Answer> }>} */
  async park(handover, seconds = 50) {
    /** @type {Promise<Answer>} */
    let answer = Promise.reject(new Error('not begun'));
    answer.catch(() => {});
    await new Promise((begun, failed) => {
      answer = this.wait(handover, seconds, () => begun(undefined));
      answer.then(begun, failed);
    });
    // In an object: a promise that is returned would be waited for.
    return { answer };
  }
}

/** @param {any} result @returns {string} */
function text(result) {
  return result.content.map((/** @type {any} */ part) => part.text ?? '').join('\n');
}
