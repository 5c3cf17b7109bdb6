/** Writes lines to the log of a console until it is killed; says how many it has written. */

import { Recordings } from '../../../src/obm/console/recording/recordings.ts';
import { usualRecording } from '../../../src/obm/console/recording/settings.ts';
import { systemTime } from '../../../src/obm/time.ts';

const recordings = await Recordings.open({
  directory: process.argv[2]!,
  time: systemTime,
  settings: { ...usualRecording, segmentBytes: 100_000, flushMs: 5 },
  trouble: () => undefined,
});
const recording = await recordings.record('n1', 1);
let [position, count] = [recording.origin, 0];
for (let round = 1; ; round += 1) {
  for (let i = 0; i < 50; i += 1) {
    const bytes = Buffer.from(`line ${count++}\r\n`);
    recording.data(bytes, position, systemTime.now());
    position += bytes.length;
  }
  await recording.flush();
  if (round === 400) process.stdout.write(`${count}\n`);
}
