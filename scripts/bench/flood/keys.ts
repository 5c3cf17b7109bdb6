import { keepAsking } from './flood.ts';
import type { Flood } from './flood.ts';

/** Each key is remembered for a day. */
export const keys: Flood = {
  name: "a process's token, a new idempotency key a request",
  run: ({ url, tokens, fid }, end) =>
    keepAsking(url, end, 64, (i) => ({
      method: 'PUT',
      path: `/api/v1/processes/${fid}/state`,
      token: tokens.process,
      headers: { 'idempotency-key': `flood ${i}` },
      body: { state: i % 2 === 0 ? 'online' : 'offline', reason: `report ${i}` },
    })),
};
