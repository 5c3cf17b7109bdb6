/**
 * What the core must not touch, as lint rules: the same log has to give the same graph on every
 * machine, so nothing in it may depend on the time, on chance, on the environment or on the order
 * in which things happen to finish.
 */

import type { Linter } from 'eslint';

const forbiddenGlobals = [
  'Date',
  'Promise',
  'Intl',
  'WeakRef',
  'FinalizationRegistry',
  'Atomics',
  'SharedArrayBuffer',
  'Buffer',
  'process',
  'performance',
  'crypto',
  'navigator',
  'console',
  'fetch',
  'WebSocket',
  'Worker',
  'require',
  'globalThis',
  'global',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'queueMicrotask',
];

export const determinism: Linter.RulesRecord = {
  'no-restricted-globals': [
    'error',
    ...forbiddenGlobals.map((name) => ({ name, message: 'The core is deterministic.' })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: "Chance comes in by the context's seed." },
    { property: 'localeCompare', message: "Depends on the machine's locale; compare with <." },
    { property: 'toLocaleString', message: "Depends on the machine's locale." },
    { property: 'toLocaleUpperCase', message: "Depends on the machine's locale." },
    { property: 'toLocaleLowerCase', message: "Depends on the machine's locale." },
  ],
  'no-restricted-syntax': [
    'error',
    ...[
      ':function[async=true]',
      'AwaitExpression',
      'ForOfStatement[await=true]',
      'ImportExpression',
    ].map((selector) => ({ selector, message: 'The core never waits.' })),
    { selector: 'MetaProperty', message: 'The core does not know where it runs.' },
  ],
};
