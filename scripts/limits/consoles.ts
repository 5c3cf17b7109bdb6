/** What consoles of machines keep, for whom. */

import { lineBytesMax } from '../../src/obm/console/reading/lines.ts';
import {
  searchBytesMax,
  searchHitsMax,
  searchTextMax,
} from '../../src/obm/console/reading/search.ts';
import { segmentsMax } from '../../src/obm/console/recording/segment-writer.ts';
import { usualRecording } from '../../src/obm/console/recording/settings.ts';
import { usualSettings, usualViewerLimits } from '../../src/obm/console/settings.ts';
import { bytes, limit, seconds } from './limit.ts';
import type { Limit } from './limit.ts';

const viewers =
  'obm/console/viewers.test.ts: viewers are bounded: of a console, of a principal, and in all';
const searched = 'obm/console/reading.test.ts: a search is bounded, and says where to go on';
const removed =
  'obm/console/recording.test.ts: what is too much for a machine, for all, or too old is removed: the oldest first';
const notKept =
  'obm/console/recording.test.ts: what comes faster than the disk takes it is not kept, and the log says so';

export const ofConsoles: readonly Limit[] = [
  limit('viewers of a console', usualSettings.viewersMax, 'they are refused', viewers),
  limit('consoles that one looks at', usualViewerLimits.perPrincipal, 'refused', viewers),
  limit('viewers of all consoles', usualViewerLimits.inAll, 'they are refused', viewers),
  limit(
    'output of a console that waits for a viewer',
    bytes(usualSettings.unreadMax),
    'the viewer is cut, or has bytes skipped, as he wants',
    'obm/console/viewers.test.ts: one who stands still is cut with what he has missed, and holds nobody up',
  ),
  limit(
    'time that a viewer of a console takes nothing although something waits',
    seconds(usualSettings.standstillMs),
    'he is cut',
    'obm/console/viewers.test.ts: one who takes nothing for a minute although something waits is cut',
  ),
  limit(
    'what is typed and waits for the OBM',
    bytes(usualSettings.typedMax),
    'it is refused',
    'obm/console/viewers.test.ts: what waits to be typed is bounded, and dropped with the right to type it',
  ),
  limit('log of a console', bytes(usualRecording.keepBytes), 'the oldest is removed', removed),
  limit(
    'logs of all consoles',
    bytes(usualRecording.keepBytesInAll),
    'the oldest is removed',
    removed,
  ),
  limit(
    'segments of the log of a console',
    segmentsMax,
    'the oldest is removed',
    'obm/console/recording.test.ts: however small they are, there are only so many segments',
  ),
  limit(
    'output of a console that waits for the disk',
    bytes(usualRecording.waitingMax),
    'it is not kept, and the log says so',
    notKept,
  ),
  limit(
    'output of all consoles that waits for the disk',
    bytes(usualRecording.waitingInAllMax),
    'it is not kept, and the log says so',
    'obm/console/recording.test.ts: what waits for the disk is bounded for all consoles together',
  ),
  limit(
    'files of logs of consoles that are open to be written',
    usualRecording.filesMax,
    'the one that was not used for the longest time is closed',
    'obm/console/recording.test.ts: files are held open by the ones used last, and no more than may be',
  ),
  limit(
    'readers of logs of consoles',
    `${usualRecording.readers.perPrincipal} of one principal, ${usualRecording.readers.inAll} in all`,
    'they are refused',
    'obm/console/reading.test.ts: readers are bounded, in all and of each, and leave when they end',
  ),
  limit('log that one search looks at', bytes(searchBytesMax), 'it says where to go on', searched),
  limit('lines that one search finds', searchHitsMax, 'it says where to go on', searched),
  limit(
    'text that is searched for',
    `${searchTextMax} characters`,
    'it is refused',
    'obm/console/reading.test.ts: 69: a text is found with its time, and the hit leads to its place',
  ),
  limit(
    'line of a log of a console',
    bytes(lineBytesMax),
    'it goes on as another line',
    'obm/console/reading.test.ts: a line without end is bounded',
  ),
];
