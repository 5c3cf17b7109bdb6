/** `halctl system station list`, `add` and `retire`: the stations of the cluster. */

import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import type { Done, KnownStation } from '../../client/types.ts';
import { onlyLine, stationLines, whomToAsk } from '../../client/view/stations.ts';
import type { Heard, StationLine } from '../../client/view/stations.ts';
import {
  changeOptions,
  show,
  showChange,
  withChange,
  withExamples,
  withJson,
  withWork,
} from '../command.ts';
import type { ChangeFlags, JsonFlag } from '../command.ts';
import { formatTable } from '../output/table.ts';
import { formatTime, printable } from '../output/text.ts';
import { connect, resolveSession } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

/** How long each station may take to answer, ms. */
const answerMs = 3000;

export const stationsCommands = (station: Command, shell: Shell): void => {
  listCommand(station, shell);
  addCommand(station, shell);
  retireCommand(station, shell);
};

const listCommand = (station: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    const lines = await allLines(shell, flags, client);
    show(shell, flags, lines, () => tableOf(lines, shell.width));
  };
  withExamples(
    withWork(
      withJson(
        station
          .command('list')
          .description(
            'show the stations of the cluster, as each says itself: which leads, and how far each is',
          ),
      ),
      run,
    ),
    'halctl system station list',
    'halctl system station list --json | jq -r \'.[] | select(.role == "leading") | .name\'',
  );
};

/** Asks the station that is known which there are, and each of these how it is. */
const allLines = async (
  shell: Shell,
  flags: GlobalFlags,
  client: Client,
): Promise<readonly StationLine[]> => {
  const list = await client.listStations({ signal: shell.signal });
  if (list.stations.length === 0) return [onlyLine(await client.station({ signal: shell.signal }))];
  const { station } = await resolveSession(flags, shell.env);
  const isSafe = station.every((url) => /^https:/i.test(url));
  const heard = await Promise.all(
    whomToAsk(list, isSafe).map(async ({ name, url, refused }): Promise<[string, Heard]> => [
      name,
      refused === null ? await hear(shell, flags, url) : { why: refused },
    ]),
  );
  return stationLines(list, new Map(heard));
};

/** What the station at a URL says of itself. */
const hear = async (shell: Shell, flags: GlobalFlags, url: string): Promise<Heard> => {
  const late = AbortSignal.timeout(answerMs);
  try {
    // The token and the authorities are those of the session; where they go, the cluster said.
    const client = await connect(shell, flags, answerMs, url);
    return { info: await client.station({ signal: AbortSignal.any([shell.signal, late]) }) };
  } catch (error) {
    shell.signal.throwIfAborted();
    if (late.aborted) return { why: `no answer within ${answerMs / 1000} s` };
    return { why: error instanceof Error ? error.message : String(error) };
  }
};

const orDash = (value: string | number | null): string => (value === null ? '-' : String(value));

const tableOf = (lines: readonly StationLine[], width: number | undefined): string[] => [
  ...formatTable<StationLine>(
    [
      { title: 'NAME', value: ({ name }) => orDash(name) },
      { title: 'ROLE', value: ({ role }) => role },
      { title: 'TERM', value: ({ term }) => orDash(term), align: 'right' },
      { title: 'REVISION', value: ({ revision }) => orDash(revision), align: 'right' },
      { title: 'LAG', value: ({ lag }) => orDash(lag), align: 'right' },
      { title: 'DURABILITY', value: ({ durability }) => orDash(durability) },
      {
        title: 'SINCE',
        value: ({ since }) => (since === null ? '-' : formatTime(since)),
        yields: 2,
      },
      { title: 'URL', value: ({ url }) => orDash(url), yields: 1 },
    ],
    lines,
    width,
  ),
  ...lines.flatMap(({ name, matter }) =>
    matter === null ? [] : [`${printable(name ?? 'the station')}: ${printable(matter)}`],
  ),
];

interface AddFlags extends ChangeFlags {
  readonly url: string;
}

const addCommand = (station: Command, shell: Shell): void => {
  const run = async (flags: AddFlags, name: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.addStation({ name, url: flags.url }, changeOptions(shell, flags));
    await showChange(shell, flags, reply, addedLines);
  };
  withExamples(
    withWork(
      withChange(
        station
          .command('add')
          .description(
            'let a station be one of the cluster, so that it may lead; or give it another URL',
          )
          .argument('<name>', 'how it is called: like its host')
          .requiredOption('--url <url>', 'where the others and clients find it'),
      ),
      run,
    ),
    'halctl system station add head2.example --url https://head2.example:7400',
  );
};

const addedLines = ({ name, url }: KnownStation): string[] => [
  `${name} is one of the stations, at ${url}. On its machine:`,
  '1. Copy station.key from the data directory of a station that runs into its own, for its user alone.',
  '2. Start it on the log of the others:',
  `   halcyon station --name ${name} --url ${url} --log URL`,
  '3. See that it follows: halctl system station list',
  'Give its URL to agents and people, too (HALCYON_STATION): an agent without it has no station while that one leads.',
];

const retireCommand = (station: Command, shell: Shell): void => {
  const run = async (flags: ChangeFlags, name: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.retireStation(name, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision }: Done) => [
      `${name} leads no more; revision ${revision}. Stop it, and remove its station.key.`,
    ]);
  };
  withExamples(
    withWork(
      withChange(
        station
          .command('retire')
          .description('let a station lead no more; where it leads, another one takes over')
          .argument('<name>', 'its name'),
      ),
      run,
    ),
    'halctl system station retire head2.example',
  );
};
