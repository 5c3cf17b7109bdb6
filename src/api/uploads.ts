/** Bodies on their way to the station: so many bytes in all, whoever sends them. */

import type { onRequestHookHandler } from 'fastify';
import { ApiError } from './errors.ts';

/** Bytes of all larger bodies that are being received. */
export const uploadBytesMax = 256 * 1024 * 1024;
/** Bytes of a body that is too small to count: the limits of connections bound these. */
const smallBytes = 64 * 1024;

/** Refuses a body that there is no room for, before any of it is read. */
export const admitUploads = (bytesMax = uploadBytesMax): onRequestHookHandler => {
  let underWay = 0;
  return (request, _reply, done) => {
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
    if (length === undefined && coding === undefined) return done();
    const declared = coding === undefined ? Number(length) : Infinity;
    if (declared <= smallBytes) return done();
    const bytes = Math.min(declared, request.routeOptions.bodyLimit);
    if (underWay + bytes > bytesMax)
      return done(
        new ApiError(
          'too-many-requests',
          'the station is receiving as much as it has room for; send it again in a moment',
          { retryAfter: 5 },
        ),
      );
    underWay += bytes;
    request.raw.once('close', () => {
      underWay -= bytes;
    });
    done();
  };
};
