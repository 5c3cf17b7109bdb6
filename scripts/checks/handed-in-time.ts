/**
 * Where time is handed in, as lint rules: what takes the machine's own cannot be played by a clock
 * whose hands a trial turns.
 */

const message = 'Time is handed in: see the time.ts of this part.';
const timers = ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'];

export const handedInTime = {
  'no-restricted-globals': ['error', ...timers.map((name) => ({ name, message }))],
  'no-restricted-properties': ['error', { object: 'Date', property: 'now', message }],
  'no-restricted-imports': [
    'error',
    {
      paths: ['node:timers/promises', 'node:timers'].map((name) => ({
        name,
        importNames: timers,
        message,
      })),
    },
  ],
} as const;
