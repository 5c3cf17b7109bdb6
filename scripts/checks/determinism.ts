/**
 * What the core must not touch, as lint rules: the same log has to give the same graph on every
 * machine, so nothing in it may depend on the time, on chance, on the environment or on the order
 * in which things happen to finish.
 */

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

export const determinism = {
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
  'halcyon/never-waits': 'error',
} as const;
