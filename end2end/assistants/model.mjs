// A model that follows a script, behind the four wire formats that coding assistants speak. Real assistants run against
// it without an account: it answers on loopback, and decides by the conversation that a request carries, never by memory.

import { createServer } from 'node:http';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/** @typedef {{ kind: 'user' | 'said', text: string } | { kind: 'call', name: string, args: any } | { kind: 'result', text: string }} Turn */
/** @typedef {{ say: string } | { call: string, args: Record<string, unknown> }} Act */
/** @typedef {(talk: Turn[], tools: string[]) => Act | Promise<Act>} Script */

/** All text in a message's content, however deep. @param {any} content @returns {string} */
function words(content) {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(words).join('\n');
  if (content && typeof content === 'object') return words(content.text ?? content.content ?? content.output ?? '');
  return '';
}

/** @param {string | undefined} text */
function parsed(text) {
  try {
    return JSON.parse(text || '{}');
  } catch {
    return {};
  }
}

/** @param {[string | undefined, unknown][]} events */
const sse = (events) => events.map(([name, data]) => `${name ? `event: ${name}\n` : ''}data: ${JSON.stringify(data)}\n\n`).join('');

let number = 0;
const fresh = (/** @type {string} */ prefix) => `${prefix}_${Date.now()}${(number += 1)}`;

/** Anthropic Messages, as Claude Code speaks it. */
const messages = {
  /** @param {any} body @returns {{ talk: Turn[], tools: string[] }} */
  read(body) {
    /** @type {Turn[]} */
    const talk = [];
    for (const { role, content } of body.messages ?? []) {
      for (const part of typeof content === 'string' ? [{ type: 'text', text: content }] : content) {
        if (part.type === 'text') talk.push({ kind: role === 'assistant' ? 'said' : 'user', text: part.text });
        if (part.type === 'tool_use') talk.push({ kind: 'call', name: part.name, args: part.input });
        if (part.type === 'tool_result') talk.push({ kind: 'result', text: words(part.content) });
      }
    }
    return { talk, tools: (body.tools ?? []).map((/** @type {any} */ tool) => tool.name) };
  },
  /** @param {any} body @param {Act} act */
  write(body, act) {
    const says = 'say' in act;
    const block = says ? { type: 'text', text: act.say } : { type: 'tool_use', id: fresh('toolu'), name: act.call, input: act.args };
    const stop_reason = says ? 'end_turn' : 'tool_use';
    // A new id every time: Claude Code takes answers with one id for one message.
    const message = { id: fresh('msg'), type: 'message', role: 'assistant', model: body.model, content: [block] };
    const usage = { input_tokens: 10, output_tokens: 5 };
    if (!body.stream) return JSON.stringify({ ...message, stop_reason, stop_sequence: null, usage });
    const delta = says ? { type: 'text_delta', text: act.say } : { type: 'input_json_delta', partial_json: JSON.stringify(act.args) };
    /** @type {[string, Record<string, unknown>][]} */
    const events = [
      ['message_start', { message: { ...message, content: [], stop_reason: null, stop_sequence: null, usage } }],
      ['content_block_start', { index: 0, content_block: says ? { ...block, text: '' } : { ...block, input: {} } }],
      ['content_block_delta', { index: 0, delta }],
      ['content_block_stop', { index: 0 }],
      ['message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 5 } }],
      ['message_stop', {}],
    ];
    return sse(events.map(([type, data]) => [type, { type, ...data }]));
  },
};

/** OpenAI Responses, as Codex speaks it. Tools of MCP servers stand in namespaces. */
const responses = {
  /** @param {any} body @returns {{ talk: Turn[], tools: string[] }} */
  read(body) {
    /** @type {Turn[]} */
    const talk = [];
    for (const item of body.input ?? []) {
      if (item.type === 'message' || !item.type) {
        talk.push({ kind: item.role === 'assistant' ? 'said' : 'user', text: words(item.content) });
      } else if (item.type === 'function_call') {
        talk.push({ kind: 'call', name: item.name, args: parsed(item.arguments) });
      } else if (item.type === 'function_call_output') {
        talk.push({ kind: 'result', text: words(item.output) });
      }
    }
    const tools = (body.tools ?? []).flatMap((/** @type {any} */ tool) =>
      tool.type === 'namespace' ? tool.tools.map((/** @type {any} */ inner) => `${tool.name}::${inner.name}`) : [tool.name ?? tool.type],
    );
    return { talk, tools };
  },
  /** @param {any} body @param {Act} act */
  write(body, act) {
    const id = fresh('resp');
    const [name, namespace] = 'call' in act ? act.call.split('::').reverse() : [];
    const item =
      'say' in act
        ? {
            type: 'message',
            id: fresh('msg'),
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: act.say, annotations: [] }],
          }
        : {
            type: 'function_call',
            id: fresh('fc'),
            call_id: fresh('call'),
            name,
            ...(namespace && { namespace }),
            arguments: JSON.stringify(act.args),
            status: 'completed',
          };
    const usage = {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 15,
    };
    const response = { id, object: 'response', status: 'completed', model: body.model, output: [item], usage };
    if (!body.stream) return JSON.stringify(response);
    /** @type {[string, Record<string, unknown>][]} */
    const events = [
      ['response.created', { response: { id, status: 'in_progress' } }],
      ['response.output_item.done', { output_index: 0, item }],
      ['response.completed', { response }],
    ];
    return sse(events.map(([type, data]) => [type, { type, ...data }]));
  },
};

/** OpenAI Chat Completions, as Qwen Code and OpenCode speak it. */
const chat = {
  /** @param {any} body @returns {{ talk: Turn[], tools: string[] }} */
  read(body) {
    /** @type {Turn[]} */
    const talk = [];
    for (const message of body.messages ?? []) {
      if (message.role === 'user') talk.push({ kind: 'user', text: words(message.content) });
      if (message.role === 'tool') talk.push({ kind: 'result', text: words(message.content) });
      if (message.role !== 'assistant') continue;
      if (message.content) talk.push({ kind: 'said', text: words(message.content) });
      for (const { function: called } of message.tool_calls ?? []) {
        talk.push({ kind: 'call', name: called.name, args: parsed(called.arguments) });
      }
    }
    return { talk, tools: (body.tools ?? []).map((/** @type {any} */ tool) => tool.function.name) };
  },
  /** @param {any} body @param {Act} act */
  write(body, act) {
    const call = 'call' in act && {
      index: 0,
      id: fresh('call'),
      type: 'function',
      function: { name: act.call, arguments: JSON.stringify(act.args) },
    };
    const message = { role: 'assistant', content: 'say' in act ? act.say : null, ...(call && { tool_calls: [call] }) };
    const finish_reason = call ? 'tool_calls' : 'stop';
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const base = { id: fresh('chatcmpl'), created: 1, model: body.model };
    if (!body.stream) {
      const choices = [{ index: 0, message, finish_reason }];
      return JSON.stringify({ ...base, object: 'chat.completion', choices, usage });
    }
    /** @param {unknown} delta @param {string | null} finish @param {object} more @returns {[undefined, unknown]} */
    const chunk = (delta, finish, more = {}) => [
      undefined,
      {
        ...base,
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta, finish_reason: finish }],
        ...more,
      },
    ];
    return `${sse([chunk(message, null), chunk({}, finish_reason, { usage })])}data: [DONE]\n\n`;
  },
};

/** Gemini's generateContent. */
const gemini = {
  /** @param {any} body @returns {{ talk: Turn[], tools: string[] }} */
  read(body) {
    /** @type {Turn[]} */
    const talk = [];
    for (const { role, parts } of body.contents ?? []) {
      for (const part of parts ?? []) {
        if (part.text) talk.push({ kind: role === 'model' ? 'said' : 'user', text: part.text });
        if (part.functionCall) talk.push({ kind: 'call', name: part.functionCall.name, args: part.functionCall.args });
        if (part.functionResponse) talk.push({ kind: 'result', text: words(part.functionResponse.response) });
      }
    }
    const tools = (body.tools ?? []).flatMap((/** @type {any} */ tool) => tool.functionDeclarations ?? []);
    return { talk, tools: tools.map((/** @type {any} */ tool) => tool.name) };
  },
  /** @param {any} body @param {Act} act @param {string} path */
  write(body, act, path) {
    const part = 'say' in act ? { text: act.say } : { functionCall: { name: act.call, args: act.args, id: fresh('call') } };
    const answer = {
      candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
      modelVersion: 'scripted',
    };
    return path.includes(':stream') ? sse([[undefined, answer]]) : JSON.stringify(answer);
  },
};

const FORMATS = /** @type {const} */ ([
  [/\/v1\/messages$/, messages],
  [/\/responses$/, responses],
  [/\/chat\/completions$/, chat],
  [/:(stream)?[gG]enerateContent$/, gemini],
]);

export class Model {
  #server;
  /** What was asked and answered, for a test that fails. @type {string[]} */
  log = [];
  /** How often it was asked something that the script answers. */
  asked = 0;

  /** @param {Script} script */
  constructor(script) {
    this.#server = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      let raw = Buffer.concat(chunks);
      const encoding = request.headers['content-encoding'];
      if (encoding === 'gzip') raw = gunzipSync(raw);
      if (encoding === 'zstd') raw = zstdDecompressSync(raw);
      const path = new URL(request.url ?? '/', 'http://model').pathname;
      const answer = (/** @type {string} */ text, type = 'application/json') => {
        response.writeHead(200, { 'Content-Type': type });
        response.end(request.method === 'HEAD' ? undefined : text);
      };
      if (/[cC]ountTokens$|count_tokens$/.test(path)) return answer('{"input_tokens": 10, "totalTokens": 10}');
      if (path.endsWith('/models')) {
        return answer('{"object": "list", "data": [{"id": "scripted", "object": "model"}], "models": []}');
      }
      const format = FORMATS.find(([pattern]) => pattern.test(path))?.[1];
      if (!format || request.method !== 'POST') {
        this.log.push(`${request.method} ${path}`);
        return answer('{}');
      }
      const body = parsed(raw.toString());
      const { talk, tools } = format.read(body);
      // What an assistant asks on the side, such as for a title, comes without the tools.
      const aside = !tools.some((name) => /staffel|tool_search|ToolSearch/.test(name));
      if (!aside) this.asked += 1;
      const act = aside ? { say: 'ok' } : await script(talk, tools);
      this.log.push(`${path}: ${talk.length} turns, ${tools.length} tools → ${JSON.stringify(act).slice(0, 200)}`);
      const text = format.write(body, act, path);
      answer(text, text.startsWith('{') ? 'application/json' : 'text/event-stream');
    });
  }

  async start() {
    await new Promise((listens) => this.#server.listen(0, '127.0.0.1', () => listens(undefined)));
    return this;
  }

  get url() {
    const address = this.#server.address();
    if (!address || typeof address === 'string') throw new Error('the model does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(() => closed(undefined)));
  }
}
