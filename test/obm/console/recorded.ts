/** Logs of consoles in a directory of the test's own. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { linesOf } from '../../../src/obm/console/reading/lines.ts';
import { readLog } from '../../../src/obm/console/reading/read-log.ts';
import type { LogItem, LogRange } from '../../../src/obm/console/reading/read-log.ts';
import type { Recording } from '../../../src/obm/console/recording/recording.ts';
import { Recordings } from '../../../src/obm/console/recording/recordings.ts';
import type { Trouble } from '../../../src/obm/console/recording/recordings.ts';
import { usualRecording } from '../../../src/obm/console/recording/settings.ts';
import type { RecordingSettings } from '../../../src/obm/console/recording/settings.ts';
import { systemTime } from '../../../src/obm/time.ts';
import type { Time } from '../../../src/obm/time.ts';

export const temporary = (t: Test): string => {
  const directory = mkdtempSync(join(tmpdir(), 'halcyon-consoles-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

interface Opened {
  readonly recordings: Recordings;
  readonly directory: string;
  /** What was said of the disk, in order. */
  readonly troubles: (Trouble | null)[];
}

interface Wanted {
  readonly directory?: string;
  readonly settings?: Partial<RecordingSettings>;
  readonly time?: Time;
}

export const openRecordings = async (
  t: Test,
  { directory = temporary(t), settings, time = systemTime }: Wanted = {},
): Promise<Opened> => {
  const troubles: (Trouble | null)[] = [];
  const recordings = await Recordings.open({
    ...{ directory, time, settings: { ...usualRecording, ...settings } },
    trouble: (trouble) => troubles.push(trouble),
  });
  t.teardown(() => recordings.close());
  return { recordings, directory, troubles };
};

/** Writes bytes as a console does, one after the other, each in memory of its own. */
export class Writing {
  #position: number;
  readonly #recording: Recording;
  readonly #time: Time;

  constructor(recording: Recording, time: Time = systemTime) {
    this.#recording = recording;
    this.#position = recording.origin;
    this.#time = time;
  }

  get position(): number {
    return this.#position;
  }

  say(text: string | Buffer): void {
    const bytes = Buffer.from(text);
    this.#recording.data(bytes, this.#position, this.#time.now());
    this.#position += bytes.length;
  }

  mark(text: string): void {
    const at = this.#time.now();
    this.#recording.mark({ kind: 'power', at, position: this.#position, text });
  }
}

export const reader = { principal: 'alice', right: 't1', signal: new AbortController().signal };

export const itemsOf = async (recording: Recording, range: LogRange = {}): Promise<LogItem[]> => {
  const items: LogItem[] = [];
  for await (const item of readLog(recording, range, reader)) items.push(item);
  return items;
};

export const bytesOf = async (recording: Recording, range: LogRange = {}): Promise<Buffer> =>
  Buffer.concat(
    (await itemsOf(recording, range)).flatMap((item) => (item.kind === 'data' ? [item.bytes] : [])),
  );

/** In order: what was written, and what stood between, as `<kind>`. */
export const storyOf = async (recording: Recording, range: LogRange = {}): Promise<string> =>
  (await itemsOf(recording, range))
    .map((item) => (item.kind === 'data' ? item.bytes.toString('latin1') : `<${item.marker.kind}>`))
    .join('');

export const textsOf = async (recording: Recording, range: LogRange = {}): Promise<string[]> => {
  const texts: string[] = [];
  for await (const line of linesOf(readLog(recording, range, reader)))
    if (line.kind === 'line') texts.push(line.text);
  return texts;
};
