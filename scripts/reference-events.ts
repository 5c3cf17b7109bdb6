/** Writes docs/events.md from the catalogue of events. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '../src/core/events/catalogue.ts';
import type { EventType } from '../src/core/events/catalogue.ts';
import { checkEvents } from '../src/core/events/checks.ts';
import { clusterEvents } from '../src/core/events/cluster.ts';
import { credentialEvents } from '../src/core/events/credentials.ts';
import { grantEvents } from '../src/core/events/grants.ts';
import { hostReturnEvents } from '../src/core/events/host-return.ts';
import { hostEvents } from '../src/core/events/hosts.ts';
import { consoleConnectionEvents } from '../src/core/events/console-connections.ts';
import { campaignEvents } from '../src/core/events/campaigns.ts';
import { maintenanceEvents } from '../src/core/events/maintenance.ts';
import { obmNewsEvents } from '../src/core/events/obm-news.ts';
import { obmOrderEvents } from '../src/core/events/obm-orders.ts';
import { procedureEvents } from '../src/core/events/procedures.ts';
import { obmEvents } from '../src/core/events/obms.ts';
import { processEvents } from '../src/core/events/processes.ts';
import { projectEvents } from '../src/core/events/projects.ts';
import { removalEvents } from '../src/core/events/removal.ts';
import { requestEvents } from '../src/core/events/requests.ts';
import { policyEvents } from '../src/core/events/policy.ts';
import { stationEvents } from '../src/core/events/stations.ts';
import { userEvents } from '../src/core/events/users.ts';
import { wantedEvents } from '../src/core/events/wanted.ts';
import { rebootEvents } from '../src/core/events/reboots.ts';
import { recoveryEvents } from '../src/core/events/recovery.ts';

export const eventsPath = join(import.meta.dirname, '..', 'docs', 'events.md');

/** What each event says happened; one sentence. */
const meanings: Readonly<Record<EventType, string>> = {
  ClusterNamed: 'Facts were loaded for a cluster of this name for the first time.',
  EnclosureDeclared: 'Facts name an enclosure, or put it elsewhere.',
  ProjectDeclared: 'Facts lend a host to a project that was not known.',
  PoolDeclared: 'Facts name a pool, or change it. It keeps its fid.',
  ProfileDeclared:
    'Facts name a profile, or change it. The first one’s fid is what processes are told.',
  RoleDefined: 'A role was loaded, or loaded with another text.',
  VarSet: 'A setting of the cluster got a value.',
  ClusterReset:
    'An operator reset the cluster: nothing is wanted any more, and what was given up may be tried anew.',
  DeclarationWithdrawn: 'A load that prunes removed something that facts or roles declared once.',
  RequestsForgotten:
    'Idempotency keys passed their 24 hours; an equal request is a new one from now on.',
  HostDeclared: 'Facts name a host, or say something else of it than before.',
  HostRemovalOrdered:
    'Operators want a host to leave. It goes when its node has gone, and gets no process until then.',
  HostRemoved:
    'A host left, and the tokens of its agent with it. A later report under its name makes a new host.',
  HostRenamed:
    'A machine got another name. The host, its node, its processes and the tokens of its agent are the same.',
  HostRegistered: 'A host that no facts name became known: by its agent, or by an operator.',
  ObmDeclared: 'Facts name the out-of-band manager of a host, or change it.',
  NodeUp: 'The agent of a host reported: it is up, and this is what the host is like now.',
  NodeDown: 'The agent of a host was silent for longer than the keepalive timeout.',
  RecoveryPolicyDeclared:
    'Facts say what is done about a host that is lost, or (`fqdn` null) about every host of which nothing else is said. Null steps: nothing else is said any more.',
  RecoveryStarted:
    'A host was lost; when it is still away at a time, the first attempt to recover it is made.',
  RecoveryAttempted: 'An attempt to recover a host was made, and when the next one follows.',
  RecoveryStepBegun:
    'A step of the recovery of a host is about to be carried out. It is in the log before anything is done.',
  RecoveryStepEnded:
    'A step of the recovery of a host has ended, and how. `interrupted`: the station ended before it, which is all that is known.',
  MaintenanceBegun:
    'Somebody works on a host: nothing recovers it until then, or until it is said to be over. Said again, it replaces what was said before.',
  MaintenanceEnded:
    'Nobody works on a host any more. `asked`: somebody has said so; `expired`: its time was over. Where it is down, its recovery begins.',
  RecoveryExhausted:
    'A host was given up: it stays down, and nothing is done about it, until its agent reports.',
  ChecksChanged:
    'Checks have confirmed that a machine is otherwise than it was, by as many looks as it takes. Looks that find the same are no events.',
  NoteAdded:
    'Somebody has written something down about a machine. The last 20 of each are shown with it; the log has all.',
  HostClaimRefused:
    'Another machine reported under the name of a host whose own agent is alive, and was refused.',
  DeclaredRoleAllocated: 'The processes of a role that facts give to a host were added.',
  DeclaredRoleWanted:
    'Facts were loaded that declare a role of which the host lacks processes, because they were removed: they are added again.',
  DeclaredRoleBlocked:
    'The processes of a role that facts give to a host could not be added, and why.',
  NodeAdded: 'A host became a node, because its first process was added.',
  SpecRendered:
    'A process template was rendered to something no process had before. Processes that are alike share it.',
  ProcessAdded:
    'A process was added. Everything that was allocated for it is recorded, so replay never allocates.',
  ProcessStateChanged: 'A process is in another state, or in the same one for another reason.',
  ProcessStarting:
    'A managed process is to be started. Its agent is told; reports about earlier generations are ignored from now on.',
  ProcessRunning: 'The agent of a managed process has executed it, or found it running.',
  ProcessLeased:
    'The owner of an independent process has to be heard from within this time, again and again; else it is failed and removed.',
  ProcessInstanceBegan:
    'A run of an independent process named itself. What runs before it still say is refused from now on.',
  ProcessRetryScheduled:
    'A managed process did not run as it should and is started again at a time; until then it is not to run.',
  ProcessStopOrdered: 'A managed process is to be stopped. Its agent is told.',
  DeadlinePostponed:
    'A time limit came while the host was down or its agent away, when nobody knows what the process does; it is looked at again later.',
  ProcessWanted: 'Operators, or the rule for declared roles, want a process to run or not to run.',
  NodeWanted: 'Operators want the managed processes of a node to run or not to run.',
  ClusterWanted: 'Operators want the managed processes of the cluster to run or not to run.',
  ClusterAdvanceDeferred:
    'A cluster that starts or stops has more nodes than one commit takes. Those after this one follow at once.',
  ClusterAdvanceResumed: 'The nodes after this one have their turn.',
  ProcessRemovalOrdered:
    'Operators want a process to leave that may be running. It is stopped, and goes when it has ended.',
  NodeRemovalOrdered:
    'Operators want a node to leave. It goes with its last process, and gets no other until then.',
  NodeRemovalHeld:
    'Operators want a node to leave, perhaps with its host, and some of its processes refuse: `by` says which and why, `more` how many beyond those. The others leave; the node stays.',
  NodeRemoved: 'A node left. Its host stays and can become a node again, with another fid.',
  ProcessRemoved:
    'A process was removed. Its range values are free at once, its endpoint when it has cooled down.',
  ProcessAbandoned:
    'A process could not be stopped and is removed all the same: it hung, or its host is down. Until `until`, operations say so.',
  DeparturesForgotten: 'What was remembered of abandoned processes is forgotten after a day.',
  EndpointsCooled: 'Endpoints of removed processes have cooled down and may be given out again.',
  StationAdded:
    'A station may lead the cluster from now on; or one that was known already has another URL. A station that has its log for itself makes no such event.',
  StationRetired: 'A station is none of the cluster any more. Where it led, it has stopped.',
  StationLed:
    'A station leads the cluster, from this commit on and until another one does. Each term is greater than the ones before; agents and OBM daemons refuse orders of an earlier one.',
  CredentialIssued: 'A token was issued. The event holds its hash, which readers are not shown.',
  CredentialRetired:
    'The host of a token was removed while it was down. Until `until`, an agent that shows the token is told to end what it runs; nothing else is allowed.',
  CredentialRevoked: 'A token stopped working, and with it the sessions that it had opened.',
  PolicySet:
    'The policy of the site was replaced, whole: `file` is where it was read, and the rules are here.',
  UserAdded: 'Somebody may log in, once there is a password.',
  UserRoleChanged: 'A user has another role, and so have the tokens of the user.',
  UserDisabled: 'A user is let in no more.',
  UserEnabled: 'A user is let in again.',
  UserRemoved: 'There is no such user any more.',
  UserPasswordSet: 'A user has another password, which is not in the log.',
  UserSecondFactorSet:
    'A user is asked for codes of an authenticator from now on, or not any more.',
  SecondFactorUsed:
    'A user has shown a code. `step`: the 30 s that it was for, none of which is good again; null: it was a recovery code.',
  LoginRefused: 'A user has shown a wrong password or a wrong code.',
  UserLocked: 'Too many in a row were wrong: until `until` nothing lets the user in.',
  GrantGiven:
    'A token took up a right for a while: for some actions on some machines (`machines`; null: all), `uses` times at most.',
  RebootOrdered:
    'Why a machine is rebooted by the procedure of the same commit (in older logs, by its order): the suggestion, the reason, and the grant.',
  RebootRefused: 'Somebody wanted to reboot a machine, and something forbade it.',
  GrantUsed: 'Something is to be done to a machine by a grant, and why.',
  GrantRevoked: 'A grant is not good any more, and what waits by it is not done.',
  GrantExpired: 'The time of a grant is over.',
  ProjectCreated:
    'Somebody made a project. One that only facts named stays from then on, whatever they say.',
  ProjectDeleted: 'A project that had no machines went; its tokens stay, and have lost it.',
  MachineAttached:
    'A machine was lent to a project: by facts (`declared`), or by an operator, whom facts do not overrule.',
  MachineDetached: 'A machine was taken back from a project: it is free.',
  ProjectJoined: 'A token may look at the machines of a project, or operate them, from now on.',
  ProjectLeft: 'A token may not see the machines of a project any more.',
  ObmRegistered: 'An OBM daemon has the OBM of a machine. Nobody may use it yet.',
  ObmUnregistered: 'The OBM of a machine is registered no more.',
  ObmEnableBegun:
    'A token of the OBM of a machine is about to be asked for. Until it is known what came of it, the machine changes hands for nobody.',
  ObmEnabled:
    'Whoever has the machine may use its OBM. The event holds the hash of the token, which readers are not shown; earlier tokens are good no more.',
  ObmOrdered:
    'A machine is to be told something by its OBM: power, boot device, lamp. Orders of one machine are given one after the other.',
  ObmOrderJoined:
    'Somebody else has asked for the same while it waited: it is one order, and it is sent while one of them may have it.',
  ObmOrderBegun:
    'An order is about to be sent. It is in the log before anything is sent, and sent once.',
  ObmOrderEnded:
    'What became of an order. `unknown`: it may have been carried out or not, and nothing shows which. `cancelled`: it was taken back before it was sent.',
  ProcedureOrdered:
    'A machine is to be reinstalled, released or rebooted, in several stages. It has its turn when all that was ordered of the machine before has ended.',
  ProcedureJoined: 'Somebody else has asked for the same, which is one operation.',
  ProcedureBegun:
    'A procedure has the machine. Memory and CPUs are what the host had then, and `restart` tells whether it ran something.',
  ProcedureStageBegun:
    'A stage is under way. It has failed when `until` is over; `act` is what the station does outside.',
  ProcedureActEnded: 'What the station did outside for a stage has ended.',
  ProcedureStageEnded: 'A stage is over. The next one begins, or the procedure ends.',
  ProcedureCancelAsked:
    'Somebody wants a procedure to end. It does so as soon as nothing of it is under way.',
  ProcedureEnded: 'A procedure is over, and the machine free for what waits.',
  CampaignOrdered:
    'Something is to be done with many machines, a few at a time. `machines` have their turns in this order, as `policy` lets them; `left_out` may not be.',
  CampaignTurnsTaken:
    'Machines of a campaign have their turn. What is begun there is ordered in this commit, or was under way as `operation`.',
  CampaignMachineEnded: 'What became of one machine of a campaign.',
  CampaignStopped:
    'Nothing more of a campaign is begun: too much has failed, or somebody cancelled it. What is under way goes on.',
  CampaignEnded: 'Every machine of a campaign has its outcome.',
  HostAwaited:
    'The order of the same commit is over when the host is up: when its agent reports another boot than the one it had when the order was sent. That is told by `NodeUp`.',
  HostAwaitProlonged:
    'It could not be said yet whether a host that is awaited is up: the station had just begun, or the time is not over.',
  HostAwaitEnded:
    'A host is awaited no more: it was up already (`up`), or it was not back in time (`away`).',
  ConsoleConnectionMade:
    'Somebody may be at the console of a machine, or read its log, until a time: the OBM daemon lets him in by a ticket that nobody keeps. It is in the log before he has it. When he comes and goes, `ObmConsoleAttached` and `ObmConsoleDetached` tell; `principal` is the name and the id of the token.',
  ConsoleConnectionEnded:
    'Nobody is at the console of a machine by this connection any more. `right-ended`: the token that it was made for may not; `over`: he has left, or never came. Disabling the OBM, or enabling it with another token, ends all of them without this event.',
  ObmPowerChanged:
    'The power of a machine was seen to be another one than before, and why: by an `order`, by nobody’s (`drift`), or it was never seen before (`first`). `seen` is the time of the OBM daemon, as in all that follow.',
  ObmUnreachable: 'The OBM of a machine cannot be reached any more, or for another reason.',
  ObmReachable: 'The OBM of a machine can be reached again.',
  ObmConsoleAttached:
    'Somebody looks at the console of a machine. `holder` is whoever has the token of its OBM.',
  ObmConsoleDetached: 'Somebody does not look at the console of a machine any more, and why.',
  ObmWriterTaken: 'Somebody types at the console of a machine now, instead of whoever did.',
  ObmOrderedElsewhere:
    'Somebody switched a machine at its OBM daemon itself, and not by the station.',
  ObmIdentified:
    'Another OBM than before answers for a machine, or the first. `twins`: machines that the same one answers for, as far as it says so.',
  ObmLogGrew:
    'New entries of the event log of the OBM of a machine. They are shown as they were found, and nothing in them is checked. `gap`: there may have been more.',
  ObmdFollowed:
    'Up to where the station has followed what an OBM daemon tells. `anew`: the daemon was set back, or is another one, and what was seen before is not known any more.',
  ObmDisabled: 'Nobody may use the OBM of a machine any more: its daemon has said so.',
};

const groups: readonly (readonly [title: string, events: object])[] = [
  ['The declared cluster', clusterEvents],
  ['Hosts', hostEvents],
  ['Checks of machines', checkEvents],
  ['Recovery of hosts', { ...recoveryEvents, ...maintenanceEvents }],
  ['Nodes and processes', processEvents],
  ['What is wanted', wantedEvents],
  ['Leaving', removalEvents],
  ['Tokens', credentialEvents],
  ['Policy', policyEvents],
  ['Users', userEvents],
  ['Grants', grantEvents],
  ['Projects', projectEvents],
  [
    'Out-of-band management',
    {
      ...obmEvents,
      ...obmOrderEvents,
      ...rebootEvents,
      ...procedureEvents,
      ...campaignEvents,
      ...hostReturnEvents,
      ...consoleConnectionEvents,
      ...obmNewsEvents,
    },
  ],
  ['Stations', stationEvents],
  ['Remembered requests', requestEvents],
];

/** A JSON Schema, as far as events use it. */
interface Schema {
  readonly type?: string;
  readonly const?: string;
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly items?: Schema | readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

const listOf = (items: Schema | readonly Schema[] = {}): string =>
  'map' in items
    ? `pair of ${[...new Set(items.map(typeOf))].join(' and ')}`
    : `list of ${typeOf(items)}`;

const textOf = ({ pattern, maxLength }: Schema): string => {
  if (pattern?.startsWith('^0x')) return 'fid';
  if (pattern === '^[0-9a-f]{64}$') return 'SHA-256 in hex';
  if (maxLength === 253) return 'host name';
  return maxLength === undefined ? 'text' : `text of at most ${maxLength} characters`;
};

const numberOf = ({ type, minimum, maximum }: Schema): string => {
  const kind = type === 'integer' ? 'whole number' : 'number';
  if (maximum !== undefined) return `${kind} of ${minimum ?? 0} to ${maximum}`;
  return minimum === undefined ? kind : `${kind} from ${minimum}`;
};

const typeOf = (schema: Schema): string => {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.$ref !== undefined) return 'any JSON value';
  if (schema.patternProperties) {
    const [value] = Object.values(schema.patternProperties);
    return `map of ${typeOf(value ?? {})}`;
  }
  if (schema.properties) {
    const fields = Object.entries(schema.properties);
    return `map of ${fields.map(([name, field]) => `\`${name}\` (${typeOf(field)})`).join(', ')}`;
  }
  switch (schema.type) {
    case 'array':
      return listOf(schema.items);
    case 'string':
      return textOf(schema);
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'null':
      return 'null';
    default:
      return 'any JSON value';
  }
};

const sectionOf = (type: EventType): string[] => {
  const { version, schema, sample, ignorable } = catalogue[type];
  const fields = Object.entries((schema as unknown as Schema).properties ?? {});
  return [
    '',
    `### ${type}`,
    '',
    meanings[type],
    '',
    `Version ${version}${ignorable ? '; a reader that does not know it may skip it' : ''}.`,
    '',
    '| field | |',
    '| --- | --- |',
    ...fields.map(([name, field]) => `| \`${name}\` | ${typeOf(field)} |`),
    '',
    '```json',
    JSON.stringify(sample, null, 2),
    '```',
  ];
};

/** The whole page, as Markdown. */
export const eventsReference = (): string =>
  [
    '# Events',
    '',
    'Generated by `scripts/node scripts/reference-events.ts`; a test compares it with the catalogue.',
    '',
    'Every change of the cluster is one of these. They are what the log holds, what `halctl events` shows, and what',
    '`GET /api/v1/events` streams; nothing else changes the resource graph. An event of an older version is read for ever, and shown as it would be written today.',
    'A station whose log holds a type or a version that it does not know does not start, unless the event is marked as one to skip.',
    '',
    'In the stream and in `halctl events --json`, an event has these fields around its `data`:',
    '',
    '| field | |',
    '| --- | --- |',
    '| `id` | `<revision>.<index>`: the commit, and the place of the event in it, from 0. Send it as `Last-Event-ID` to resume |',
    '| `at` | time of the commit, ms since the epoch, by the clock of the station; never less than that of the commit before |',
    '| `actor` | who asked: `token:<id>`, `process:<fid>`, `agent:<host>` or `station` |',
    '| `correlation` | id of the request, the same for everything that followed from it |',
    '| `causation` | `id` of the event of the same commit that set this one off; for events of the command itself its name, such as `AddProcesses` |',
    '| `rule` | the rule that added it; null for events of the command itself |',
    '| `type`, `v` | type of the event, and version of its schema |',
    ...groups.flatMap(([title, events]) => [
      '',
      `## ${title}`,
      ...(Object.keys(events) as EventType[]).flatMap(sectionOf),
    ]),
    '',
  ].join('\n');

if (import.meta.main) writeFileSync(eventsPath, eventsReference());
