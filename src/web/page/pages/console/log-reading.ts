/** The log of a console, read through the station: line by line, as the OBM daemon has it. */

import type { ProblemDetails } from '../../../../client/types.ts';
import { ApiError } from '../../../../client/errors.ts';
import { pageFetch, station } from '../../state/station.ts';
import { consoleUrl, leave, ticketIn } from './admission.ts';

/** As the daemon takes it (docs/consoles.md). */
export type LogQuery = Readonly<Record<string, string>>;

/** Characters of one line: 8 KiB of a console, each byte of it in six perhaps. */
const lineMax = 256 * 1024;

/**
 * Lines of the answer. Whoever has enough leaves the loop.
 *
 * @throws {ApiError} it may not be read, or not now
 */
export async function* readLog(
  fqdn: string,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { id, url } = await station.openConsole(fqdn, { purpose: 'log' }, { signal });
  const enough = new AbortController();
  try {
    const answer = await pageFetch(consoleUrl(fqdn, 'log', { ...query, ticket: ticketIn(url) }), {
      signal: AbortSignal.any([signal, enough.signal]),
    });
    if (!answer.ok) throw new ApiError((await answer.json()) as ProblemDetails);
    if (answer.body) yield* linesIn(answer.body);
  } finally {
    enough.abort();
    void leave(fqdn, id);
  }
}

async function* linesIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineMax) throw new Error('the log makes no sense: a line without an end');
    for (const line of lines) if (line !== '') yield line;
    if (!done) continue;
    if (rest !== '') yield rest;
    return;
  }
}
