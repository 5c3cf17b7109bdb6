/** Reads `text/event-stream` (the WHATWG's server-sent events). */

export interface StreamMessage {
  /** The last id said so far; empty where none was. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** A single message may not be larger; a station's events are far smaller. Characters. */
const messageMax = 16 * 1024 * 1024;

/**
 * The messages of a stream. Comments and messages without data yield nothing, but count as a sign
 * of life, which is what `onBytes` is told of.
 */
export async function* readEventStream(
  bytes: AsyncIterable<Uint8Array>,
  onBytes: () => void = () => undefined,
): AsyncGenerator<StreamMessage> {
  const decoder = new TextDecoder();
  let rest = '';
  let id = '';
  let event = '';
  let data: string[] = [];
  for await (const chunk of bytes) {
    onBytes();
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > messageMax) throw new RangeError('a message of the event stream is too long');
    // A CR at the end may be half of a CRLF: it waits for what follows.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') };
        event = '';
        data = [];
        continue;
      }
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'data') data.push(value);
      else if (name === 'event') event = value;
      else if (name === 'id' && !value.includes('\0')) id = value;
    }
  }
}
