// The five assistants: how each is set up without an account, and how it is asked for one turn.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ home: string, project: string, model: string }} Place */
/** @typedef {{ name: string, connect: string, package: string, settings: (place: Place) => [string, string][],
 *   environment: (place: Place) => Record<string, string>, turn: (prompt: string) => string[], again: (prompt: string) => string[],
 *   acp?: string[],
 *   ask?: (said: string, prompt: string) => Promise<boolean>,
 *   gaps?: { killed_in_a_call?: string } }} Client what it cannot do stands in `gaps`: a test fails when it can */

/** @param {unknown} value */
const json = (value) => JSON.stringify(value, null, 2);

/** Says that the types of plugins are installed in a folder of OpenCode's. Else it fetches them at its first start, for a minute
 * of a processor in every test, and from outside. @param {string} folder @returns {[string, string][]} */
function types_of_plugins(folder) {
  const wanted = { dependencies: { '@opencode-ai/plugin': '*' } };
  return [
    [join(folder, 'package.json'), json(wanted)],
    [join(folder, 'package-lock.json'), json({ lockfileVersion: 3, packages: { '': wanted } })],
    [join(folder, 'node_modules/.keep'), ''],
  ];
}

/** @type {Client[]} */
export const CLIENTS = [
  {
    name: 'claude',
    connect: 'claude-code',
    package: '@anthropic-ai/claude-code',
    settings: () => [],
    environment: ({ model }) => ({
      ANTHROPIC_BASE_URL: model,
      ANTHROPIC_API_KEY: 'x',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      ENABLE_TOOL_SEARCH: 'false',
      IS_SANDBOX: '1',
    }),
    turn: (prompt) => ['-p', prompt, '--dangerously-skip-permissions'],
    again: (prompt) => ['-c', '-p', prompt, '--dangerously-skip-permissions'],
  },
  {
    name: 'codex',
    connect: 'codex',
    package: '@openai/codex',
    settings: ({ home, project, model }) => [
      [
        join(home, '.codex/config.toml'),
        `model = "scripted"
model_provider = "x"
check_for_update_on_startup = false

[model_providers.x]
name = "x"
base_url = "${model}/v1"
wire_api = "responses"

[analytics]
enabled = false

[features]
daemon_auto_start = false

[projects."${project}"]
trust_level = "trusted"
`,
      ],
    ],
    environment: () => ({}),
    turn: (prompt) => [
      'exec',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      '--dangerously-bypass-hook-trust',
      prompt,
    ],
    again: (prompt) => [
      'exec',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      '--dangerously-bypass-hook-trust',
      'resume',
      '--last',
      prompt,
    ],
  },
  {
    name: 'gemini',
    connect: 'gemini',
    package: '@google/gemini-cli',
    gaps: { killed_in_a_call: 'it waits for its own limit, 600 s' },
    settings: ({ home }) => [
      [
        join(home, '.gemini/settings.json'),
        json({
          security: { auth: { selectedType: 'gemini-api-key' } },
          privacy: { usageStatisticsEnabled: false },
          general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
        }),
      ],
    ],
    environment: ({ model }) => ({
      GEMINI_API_KEY: 'x',
      GOOGLE_GEMINI_BASE_URL: model,
      GEMINI_CLI_TRUST_WORKSPACE: 'true',
    }),
    turn: (prompt) => ['-m', 'gemini-2.5-flash', '--yolo', '-p', prompt],
    again: (prompt) => ['-m', 'gemini-2.5-flash', '--yolo', '-r', 'latest', '-p', prompt],
    acp: ['--acp', '-m', 'gemini-2.5-flash'],
  },
  {
    name: 'qwen',
    connect: 'qwen',
    package: '@qwen-code/qwen-code',
    settings: ({ home }) => [[join(home, '.qwen/settings.json'), json({ general: { enableAutoUpdate: false } })]],
    environment: ({ model }) => ({ OPENAI_API_KEY: 'x', OPENAI_BASE_URL: `${model}/v1`, OPENAI_MODEL: 'scripted' }),
    turn: (prompt) => ['--auth-type', 'openai', '--yolo', '-p', prompt],
    again: (prompt) => ['--auth-type', 'openai', '--yolo', '-c', '-p', prompt],
    acp: ['--acp', '--auth-type', 'openai'],
  },
  {
    name: 'opencode',
    connect: 'opencode',
    package: 'opencode-ai',
    settings: ({ home, project, model }) => [
      ...[join(home, '.config/opencode'), join(project, '.opencode')].flatMap(types_of_plugins),
      [
        join(project, 'opencode.json'),
        json({
          autoupdate: false,
          share: 'disabled',
          model: 's/s',
          small_model: 's/s',
          provider: {
            s: {
              npm: '@ai-sdk/openai-compatible',
              options: { baseURL: `${model}/v1`, apiKey: 'x' },
              models: { s: { tool_call: true, limit: { context: 100000, output: 4096 } } },
            },
          },
        }),
      ],
    ],
    environment: () => ({ OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' }),
    // `opencode run` ends with its turn and takes the plugin along; a session that stays is asked over HTTP.
    turn: () => ['serve', '--port', '0', '--hostname', '127.0.0.1'],
    again: (prompt) => ['run', '-c', prompt],
    acp: ['acp'],
    async ask(said, prompt) {
      const url = /listening on (http:\/\/\S+)/.exec(said)?.[1];
      if (!url) return false;
      const post = (/** @type {string} */ path, /** @type {unknown} */ body) =>
        fetch(url + path, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        });
      const { id } = await (await post('/session', {})).json();
      const asked = await post(`/session/${id}/prompt_async`, { parts: [{ type: 'text', text: prompt }] });
      return asked.ok;
    },
  },
];

/** Writes the files that the assistant needs to run without an account. @param {Client} client @param {Place} place */
export function set_up(client, place) {
  for (const [path, text] of client.settings(place)) {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
}
