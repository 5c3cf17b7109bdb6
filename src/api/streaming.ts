/** Long answers, sent piece by piece, never faster than the reader takes them. */

import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

const pieceCharacters = 64 * 1024;

/** Joins short pieces: a stream of lines costs a write each. */
function* inPieces(text: Iterable<string>): Generator<string> {
  let piece = '';
  for (const part of text) {
    piece += part;
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

export const streamText = (
  reply: FastifyReply,
  type: string,
  text: Iterable<string>,
): FastifyReply =>
  reply.type(`${type}; charset=utf-8`).send(Readable.from(inPieces(text), { objectMode: false }));

/** Settles when there is room again, or nobody is there any more. */
export const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
