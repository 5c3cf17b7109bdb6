/** Long answers, sent piece by piece, made in fair turns and never faster than the reader takes them. */

import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Asker } from '../station/fair-use/long-reads.ts';
import type { Turn } from '../station/fair-use/turns.ts';
import type { Station } from '../station/station.ts';

const pieceCharacters = 64 * 1024;
/** A reader that takes nothing from one look to the next is let go, ms. */
export const stallMs = 15_000;

/** Joins short pieces: a stream of lines costs a write each. What is empty only gives others a turn. */
async function* inPieces(text: Iterable<string>, turn: Turn): AsyncGenerator<string> {
  let piece = '';
  for (const part of text) {
    piece += part;
    if (turn.isOver) await turn.next();
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/**
 * Sends a text that is being made, as one of the long reads.
 *
 * @param done called once, however it ends
 * @throws {ShareExceededError} too many long reads are under way
 */
export const streamText = async (
  station: Station,
  reply: FastifyReply,
  asker: Asker,
  type: string,
  text: Iterable<string>,
  done: () => void,
  stall = stallMs,
): Promise<FastifyReply> => {
  let turn: Turn;
  try {
    turn = await station.longReads.begin(asker, reply.raw);
  } catch (error) {
    done();
    throw error;
  }
  reply.raw.once('close', done);
  letGoOfStalled(reply.raw, stall);
  const pieces = Readable.from(inPieces(text, turn), { objectMode: false });
  return reply.type(`${type}; charset=utf-8`).send(pieces);
};

const letGoOfStalled = (response: ServerResponse, ms: number): void => {
  let isStalled = false;
  const look = setInterval(() => {
    if (isStalled) return response.destroy();
    isStalled = response.writableNeedDrain;
  }, ms);
  response.on('drain', () => (isStalled = false));
  response.once('close', () => clearInterval(look));
};

/** Settles when there is room again, or nobody is there any more. */
export const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
