// Staffel's hook for OpenCode: a person's decision makes the session go on whose turn has ended.
// Written by `staffel connect opencode --hooks`; `--no-hooks` takes it away.
const SERVER = '{{server}}';

const sleep = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

export const Staffel = async ({ client, directory }) => {
  const headers = { 'Content-Type': 'application/json' };
  if (process.env.STAFFEL_TOKEN) headers.Authorization = `Bearer ${process.env.STAFFEL_TOKEN}`;
  const tell = async (event, session, more = {}) => {
    const body = JSON.stringify({ hook_event_name: event, session_id: session, cwd: directory, ...more });
    const answer = await fetch(`${SERVER}/api/hooks/opencode?wait={{wait}}`, { method: 'POST', headers, body });
    const text = answer.ok ? (await answer.text()).trim() : '{}';
    return text ? JSON.parse(text) : undefined;
  };
  // The turn has ended: nothing but the person at the session waits for this.
  const wait = async (session) => {
    for (let heard = 0, tries = 0; tries < 600; tries += 1) {
      try {
        const answer = await tell('Stop', session);
        heard = Date.now();
        if (answer) return answer.reason;
      } catch {
        if (!heard && tries > 2) return undefined;
      }
      await sleep(1000);
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
      void wait(session).then((text) => {
        if (!text) return undefined;
        given.add(text);
        return client.session.promptAsync({ path: { id: session }, body: { parts: [{ type: 'text', text }] } });
      });
    },
    'tool.execute.after': async (input, output) => {
      if (!input.tool.startsWith('staffel_')) return;
      const tool = { tool_name: input.tool, tool_input: input.args ?? {}, tool_response: output.output };
      await tell('PostToolUse', input.sessionID, tool).catch(() => {});
    },
  };
};
