/** How much the station does and keeps for them. */

import { viewersMax as agentViewersMax } from '../../src/agent/output-viewers.ts';
import { ringCharactersMax } from '../../src/api/event-ring.ts';
import { unsentBytesMax } from '../../src/api/event-streams.ts';
import { viewersMax } from '../../src/api/output-streams.ts';
import { stallMs } from '../../src/api/streaming.ts';
import { stepsOfCommand, stepsOfRendering } from '../../src/config/rendering-budget.ts';
import { tokensMax } from '../../src/core/commands/issue-credential.ts';
import { hostsMax } from '../../src/core/commands/room.ts';
import { eventsPerCommit } from '../../src/core/engine.ts';
import { departuresMax } from '../../src/core/graph/evolve/removal.ts';
import { requestLimits } from '../../src/core/graph/indexes/requests.ts';
import { requestMemoryMin } from '../../src/core/graph/remembering.ts';
import {
  campaignMachinesKeptMax,
  campaignMachinesMax,
  campaignsKeptMax,
  campaignsOpenMax,
} from '../../src/core/values/campaigns.ts';
import { connectionsMax, connectionsOfMachineMax } from '../../src/core/values/consoles.ts';
import { ordersKeptMax, ordersWaitingMax } from '../../src/core/values/obm.ts';
import { proceduresKeptMax } from '../../src/core/values/procedures.ts';
import {
  askersMax,
  beginWithinMax,
  beginWithinUsual,
  ordersOfOneMax,
} from '../../src/core/values/queues.ts';
import { machinesMax, projectsMax, projectsOfTokenMax } from '../../src/core/values/projects.ts';
import { stationsMax } from '../../src/core/values/stations.ts';
import { sqliteLogLimits } from '../../src/log/sqlite/limits.ts';
import { heartbeatsPerSecondMax } from '../../src/station/duties/agent-sessions.ts';
import {
  arrivalLimits,
  loadLimits,
  longReadLimits,
  lookLimits,
  lookingLimits,
  obmLimits,
  pastAnswerLimits,
  pastLimits,
  reportLimits,
  streamLimits,
  waitLimits,
} from '../../src/station/fair-use/shares.ts';
import type { ShareLimits } from '../../src/station/fair-use/shares.ts';
import { bytesPace, newsPace } from '../../src/station/obm/follower.ts';
import { keptReadingsBytesMax } from '../../src/station/obm/kept-readings.ts';
import { actorBurstSeconds } from '../../src/station/obm/looks.ts';
import { answerBytesMax, answerMs } from '../../src/station/obm/request.ts';
import { readingBytesMax, readingMs } from '../../src/station/obm/readings.ts';
import { sentEventMax } from '../../src/station/obm/sent-events.ts';
import { pageEffort } from '../../src/station/queries/operation-list.ts';
import { stepsMax } from '../../src/station/queries/why.ts';
import { changesKept } from '../../src/station/queries/changed-hosts.ts';
import { bytes, ends, fast, limit, seconds, tooMany } from './limit.ts';
import type { Limit } from './limit.ts';

const keysBeyond = `the oldest is forgotten, if it is older than ${requestMemoryMin / 60_000} minutes; else 429 \`too-many-keys\``;

const inAll = 'api/shares-in-all.test.ts';

/** @param many what `test/api/shares-in-all.test.ts` calls them */
const shareRows = (
  what: string,
  { each, inAll: most }: ShareLimits,
  many: string,
  test: string,
): readonly Limit[] => [
  limit(`${what}, of one token`, each, tooMany, test),
  limit(
    `${what}, in all`,
    most,
    tooMany,
    `${inAll}: one more than there may be of ${many} is refused`,
  ),
];

export const ofReaders: readonly Limit[] = [
  limit(
    'unsent bytes of one event stream, and one event',
    bytes(unsentBytesMax),
    'the rest waits in the log; a reader that takes nothing for 15 s is let go, and resumes',
    'api/events.test.ts: readers that do not read are let go, take no memory, and slow nobody',
  ),
  limit(
    'events kept at hand for all streams',
    bytes(ringCharactersMax),
    'older ones are read from the log',
    'api/limits.test.ts: so many characters of events are kept at hand, the latest',
  ),
  ...shareRows(
    'event streams, those of operations among them',
    streamLimits,
    'event streams',
    'api/events.test.ts: one more stream than a share is refused, and one that ends makes room',
  ),
  limit(
    'time in which the reader of a long answer takes nothing',
    seconds(stallMs),
    ends,
    'api/long-reads.test.ts: a reader that takes nothing of a long answer is let go',
  ),
  limit(
    'viewers of output, in all',
    viewersMax,
    '503 `too-many-viewers`',
    'api/outputs.test.ts: a viewer too many is refused, and has room when another goes',
  ),
  limit(
    'viewers of output on one host',
    agentViewersMax,
    '503 `too-many-viewers`',
    'agent/output-viewers.test.ts: a viewer too many is refused, and has room when another goes',
  ),
];

const queue =
  'station/commands.test.ts: more commands than may wait: the one too many is refused, all others are kept';
const sizes = 'log/sqlite.test.ts: commits beyond the limits of size';
const steps =
  'config/render.test.ts: a role one step beyond what it may take is refused, with its line';

export const ofCommands: readonly Limit[] = [
  limit(
    'events of one commit',
    eventsPerCommit,
    '422 `too-large`',
    'station/commands.test.ts: one commit holds so many events and no more',
  ),
  limit(
    'one commit, as JSON',
    bytes(sqliteLogLimits.commitCharacters),
    '507 `append-failed`',
    sizes,
  ),
  limit('commits that wait for the disk', sqliteLogLimits.queueCommits, '503 `log-busy`', queue),
  limit(
    'commits that wait for the disk, as JSON',
    bytes(sqliteLogLimits.queueCharacters),
    '503 `log-busy`',
    sizes,
  ),
  limit(
    'heartbeats of all agents a second',
    heartbeatsPerSecondMax,
    'agents are told to beat slower',
    'api/agent-socket.test.ts: many agents are asked to beat slower, so that all together stay below the ceiling',
  ),
  limit(
    'idempotency keys of one token that are remembered',
    requestLimits.each,
    keysBeyond,
    'api/limits.test.ts: idempotency keys are remembered up to a number, of one token and of all',
  ),
  limit(
    'idempotency keys that are remembered, in all',
    requestLimits.inAll,
    keysBeyond,
    'api/limits.test.ts: idempotency keys are remembered up to a number, of one token and of all',
  ),
  limit(
    'hosts',
    hostsMax,
    '409 `too-many-hosts`',
    'core/hosts-max.test.ts: of hosts there are so many, and one that goes makes room',
  ),
  limit(
    'tokens',
    `${tokensMax}, and one for each process`,
    '409 `too-many-tokens`; those that have expired are gone by themselves',
    'api/limits.test.ts: of tokens there are so many, and one that goes makes room',
  ),
  limit(
    'projects',
    projectsMax,
    '409 `too-many-projects`',
    'core/projects.test.ts: of projects there are so many, and one that goes makes room',
  ),
  limit(
    'stations',
    stationsMax,
    '409 `too-many-stations`',
    'core/stations.test.ts: of stations there are so many, and one that goes makes room',
  ),
  limit(
    'machines that one request attaches or detaches',
    machinesMax,
    '400 `invalid-request`',
    'api/projects.test.ts: one request attaches so many machines, and one more is refused',
  ),
  limit(
    'projects that one token is in',
    projectsOfTokenMax,
    '409 `too-many-memberships`, or 400',
    'core/projects.test.ts: a token is in so many projects and no more',
  ),
  limit(
    'processes that could not be stopped and are remembered for a day',
    departuresMax,
    'the oldest is forgotten',
    'core/departures.test.ts: so many that could not be stopped are remembered, the latest',
  ),
  limit(
    'processes of one role in one request',
    10_000,
    '422 `invalid-multiplicity`',
    'api/allocation.test.ts: T08, T09, T10: multiplicity: as many as asked in one commit, 1 if not asked, a number of the role stands',
  ),
  limit('steps of one role on one host', stepsOfRendering, '422 `template-error`, or 400', steps),
  limit(
    'steps of all renderings of one command',
    `${stepsOfCommand.base}, and ${stepsOfCommand.perRendering} for each`,
    '422 `template-error`',
    'config/render.test.ts: all that one command renders has a limit, which grows with how much it is',
  ),
  limit(
    'rows of one page',
    10_000,
    '400 `invalid-request`',
    'api/bad-input.test.ts: JSON of the wrong shape: the field is named',
  ),
];

export const ofReads: readonly Limit[] = [
  limit(
    'changes of hosts that a station remembers for `status?since=`, from its start on',
    changesKept,
    'the answer is the whole status',
    'station/changed-hosts.test.ts: what changed is known or not, and never wrong, when little is remembered',
  ),
  ...shareRows(
    'requests that wait (`Prefer: wait`)',
    waitLimits,
    'waits',
    'station/operation-waits.test.ts: one token waits so often and not once more; a closed connection makes room',
  ),
  ...shareRows(
    'requests that look at an operation and do not wait',
    lookLimits,
    'looks at operations',
    'station/operation-waits.test.ts: one token looks at so many operations and not at one more',
  ),
  ...shareRows(
    'requests that wait for a revision (`at_least`)',
    arrivalLimits,
    'requests that wait for a revision',
    'api/at-least.test.ts: one more that waits for a revision than a share is refused',
  ),
  ...shareRows(
    'reads of the past (`at`) that are not at hand',
    pastLimits,
    'reads of the past',
    'station/history.test.ts: one more than a share of the past is refused, and what is at hand is not',
  ),
  ...shareRows(
    'long answers about the past that are being sent',
    pastAnswerLimits,
    'long answers about the past',
    'api/long-reads.test.ts: one more long answer about the past than a share is refused',
  ),
  ...shareRows(
    'requests about OBMs that wait for an OBM daemon, or for each other',
    obmLimits,
    'requests about OBMs',
    'station/obms.test.ts: one token has so many requests about OBMs under way and not one more',
  ),
  limit(
    'an answer of an OBM daemon',
    `${bytes(answerBytesMax)}, within ${seconds(answerMs)}`,
    '502 `obmd-failed`, 504 `obmd-silent`',
    'station/obms.test.ts: a daemon that says too much, or nothing, is not listened to',
  ),
  limit(
    'what an OBM tells that is asked for sensors, events or parts',
    `${bytes(readingBytesMax)}, within ${seconds(readingMs)}`,
    'what was read before is told, and why it was not read anew',
    'station/obm-readings.test.ts: no request waits for an OBM that hangs, unless it would',
  ),
  limit(
    'what OBMs told last, of all machines',
    bytes(keptReadingsBytesMax),
    'what nobody has looked at longest is forgotten',
    'station/kept-readings.test.ts: of what does not fit, what nobody has looked at longest goes',
  ),
  limit(
    'looks of one kind at one OBM',
    'one at a time, and none within `obm_refresh_interval` (vars) after it',
    'whoever asks gets what the last one saw',
    'station/obm-observed.test.ts: a thousand who want a look cause one',
  ),
  limit(
    'orders and looks at OBMs that one token sets off',
    `${actorBurstSeconds} times \`obm_actor_rate\` (vars) at once, then \`obm_actor_rate\` a second`,
    '429 `too-many-requests`; what is only stale is told, and not looked at',
    'station/obm-observed.test.ts: one token sets off so many orders and looks, and others theirs',
  ),
  limit(
    'orders and looks that are begun in one management network',
    '`obm_network_rate` (vars) at once, then so many a second; 64 at a time',
    'they wait at the daemon, looks behind orders',
    'obm/pacing.test.ts: so many are begun in one network in a second, orders before looks',
  ),
  limit(
    'looks at OBMs that are under way behind requests',
    `${lookingLimits.each} of one token, ${lookingLimits.inAll} in all`,
    'what is known is told, and not looked at',
    'station/looks.test.ts: no more looks are under way than may be, and what is asked is answered all the same',
  ),
  limit(
    'what an OBM daemon tells of its machines',
    `${fast(newsPace)}; and of bytes ${bytes(bytesPace.burst)}, then ${bytes(bytesPace.perSecond)} a second`,
    'the rest waits at the daemon',
    'station/obm-news-floods.test.ts: a daemon that floods is listened to so fast and no faster',
  ),
  limit(
    'one thing that an OBM daemon tells',
    `${sentEventMax / 1024} Ki characters`,
    'the daemon is left, and asked again after 1 s, then later and later, up to 60 s',
    'station/obm-news-floods.test.ts: daemons that talk nonsense cost a try now and then, and others are heard',
  ),
  limit(
    'orders of one machine that wait or are under way',
    ordersWaitingMax,
    '429 `too-many-orders`',
    'core/obm-orders.test.ts: 37: so many orders wait for one machine and not one more',
  ),
  limit(
    'orders that one has under way, of all machines',
    ordersOfOneMax,
    '429 `too-many-orders-of-one`',
    'core/machine-queues.test.ts: one who orders has so much under way and no more',
  ),
  limit(
    'who are remembered to have asked for an order before it was begun',
    askersMax,
    'the next one has an order of his own',
    'core/machine-queues.test.ts: so many join one order, and the next one has his own',
  ),
  limit(
    'for how long what was ordered of a machine waits for its turn',
    `${beginWithinUsual} s, or as was said, up to ${beginWithinMax} s`,
    'it fails: not begun in time',
    'core/machine-queues.test.ts: what has not had its turn in time has failed, and is not sent',
  ),
  limit(
    'machines of one campaign',
    campaignMachinesMax,
    '422 `too-many-machines`',
    'core/campaigns.test.ts: what is kept of campaigns is bounded',
  ),
  limit(
    'campaigns that have not ended',
    campaignsOpenMax,
    '429 `too-many-campaigns`',
    'core/campaigns.test.ts: what is kept of campaigns is bounded',
  ),
  limit(
    'campaigns that have ended and are remembered',
    `${campaignsKeptMax}, as long as they are about ${campaignMachinesKeptMax} machines`,
    'the oldest is forgotten; its events stay',
    'core/campaigns.test.ts: what is kept of campaigns is bounded',
  ),
  limit(
    'reinstalls and releases of one machine that have ended and are remembered',
    proceduresKeptMax,
    'the oldest is forgotten; its events stay',
    'core/procedures.test.ts: of those that have ended the latest are remembered',
  ),
  limit(
    'orders of one machine that have ended and are remembered',
    ordersKeptMax,
    'the oldest is forgotten; its events stay',
    'core/obm-orders.test.ts: of those that have ended the latest are remembered',
  ),
  limit(
    'console connections of one machine, and of all',
    `${connectionsOfMachineMax}, ${connectionsMax}`,
    'those that nobody is in by give way; else 409 `too-many-connections`',
    'core/console-connections.test.ts: so many connections of one machine, and in all, and not one more',
  ),
  ...shareRows(
    'loads and their dry runs',
    loadLimits,
    'loads',
    'station/loads.test.ts: one load more than a token may have under way is refused',
  ),
  limit(
    'reports of many hosts (`POST /facts`), of one token',
    reportLimits.each,
    tooMany,
    'api/reports-of-hosts.test.ts: one report of many hosts more than a share is refused, of a token and of all',
  ),
  limit(
    'reports of many hosts, in all',
    reportLimits.inAll,
    tooMany,
    'api/reports-of-hosts.test.ts: one report of many hosts more than a share is refused, of a token and of all',
  ),
  ...shareRows(
    'long reads: reasons, pages of events, lists, the graph',
    longReadLimits,
    'long reads',
    'api/long-reads.test.ts: one more than a share of long reads is refused, whatever they are',
  ),
  limit(
    'commits told by `why`',
    stepsMax,
    'the first and the latest are told',
    'api/events.test.ts: why tells the first commit and the latest, where there are too many',
  ),
  limit(
    'what one page of operations looks at',
    `${pageEffort.commits} commits, ${pageEffort.processes} processes`,
    'the page has what was found by then, and the next one goes on',
    'station/operation-list.test.ts: a page ends where it has looked at much, and the next one goes on',
  ),
];
