/** Reads the stream of what a process writes. */

import { requestOf } from './calls.ts';
import { UnreachableError } from './errors.ts';
import type { Transport } from './transport.ts';
import type { RequestOptions } from './types.ts';

export interface OutputOptions extends RequestOptions {
  /** Begin with so many lines of each stream; absent: all that are kept. */
  readonly lines?: number | undefined;
  /** Go on with what is written later. */
  readonly follow?: boolean | undefined;
  /** Only this one; absent: both. */
  readonly stream?: 'stdout' | 'stderr' | undefined;
}

export type OutputPiece =
  | { readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array }
  /** What happened to the process there and then. */
  | { readonly note: string };

/** The output broke off: there is more than what came. */
export class OutputBroken extends Error {
  override readonly name = 'OutputBroken';
  /** `gone`: the agent was lost; `station`: the station stopped; `revoked`, `unreadable`, `connection`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Line =
  | { readonly stream: 'stdout' | 'stderr'; readonly data: string }
  | { readonly note: string }
  | { readonly end: string; readonly message: string };

/** By hand, because this runs in browsers too. */
const bytesOf = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** A line holds one piece, which is far smaller. */
const lineMax = 1024 * 1024;

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineMax) throw new OutputBroken('connection', 'the answer makes no sense');
    for (const line of lines) if (line !== '') yield line;
  }
}

/**
 * The output of a process, as it comes. Nothing is fetched that nobody asks the generator for.
 *
 * @throws OutputBroken where it ends early; what a station refuses is an `ApiError` as everywhere
 */
export async function* readOutput(
  transport: Transport,
  fid: string,
  { lines, follow, stream, signal }: OutputOptions,
): AsyncGenerator<OutputPiece> {
  const left = new AbortController();
  const { body } = await transport.open({
    ...requestOf('output', [fid, { lines, follow, stream }]),
    headers: { accept: 'application/x-ndjson' },
    signal: signal === undefined ? left.signal : AbortSignal.any([left.signal, signal]),
  });
  try {
    for await (const text of linesOf(body)) {
      const line = JSON.parse(text) as Line;
      if ('note' in line) yield line;
      else if ('stream' in line) yield { stream: line.stream, data: bytesOf(line.data) };
      else if (line.end === 'done') return;
      else throw new OutputBroken(line.end, line.message);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof OutputBroken || error instanceof UnreachableError) throw error;
    throw new OutputBroken('connection', 'the connection to the station broke');
  } finally {
    // Also when the caller has had enough.
    left.abort();
  }
  throw new OutputBroken('connection', 'the connection to the station broke');
}
