/** What a viewer can ask that costs more than the question. */

import { holdOpen, keepAsking, keepDropping } from './flood.ts';
import type { Flood, Target } from './flood.ts';

/** So many under way at once, each answer read. */
const asking = (
  name: string,
  underWay: number,
  path: (target: Target, i: number) => string,
): Flood => ({
  name,
  run: (target, end) =>
    keepAsking(target.url, end, underWay, (i) => ({
      path: path(target, i),
      token: target.tokens.viewer,
    })),
});

export const why: Flood = {
  name: '300 times why, dropped',
  run: ({ url, tokens, oftenReported }, end) =>
    keepDropping(url, end, { atOnce: 300, afterMs: 500 }, () => ({
      path: `/api/v1/why/${oftenReported}`,
      token: tokens.viewer,
    })),
};

export const past = asking(
  'the past, each time another',
  100,
  ({ head }, i) => `/api/v1/processes?limit=1&at=${1 + ((i * 7919) % head)}`,
);

export const rareEvents = asking(
  'events of a type that there is none of',
  16,
  () => '/api/v1/events?type=HostRemoved',
);

export const streams: Flood = {
  name: '1,000 event streams, unread',
  run: ({ url, tokens }, end) =>
    holdOpen(url, end, 1000, () => ({
      path: '/api/v1/events?from=0',
      token: tokens.viewer,
      headers: { accept: 'text/event-stream' },
    })),
};

export const waiters: Flood = {
  name: '300 who wait for one operation',
  run: ({ url, tokens, operation }, end) =>
    holdOpen(url, end, 300, () => ({
      path: `/api/v1/operations/${operation}`,
      token: tokens.viewer,
      headers: { prefer: 'wait=60' },
    })),
};

export const graphs = asking('the whole graph, 8 at a time', 8, () => '/api/v1/graph');
export const unreadGraphs: Flood = {
  name: 'the whole graph, 100 times, unread',
  run: ({ url, tokens }, end) =>
    holdOpen(url, end, 100, () => ({ path: '/api/v1/graph', token: tokens.viewer })),
};
export const statuses = asking('the whole status, 8 at a time', 8, () => '/api/v1/status');
export const pages = asking(
  'one process of all, 64 at a time',
  64,
  () => '/api/v1/processes?limit=1',
);
