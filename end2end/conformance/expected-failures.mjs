// What is known not to pass, and why: `scenario`, or `scenario:check`. An entry that passes fails the run, so that
// these lists stay true.

/** @typedef {Record<string, string>} ExpectedFailures */

const FIXTURE = 'needs a tool of the fixtures';

/** @type {ExpectedFailures} */
export const OF_FIXTURES = {
  'tasks-status-notifications': 'the suite itself skips it so far',
};

/** @type {ExpectedFailures} */
export const OF_STAFFEL = {
  'server-stateless:sep-2575-server-rejects-undeclared-capability': FIXTURE,
  'server-stateless:sep-2575-missing-capability-http-400': FIXTURE,
  'server-stateless:sep-2575-http-server-no-independent-requests-on-stream': FIXTURE,
  'server-stateless:sep-2575-server-no-log-without-loglevel': FIXTURE,
  'input-required-result-missing-input-response:sep-2322-missing-response-rerequests': FIXTURE,
  'input-required-result-ignore-extra-params:sep-2322-ignore-unexpected-params': FIXTURE,
  'tasks-capability-negotiation:sep-2663-server-rejects-undeclared-client': FIXTURE,
  'tasks-capability-negotiation:tasks-per-request-meta-opt-in': FIXTURE,
  'tasks-dispatch-and-envelope:tasks-server-directed-creation-no-hint': FIXTURE,
  'tasks-dispatch-and-envelope:sep-2663-legacy-task-param-ignored': FIXTURE,
  'tasks-dispatch-and-envelope:tasks-immediate-result-shortcut': FIXTURE,
  'tasks-dispatch-and-envelope:tasks-result-type-complete-on-non-task-responses': FIXTURE,
  'tasks-dispatch-and-envelope:sep-2663-durable-create-strong-consistency': FIXTURE,
};
