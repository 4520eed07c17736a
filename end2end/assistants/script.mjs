// What the scripted model does with Staffel's tools.

/** @typedef {import('./model.mjs').Turn} Turn @typedef {import('./model.mjs').Act} Act */

/** The tool's own name, without what the assistant puts before it. @param {string} name */
const plain = (name) => name.replace(/^.*(__|::|staffel_)/, '');

/** Calls a tool of Staffel the way this assistant has it: declared, or to be searched for first.
 * @param {string} name @param {Record<string, unknown>} args @param {string[]} tools @param {Turn[]} talk @returns {Act} */
function call(name, args, tools, talk) {
  const declared = tools.find((tool) => plain(tool) === name);
  if (declared) return { call: declared, args };
  const full = `mcp__staffel__${name}`;
  const searched = talk.some((turn) => turn.kind === 'call' && /^(tool_search|ToolSearch)$/.test(turn.name));
  const search = tools.find((tool) => /^(tool_search|ToolSearch)$/.test(tool));
  if (searched && tools.includes('tool_call')) return { call: 'tool_call', args: { name: full, arguments: args } };
  if (search) return { call: search, args: { query: `select:${full}`, max_results: 20 } };
  return { say: `no tool ${name} among ${tools.join(' ')}` };
}

/** The newest value that an answer gives for a field, as JSON or in words. @param {Turn[]} talk @param {string} field */
export function found(talk, field) {
  const pattern = new RegExp(`\\b${field}\\\\*"?\\s*[:=]\\s*\\\\*"([0-9a-z-]+)`, 'g');
  const results = talk.flatMap((turn) => (turn.kind === 'result' ? [turn.text] : []));
  const ids = results.flatMap((text) => Array.from(text.matchAll(pattern), ([, id]) => id));
  return ids.at(-1);
}

/** The calls of Staffel's tools so far. @param {Turn[]} talk */
function calls(talk) {
  return talk.flatMap((turn) => {
    if (turn.kind !== 'call') return [];
    const inner = turn.name === 'tool_call' ? { name: turn.args.name, args: turn.args.arguments } : turn;
    return [{ name: plain(inner.name), args: inner.args }];
  });
}

export const WOKEN = 'I went on.';

/** Starts, reports, hands over, and ends its turn; whenever it is told to follow a prompt, confirms it, reports and ends
 * its turn again. @param {string} project @returns {import('./model.mjs').Script} */
export function hands_over_and_ends(project) {
  return (talk, tools) => {
    const done = calls(talk);
    const use = (/** @type {string} */ name, args = {}) => call(name, args, tools, talk);
    const told = talk.flatMap((turn) => (turn.kind === 'user' ? [turn.text] : [])).join('\n');
    const prompts = Array.from(told.matchAll(/acknowledge_prompt\(prompt_id=\\?"([0-9a-z-]+)/g), ([, id]) => id);
    const fetched = Array.from(told.matchAll(/get_next_prompt\(pipeline=\\?"([0-9a-z-]+)/g), ([, id]) => id);
    const has = (/** @type {string} */ name) => done.some((call) => call.name === name);
    if (prompts.length === 0 && fetched.length === 0) {
      if (!has('start_pipeline')) return use('start_pipeline', { project, title: 'A scripted piece of work', goal: 'Try it.' });
      const pipeline = found(talk, 'pipeline');
      if (!has('update_pipeline_status')) return use('update_pipeline_status', { pipeline, progress: 40, message: 'at work' });
      if (!has('save_handover_content')) return use('save_handover_content', { pipeline, content: '# The plan\n\nAll of it.' });
      return { say: 'Handed over; my turn ends.' };
    }
    const prompt = prompts.at(-1) ?? found(talk, 'prompt_id');
    const pipeline = prompt?.split('-')[0] ?? fetched.at(-1);
    if (!prompt && !has('get_next_prompt')) return use('get_next_prompt', { pipeline });
    const confirmed = done.findIndex((call) => call.name === 'acknowledge_prompt' && call.args.prompt_id === prompt);
    if (confirmed < 0) return use('acknowledge_prompt', { prompt_id: prompt });
    const since = done.slice(confirmed + 1);
    if (!since.some((call) => call.name === 'update_pipeline_status')) {
      return use('update_pipeline_status', { pipeline, progress: 10, message: 'goes on' });
    }
    return { say: WOKEN };
  };
}

/** What was called, with what it was answered. @param {Turn[]} talk */
function steps(talk) {
  /** @type {{ name: string, args: any, result: string }[]} */
  const all = [];
  for (const turn of talk) {
    if (turn.kind === 'call') {
      const inner = turn.name === 'tool_call' ? { name: turn.args.name, args: turn.args.arguments } : turn;
      all.push({ name: plain(inner.name), args: inner.args ?? {}, result: '' });
    }
    // Quotation marks are escaped where an assistant puts JSON into text.
    const last = all.at(-1);
    if (turn.kind === 'result' && last) last.result += turn.text.replaceAll('\\"', '"');
  }
  return all;
}

/** What an answer says in a field or in its line. @param {string} result @param {string} words */
const says = (result, words) => new RegExp(`"(decision|status)": ?"(${words})"|: (${words})\\b`).exec(result) !== null;

/** Answers every comment that came with a decision, by the numbers of the answer or of its prompt: every second one is declined. @param {string} result */
function answers(result) {
  const numbers = new Set(Array.from(result.matchAll(/"comment": ?(\d+)|\*\*(\d+)\*\*/g), ([, one, other]) => Number(one ?? other)));
  if (numbers.size === 0) return {};
  const answer = (/** @type {number} */ comment) =>
    comment % 2 ? { comment, outcome: 'done', note: 'Done.' } : { comment, outcome: 'declined', note: 'It would not hold.' };
  return { answers: [...numbers].map(answer) };
}

export const DONE = 'All phases are accepted.';

/** Works through all phases in one turn: asks a question at the beginning, reports, hands over, waits for the decision and
 * follows it; answers every comment, and confirms every note. @param {string} project @param {string[]} phases @returns {import('./model.mjs').Script} */
export function works_through(project, phases) {
  return (talk, tools) => {
    const use = (/** @type {string} */ name, args = {}) => call(name, args, tools, talk);
    const done = steps(talk);
    const last = done.at(-1);
    const pipeline = found(talk, 'pipeline');
    if (!done.some(({ name }) => name === 'start_pipeline')) {
      return use('start_pipeline', { project, title: 'A scripted piece of work', goal: 'Try it.', phases });
    }
    const told = done.flatMap(({ result }) => Array.from(result.matchAll(/notes_read=\[(\d+)\]/g), ([, note]) => Number(note)));
    const read = done.flatMap(({ args }) => args.notes_read ?? []);
    const unread = told.find((note) => !read.includes(note));
    if (unread) return use('update_pipeline_status', { pipeline, notes_read: [unread] });
    const asked = done.filter(({ name }) => name === 'ask_person').at(-1);
    if (!asked) {
      const options = ['SQLite', 'PostgreSQL'];
      return use('ask_person', { pipeline, question: 'Which database?', kind: 'choice', options, wait_seconds: 20 });
    }
    if (!says(asked.result, 'answered')) {
      return use('ask_person', { question_id: found(talk, 'question_id') ?? `${pipeline}-q1`, wait_seconds: 20 });
    }
    const of = (/** @type {string} */ name) => done.findLastIndex((step) => step.name === name);
    const [handed, waited, confirmed] = ['save_handover_content', 'await_handover_decision', 'acknowledge_prompt'].map(of);
    const decided = waited > handed && says(done[waited].result, 'accepted|changes_requested');
    if (handed > waited || (waited > confirmed && !decided)) {
      return use('await_handover_decision', { handover: found(talk, 'handover'), wait_seconds: 30 });
    }
    if (waited > confirmed) {
      const prompt = /"prompt_id": ?"([0-9a-z-]+)"|prompt_id="([0-9a-z-]+)"/.exec(done[waited].result);
      if (!prompt) return { say: DONE };
      return use('acknowledge_prompt', { prompt_id: prompt[1] ?? prompt[2] });
    }
    if (last?.name !== 'update_pipeline_status' || last.args.notes_read) {
      return use('update_pipeline_status', { pipeline, progress: 50, message: 'at work' });
    }
    const content = `# The work, version ${done.length}\n\nAll of it.`;
    return use('save_handover_content', { pipeline, content, ...answers(waited < 0 ? '' : done[waited].result) });
  };
}

/** Works through phases as `staffel run` tells it: confirms the prompt that there may be, reports, hands over, and ends its turn.
 * @type {import('./model.mjs').Script} */
export function works_on_what_it_is_told(talk, tools) {
  const told = (/** @type {Turn} */ turn) => turn.kind === 'user' && /save_handover_content\(pipeline=\\?"[0-9a-z]+/.test(turn.text);
  const from = talk.findLastIndex(told);
  if (from < 0) return { say: 'Nobody has told me what to do.' };
  const text = /** @type {{ text: string }} */ (talk[from]).text;
  const [, pipeline] = /save_handover_content\(pipeline=\\?"([0-9a-z]+)/.exec(text) ?? [];
  const prompt = /acknowledge_prompt\(prompt_id=\\?"([0-9a-z-]+)/.exec(text)?.[1];
  const done = calls(talk.slice(from + 1)).map((call) => call.name);
  const use = (/** @type {string} */ name, args = {}) => call(name, args, tools, talk);
  if (prompt && !done.includes('acknowledge_prompt')) return use('acknowledge_prompt', { prompt_id: prompt });
  if (!done.includes('update_pipeline_status')) return use('update_pipeline_status', { pipeline, progress: 50, message: 'at work' });
  if (!done.includes('save_handover_content')) return use('save_handover_content', { pipeline, content: '# Done\n\nAll of it.' });
  return { say: 'Handed over; my turn ends.' };
}
