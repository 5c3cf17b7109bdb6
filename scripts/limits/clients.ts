/** How much clients may send, how fast, and over how many connections. */

import { maxHeaderSize } from 'node:http';
import { admissionPaces, turnMsMax } from '../../src/api/admission.ts';
import { linksMax, linksOfTokenMax } from '../../src/api/following/leader-link.ts';
import { unknownTokenMs, unknownTokenPaces } from '../../src/api/following/unknown-tokens.ts';
import { factsPace } from '../../src/api/agent-facts.ts';
import { flowLimits } from '../../src/api/agent-flow.ts';
import { messagesOfTokenPace, messagesPace } from '../../src/api/agent-paces.ts';
import { connectionLimits, lingerMs, usualPatience } from '../../src/api/connections.ts';
import { nestingMax } from '../../src/api/nesting.ts';
import { reportedHostsMax, reportOfHostsBytesMax } from '../../src/contract/hosts.ts';
import { loadBytesMax } from '../../src/contract/load.ts';
import { reportBytesMax } from '../../src/contract/owned.ts';
import { bodyBytesMax } from '../../src/api/server.ts';
import { unreadBytesInAllMax } from '../../src/api/unread-bytes.ts';
import { uploadBytesMax } from '../../src/api/uploads.ts';
import { agentMessageBytesMax } from '../../src/contract/agent-protocol.ts';
import { instanceLengthMax, instancesMax } from '../../src/core/values/instance.ts';
import { bytes, ends, fast, limit, seconds, tooMany } from './limit.ts';
import type { Limit } from './limit.ts';

const tooLarge = '413 `body-too-large`';
const late = `they wait, ${seconds(turnMsMax)} at most; then ${tooMany}`;

const bodies = 'api/limits.test.ts: a body of exactly its limit is taken, and one byte more is not';
const shares = 'api/limits.test.ts: a token has its share of connections, and one more is refused';
const paces = 'api/limits.test.ts: what comes at once has an end, for each who asks and for all';

export const ofBodies: readonly Limit[] = [
  limit('body of a request', bytes(bodyBytesMax), tooLarge, bodies),
  limit(
    'levels of lists and objects in a body',
    nestingMax,
    '400 `invalid-request`',
    'api/bad-input.test.ts: a body that is nested deeper than anything needs',
  ),
  limit(
    'body of `POST /load`',
    bytes(loadBytesMax),
    tooLarge,
    'api/bad-input.test.ts: a body of 10 MiB',
  ),
  limit(
    'body of `PUT /processes/{fid}/state` and `/lease`',
    bytes(reportBytesMax),
    tooLarge,
    bodies,
  ),
  limit(
    'name of a run of a process (`instance`)',
    `${instanceLengthMax} characters`,
    '400',
    'api/limits.test.ts: the name of a run is as long as it may be, and no longer',
  ),
  limit(
    'runs that a process is known by',
    instancesMax,
    'the oldest is forgotten; a report of it counts as of a new one',
    'core/instances.test.ts: so many runs are known, and no more are kept',
  ),
  limit('body of `PUT /hosts/{fqdn}/facts`', bytes(agentMessageBytesMax), tooLarge, bodies),
  limit('body of `POST /facts`', bytes(reportOfHostsBytesMax), tooLarge, bodies),
  limit(
    'hosts of one `POST /facts`',
    reportedHostsMax,
    '400 `invalid-request`',
    'api/reports-of-hosts.test.ts: so many hosts are reported at once, and no more',
  ),
  limit(
    'bodies over 64 KiB that are being received, in all',
    bytes(uploadBytesMax),
    tooMany,
    'api/connections.test.ts: bodies on their way have room for so many bytes in all',
  ),
  limit(
    'headers of a request',
    bytes(maxHeaderSize),
    `431, and ${ends}`,
    'api/limits.test.ts: headers that are too long end their connection',
  ),
];

export const ofConnections: readonly Limit[] = [
  limit(
    'time for the headers of a request, and for the first of a connection',
    seconds(usualPatience.headersMs),
    `408, and ${ends}`,
    'api/connections.test.ts: headers that drip, and a connection that says nothing, are cut',
  ),
  limit(
    'time for a whole request',
    seconds(usualPatience.requestMs),
    `408, and ${ends}`,
    'api/connections.test.ts: a body that drips under a good token is cut when its time is over',
  ),
  limit(
    'time for the rest of a request that was refused',
    seconds(lingerMs),
    ends,
    'api/connections.test.ts: a body that is larger than its route takes is not awaited either',
  ),
  limit(
    'time for a TLS handshake',
    seconds(usualPatience.handshakeMs),
    ends,
    'api/connections.test.ts: a TLS handshake that never ends is cut',
  ),
  limit(
    'connections, in all',
    connectionLimits.inAll,
    'a new one ends, unless it comes from the same machine',
    'api/limits.test.ts: of connections in all there are so many, and one more for the own machine',
  ),
  limit(
    'connections that have shown no valid token',
    connectionLimits.strangers,
    'the oldest of them ends',
    'api/connections.test.ts: who opens connections and shows no token keeps nobody out',
  ),
  limit(
    'of these, from one address (of IPv6: from one /64) that is another machine’s',
    `${connectionLimits.strangersOfAddress}, or \`--unproven-per-address\``,
    'the oldest of that address ends',
    'api/limits.test.ts: one address has its share of connections without a token',
  ),
  limit(
    'connections of the token of a process',
    connectionLimits.ofToken.process!,
    tooMany,
    shares,
  ),
  limit('connections of the token of a viewer', connectionLimits.ofToken.viewer!, tooMany, shares),
  limit(
    'connections of the token of an operator',
    connectionLimits.ofToken.operator!,
    tooMany,
    shares,
  ),
  limit('connections of the token of a member', connectionLimits.ofToken.member!, tooMany, shares),
  limit(
    'connections of the token of the agent of one host',
    connectionLimits.ofHost,
    tooMany,
    shares,
  ),
  limit(
    'connections of the token of agents of any host',
    connectionLimits.ofToken.agent!,
    tooMany,
    shares,
  ),
  limit(
    'connections of the token of the agent of a host that was removed',
    connectionLimits.ofToken.retired!,
    tooMany,
    shares,
  ),
];

const { process, littleOfProcess, littleOfProcesses, muchOfProcesses, host, agents, strangers } =
  admissionPaces;

const unknown =
  'api/following/unknown-tokens.test.ts: the leader is asked about made-up tokens at a pace, and about no others';
const links =
  'api/following/leader-link.test.ts: one token has so many connections to the leader, and all have so many';

export const ofRequests: readonly Limit[] = [
  limit('requests of the token of a process', fast(process), late, paces),
  limit(
    'what of them is little, and does not wait behind what is much',
    fast(littleOfProcess),
    'it counts as much',
    'api/fair-use.test.ts: a process that asks little is not behind those that ask much',
  ),
  limit('little of the tokens of all processes', fast(littleOfProcesses), late, paces),
  limit('much of the tokens of all processes', fast(muchOfProcesses), late, paces),
  limit('requests of the token of the agent of one host', fast(host), late, paces),
  limit('requests of the token of agents of any host', fast(agents), late, paces),
  limit(
    'hosts in `POST /facts` of the token of agents of any host',
    fast(admissionPaces.reportedHosts),
    late,
    'api/reports-of-hosts.test.ts: hosts that one token reports too fast wait, and then are refused',
  ),
  limit(
    'answers to requests without a valid token, in all',
    fast(strangers),
    `they come later, by ${seconds(turnMsMax)} at most`,
    'api/fair-use.test.ts: answers to those without a token are slow when there are very many, and come',
  ),
  limit(
    'tokens that a station which follows does not know and asks the leader about, from one address',
    fast(unknownTokenPaces.ofAddress),
    tooMany,
    unknown,
  ),
  limit('these in all', fast(unknownTokenPaces.inAll), tooMany, unknown),
  limit(
    'time until it is known what such a token is',
    seconds(unknownTokenMs),
    '503 `no-leader`, or 504 `revision-not-reached`',
    'api/following/unknown-tokens.test.ts: what the log does not bring in time is no wrong token',
  ),
  limit(
    'requests of one token that a station which follows has with the leader',
    linksOfTokenMax,
    'the next wait for one of them',
    links,
  ),
  limit('these of all tokens', linksMax, 'the next wait for one of them', links),
];

const unread =
  'api/agent-floods.test.ts: an agent that does not read what it is told is cut, after a while or at once';
const messages =
  'api/agent-floods.test.ts: messages that come too fast are read later, and reports while few wait';

export const ofAgents: readonly Limit[] = [
  limit(
    'message of an agent',
    bytes(agentMessageBytesMax),
    'the connection ends with 1009',
    'api/agent-socket.test.ts: what is not of the protocol ends the connection',
  ),
  limit('messages of the agent of one host', fast(messagesPace), 'they are read later', messages),
  limit(
    'messages of all agents that have one token for any host',
    fast(messagesOfTokenPace),
    'they are read later',
    'api/agent-floods.test.ts: agents with one token have a pace together, an administrator has none',
  ),
  limit(
    'reports of the facts of one host',
    fast(factsPace),
    'the latest wins, and is the answer to all before it',
    'api/agent-floods.test.ts: facts that change all the time are taken at a steady pace, the latest wins',
  ),
  limit(
    'reports of one agent that wait for their answer',
    flowLimits.reports,
    'the next are read later',
    messages,
  ),
  limit(
    'unread bytes of one agent',
    bytes(flowLimits.unreadBytes),
    'it is not read until it has read them',
    'api/agent-floods.test.ts: an agent that reads no answers is not read either',
  ),
  limit(
    'unread bytes of one agent, at the very most',
    bytes(flowLimits.unreadBytesMax),
    ends,
    unread,
  ),
  limit(
    'unread bytes of all agents',
    bytes(unreadBytesInAllMax),
    'the connection with the most of them ends',
    'api/agent-floods.test.ts: of what all agents have not read there is an end: who has most is cut',
  ),
  limit(
    'time in which an agent must read something of them',
    seconds(flowLimits.unreadMs),
    ends,
    unread,
  ),
];
