/** A console as a stream of bytes, for whoever only reads: obmd's way. */

import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConsoleRight } from '../access/tickets.ts';
import type { VisitRequest } from '../access/visits.ts';
import type { ViewerSink } from '../console/viewer.ts';
import type { Obmd } from '../obmd.ts';
import type { Asker } from '../orders.ts';
import { viewOfQuery } from './console-view.ts';
import type { ConsoleView } from './console-view.ts';
import { cutOff } from './cut-off.ts';

const obmdsView = viewOfQuery({});

/** Shows the console until either side ends. @throws as `Visits.begin` does, before anything is sent */
export const streamConsole = async (
  obmd: Obmd,
  right: ConsoleRight,
  asker: Asker,
  request: FastifyRequest,
  reply: FastifyReply,
  view: ConsoleView = obmdsView,
): Promise<void> => {
  const gone = new AbortController();
  const response = reply.raw;
  response.on('close', () => gone.abort());
  const visit: VisitRequest = {
    ...{ source: request.ip, readOnly: true, onSlow: view.onSlow ?? 'cut', from: view.from },
    ...{ signal: gone.signal, sink: sinkOf(response) },
  };
  const { viewer } = await obmd.access.visits.begin(right, visit, asker);
  response.on('drain', () => viewer.resume());
  reply.hijack();
  // The headers go at once: a machine that says nothing is none that cannot be reached.
  if (!response.headersSent) head(response);
};

const head = (response: ServerResponse): void => {
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  response.flushHeaders();
};

const sinkOf = (response: ServerResponse): ViewerSink => ({
  data: (bytes) => {
    if (!response.headersSent) head(response);
    return response.write(bytes);
  },
  // A plain stream has no place for what is not written by the machine.
  mark: () => undefined,
  role: () => undefined,
  end: () => {
    // What waits to be sent must not arrive any more; where nothing does, the end is a clean one.
    if (response.writableLength > 0) cutOff(response.socket);
    else if (response.headersSent) response.end();
  },
});
