// Staffel's hook for OpenCode: a person's decision makes the session go on whose turn has ended.
// Written by `staffel connect opencode --hooks`; `--no-hooks` takes it away.
const SERVER = '{{server}}';

const sleep = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

export const Staffel = async ({ client, directory }) => {
  const headers = { 'Content-Type': 'application/json' };
  if (process.env.STAFFEL_TOKEN) headers.Authorization = `Bearer ${process.env.STAFFEL_TOKEN}`;
  // How long an answer may take that a person at the session waits for.
  const soon = 5000;
  const ask = async (event, session, more, signal) => {
    const body = JSON.stringify({ hook_event_name: event, session_id: session, cwd: directory, ...more });
    return fetch(`${SERVER}/api/hooks/opencode?wait={{wait}}`, { method: 'POST', headers, body, signal });
  };
  const tell = async (event, session, more = {}) => {
    const answer = await ask(event, session, more, AbortSignal.timeout(soon));
    const text = answer.ok ? (await answer.text()).trim() : '';
    return text ? JSON.parse(text) : {};
  };
  // The turn has ended: nothing but the person at the session waits for this.
  const wait = async (session) => {
    let held = 0;
    for (const begun = Date.now(); Date.now() - (held || begun) < (held ? 600_000 : 3000); await sleep(1000)) {
      const asked = Date.now();
      try {
        const answer = await ask('Stop', session, {}, undefined);
        const text = (await answer.text()).trim();
        if (answer.ok && text) return JSON.parse(text).reason;
        if (!answer.ok && ![502, 503, 504].includes(answer.status)) return undefined;
      } catch {
        // Away, or it stops: asked again.
      }
      if (Date.now() - asked > 2000) held = Date.now();
    }
    return undefined;
  };
  const given = new Set();
  return {
    // A person has written: what the folder waits for goes with it.
    'chat.message': async ({ sessionID }, { parts }) => {
      const said = parts.find(({ type }) => type === 'text');
      if (!said || given.delete(said.text)) return;
      const answer = await tell('UserPromptSubmit', sessionID).catch(() => undefined);
      const context = answer?.hookSpecificOutput?.additionalContext;
      if (context) said.text += `\n\n${context}`;
    },
    event: async ({ event }) => {
      if (event.type !== 'session.idle') return;
      const session = event.properties.sessionID;
      const goes_on = (text) => {
        if (!text) return undefined;
        given.add(text);
        return client.session.promptAsync({ path: { id: session }, body: { parts: [{ type: 'text', text }] } });
      };
      // Whatever fails, the prompt is not lost: it waits in Staffel.
      wait(session)
        .then(goes_on)
        .catch(() => {});
    },
    'tool.execute.after': async (input, output) => {
      const ours = input.tool.startsWith('staffel_');
      const tool = { tool_name: input.tool, ...(ours && { tool_input: input.args ?? {}, tool_response: output.output }) };
      const told = tell('PostToolUse', input.sessionID, tool).catch(() => {});
      // Of the others only that there was one: nothing waits for that.
      if (ours) await told;
    },
  };
};
