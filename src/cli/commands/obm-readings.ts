/** `halctl obm sensors` and the like: what OBMs tell of their machines, looked at anew where that is not just so. */

import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import type {
  Age,
  ConsoleInfo,
  Inventory,
  ObmIdentity,
  SensorList,
  SystemEventList,
} from '../../client/types.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { ChangeFlags } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { forHosts } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import { formatTable } from '../output/table.ts';
import type { Column } from '../output/table.ts';
import { formatTime, printable } from '../output/text.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';

type Aged = Age & { readonly host: string };

interface Asking {
  readonly signal: AbortSignal;
  /** Seconds for which the answer may be held back, and that what it tells may be old. */
  readonly wait: number;
  readonly max_age: number;
}

/** How long an OBM is waited for at most, ms, and how long one answer is held back, s. */
const [patienceMs, waitSeconds] = [30_000, 5];
/** What was seen so short ago is good enough, s. */
const freshSeconds = 5;

/** One kind of thing that an OBM tells. */
interface Told<Reply extends Aged, Row> {
  readonly verb: string;
  readonly description: string;
  readonly ask: (client: Client, host: string, options: Asking) => Promise<Reply>;
  readonly rows: (reply: Reply) => readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What is to be known beside the table. */
  readonly notes?: (reply: Reply) => readonly string[];
}

type OfHost<Row> = Row & { readonly host: string };

export const obmReadingCommands = (obm: Command, shell: Shell): void => {
  toldCommand(obm, shell, sensors);
  toldCommand(obm, shell, systemEvents);
  toldCommand(obm, shell, inventory);
  toldCommand(obm, shell, identity);
  toldCommand(obm, shell, consoleInfo);
};

/**
 * Has it looked at where it was not seen just now, and waits for that.
 *
 * @throws {Failure} it was never seen, and nobody knows now
 */
const seen = async <Reply extends Aged>(
  shell: Shell,
  ask: (options: Asking) => Promise<Reply>,
): Promise<Reply> => {
  const until = performance.now() + patienceMs;
  for (;;) {
    const options = { signal: shell.signal, wait: waitSeconds, max_age: freshSeconds };
    const reply = await ask(options);
    if (reply.refreshing && performance.now() < until) continue;
    if (reply.observed_at !== null) return reply;
    const { reason, detail } = reply.trouble ?? { reason: 'unknown', detail: 'nobody knows why' };
    throw new Failure('failed', `the OBM of ${reply.host} did not tell it: ${detail} (${reason})`);
  }
};

/** What is told is from before. */
const ageNotes = ({ host, stale, observed_at: at, trouble }: Aged): string[] =>
  stale && at !== null && trouble
    ? [printable(`${host}: as of ${formatTime(at)}: ${trouble.detail} (${trouble.reason})`)]
    : [];

const toldCommand = <Reply extends Aged, Row>(
  obm: Command,
  shell: Shell,
  { verb, description, ask, rows, columns, notes = () => [] }: Told<Reply, Row>,
): void => {
  const run = async (flags: ChangeFlags, nodesets: readonly string[]): Promise<void> => {
    const hosts = await machinesOf(shell, flags, nodesets);
    const client = await connect(shell, flags);
    const replies: Reply[] = [];
    const host: Column<OfHost<Row>> = { title: 'HOST', value: (row) => row.host, yields: 1 };
    const lines = (all: readonly Reply[]): string[] => {
      const table = all.flatMap((reply) =>
        rows(reply).map((row): OfHost<Row> => ({ ...row, host: reply.host })),
      );
      if (all.length === 0) return [];
      const made = formatTable<OfHost<Row>>([host, ...columns], table, shell.width);
      return [...made, ...all.flatMap(notes), ...all.flatMap(ageNotes)];
    };
    await forHosts(
      shell,
      flags,
      hosts,
      (each) => seen(shell, (options) => ask(client, each, options)),
      async (reply) => {
        if (hosts.length > 1) replies.push(reply);
        else show(shell, flags, reply, () => lines([reply]));
      },
      { summarise: () => lines(replies) },
    );
  };
  withExamples(
    withWork(
      withJson(
        obm
          .command(verb)
          .description(description)
          .argument('<nodeset...>', "machines: n0001.example, or 'n[0001-0100].savio3'"),
      ),
      run,
    ),
    `halctl obm ${verb} n0001.example`,
    `halctl obm ${verb} 'n[0001-0016].savio3'`,
  );
};

const unknown = 'unknown';

const sensors: Told<SensorList, SensorList['sensors'][number]> = {
  verb: 'sensors',
  description: 'what the sensors of machines read now',
  ask: (client, host, options) => client.getSensors(host, options),
  rows: (reply) => reply.sensors,
  columns: [
    { title: 'SENSOR', value: ({ name }) => name, yields: 2 },
    {
      title: 'VALUE',
      value: ({ value, unit }) => (value === null ? unknown : `${value} ${unit}`.trimEnd()),
    },
    { title: 'STATUS', value: ({ status }) => status },
    { title: 'NOTE', value: ({ note }) => note ?? '', yields: 3 },
  ],
  notes: ({ host, missing }) => missing.map((what) => printable(`${host}: not read: ${what}`)),
};

const systemEvents: Told<SystemEventList, SystemEventList['events'][number]> = {
  verb: 'sel',
  description: 'the event logs that the OBMs of machines keep; times are by the clocks of the OBMs',
  ask: (client, host, options) => client.getSystemEvents(host, options),
  rows: ({ events }) => events,
  columns: [
    { title: 'TIME', value: ({ at }) => (at === null ? unknown : formatTime(at)) },
    { title: 'SEVERITY', value: ({ severity }) => severity },
    { title: 'ID', value: ({ id }) => id, yields: 2 },
    { title: 'TEXT', value: ({ text }) => text, yields: 3 },
  ],
};

const inventory: Told<Inventory, Inventory['parts'][number]> = {
  verb: 'fru',
  description: 'what machines are made of, as their OBMs tell',
  ask: (client, host, options) => client.getInventory(host, options),
  rows: ({ parts }) => parts,
  columns: [
    { title: 'PART', value: ({ name }) => name, yields: 2 },
    { title: 'VALUE', value: ({ value }) => value, yields: 3 },
  ],
};

const identity: Told<ObmIdentity, ObmIdentity> = {
  verb: 'validate',
  description: 'prove the credentials of OBMs, and see which OBM answers for a machine',
  ask: (client, host, options) => client.identifyObm(host, options),
  rows: (reply) => [reply],
  columns: [
    { title: 'VALID', value: ({ valid }) => (valid === null ? unknown : valid ? 'yes' : 'no') },
    { title: 'GUID', value: ({ guid }) => guid ?? unknown, yields: 4 },
    { title: 'SERIAL', value: ({ serial }) => serial ?? unknown, yields: 3 },
    { title: 'MANUFACTURER', value: ({ manufacturer }) => manufacturer ?? unknown, yields: 2 },
    { title: 'PRODUCT', value: ({ product }) => product ?? unknown, yields: 2 },
    { title: 'FIRMWARE', value: ({ firmware }) => firmware ?? unknown, yields: 2 },
  ],
};

const consoleInfo: Told<ConsoleInfo, ConsoleInfo> = {
  verb: 'console-info',
  description:
    'how the consoles of machines are: connected or not, who looks, whether they are logged',
  ask: (client, host, { signal }) => client.getConsoleInfo(host, { signal }),
  rows: (reply) => [reply],
  columns: [
    { title: 'CONSOLE', value: ({ state }) => state ?? 'none' },
    { title: 'VIEWERS', value: ({ viewers }) => String(viewers), align: 'right' },
    { title: 'LOGGED', value: ({ logged }) => (logged ? 'yes' : 'no') },
    { title: 'SEEN', value: ({ observed_at: at }) => (at === null ? 'never' : formatTime(at)) },
  ],
};
