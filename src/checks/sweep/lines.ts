/** Lines of JSON from a stream. */

import type { Readable } from 'node:stream';

/**
 * @param take is called with each line, without its end
 * @param most bytes of a line
 * @param tooLong is called once where a line is longer; nothing is read then
 */
export const readLines = (
  stream: Readable,
  take: (line: string) => void,
  { most, tooLong }: { most: number; tooLong: () => void },
): void => {
  let parts: Buffer[] = [];
  let length = 0;
  let isOver = false;
  stream.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0 && !isOver; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      from = end + 1;
      const line = Buffer.concat(parts).toString('utf8');
      [parts, length] = [[], 0];
      take(line);
    }
    if (isOver || from === chunk.length) return;
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length <= most) return;
    isOver = true;
    parts = [];
    tooLong();
  });
};
