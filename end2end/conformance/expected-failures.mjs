// What is known not to pass, and why: `scenario`, or `scenario:check`. An entry that passes fails the run, so that
// these lists stay true.

/** @typedef {Record<string, string>} ExpectedFailures */

const EXTENSION = 'an extension that is not offered';
const FIXTURE = 'needs a tool of the fixtures';

/** @type {ExpectedFailures} */
export const OF_FIXTURES = {
  'tasks-lifecycle': EXTENSION,
  'tasks-capability-negotiation': EXTENSION,
  'tasks-wire-fields': EXTENSION,
  'tasks-request-state-removal': EXTENSION,
  'tasks-mrtr-input': EXTENSION,
  'tasks-request-headers': EXTENSION,
  'tasks-dispatch-and-envelope': EXTENSION,
  'tasks-status-notifications': EXTENSION,
  'tasks-required-task-error': EXTENSION,
  'tasks-mrtr-composition': EXTENSION,
};

/** @type {ExpectedFailures} */
export const OF_STAFFEL = {
  'server-stateless:sep-2575-server-rejects-undeclared-capability': FIXTURE,
  'server-stateless:sep-2575-missing-capability-http-400': FIXTURE,
  'server-stateless:sep-2575-http-server-no-independent-requests-on-stream': FIXTURE,
  'server-stateless:sep-2575-server-no-log-without-loglevel': FIXTURE,
  'input-required-result-missing-input-response:sep-2322-missing-response-rerequests': FIXTURE,
  'input-required-result-ignore-extra-params:sep-2322-ignore-unexpected-params': FIXTURE,
};
