/** A console as a stream of bytes, for whoever only reads: obmd's way. */

import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ViewerSink } from '../console/viewer.ts';
import type { Pass } from '../gate.ts';
import type { Obmd } from '../obmd.ts';

/** What is shown of what was before, bytes. */
const replayBytes = 16 * 1024;

/** Shows the console until either side ends. @throws as `Consoles.attach` does, before anything is sent */
export const streamConsole = async (
  obmd: Obmd,
  pass: Pass,
  principal: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> => {
  const gone = new AbortController();
  const response = reply.raw;
  response.on('close', () => gone.abort());
  const { viewer } = await obmd.consoles.attach(pass, {
    ...{ principal, source: request.ip, mayWrite: false, onSlow: 'cut' },
    from: { back: replayBytes },
    signal: gone.signal,
    sink: sinkOf(response),
  });
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
    if (response.writableLength > 0) response.destroy();
    else if (response.headersSent) response.end();
  },
});
