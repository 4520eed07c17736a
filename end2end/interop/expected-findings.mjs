// What a checker finds and Staffel leaves as it is, and why. What is no longer found fails the run, so that the
// list stays true.

export const OF_THE_INSPECTOR = [
  {
    words: '`type` is an array',
    why: 'a field of an answer may be null; this is how JSON Schema 2020-12, which MCP names, says so',
  },
];
