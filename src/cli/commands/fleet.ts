/** `halctl status`: all machines at a glance, and each by itself. */

import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import type { FleetAnswer, FleetQuery } from '../../client/types.ts';
import { gather, readOptions, show, withExamples, withRead, withWork } from '../command.ts';
import type { ReadFlags } from '../command.ts';
import { duration } from '../duration.ts';
import { CommandEnding, exitCodes, Failure } from '../exit-codes.ts';
import type { FleetLook } from '../output/fleet.ts';
import { jsonLine } from '../output/text.ts';
import { connect } from '../session.ts';
import { printLines } from '../shell.ts';
import type { Shell } from '../shell.ts';
import { measurementsCommand } from './measurements.ts';
import { historyCommand } from './notes.ts';

interface FreshFlags {
  /** s */
  readonly maxAge?: number;
  readonly fresh?: true;
}

interface FleetFlags extends ReadFlags, FleetLook, FreshFlags {
  readonly group?: readonly string[];
  readonly filter?: string;
  readonly checks?: string;
  readonly problems?: true;
  readonly watch?: true;
  readonly csv?: true;
  readonly tsv?: true;
  readonly check?: true;
}

export const fleetCommands = (program: Command, shell: Shell): void => {
  const status = program
    .command('status')
    .description('all machines and how each does, by all that is known; problems first')
    .argument('[nodeset...]', "only these machines: n0001.example, or 'n[0001-0100].savio3'")
    .option('-g, --group <group>', 'only machines of this group; repeatable', gather)
    .option(
      '-f, --filter <filter>',
      "only what passes, like 'ssh:down and reason~\"Not resp*\" and not @hw', 'age>1h'",
    )
    .option('--problems', 'only what somebody should look at')
    .option('--checks <checks>', 'only these checks, separated by commas')
    .option('--columns <columns>', 'these columns in this order, separated by commas')
    .option('--sort <columns>', 'by these columns; - before one turns it round')
    .option('--fold', 'what is alike once, with the machines as a nodeset')
    .option('--wide', 'all columns, however wide the terminal')
    .option('--watch', 'show it again whenever it changes, until Ctrl-C')
    .option('--csv', 'as CSV (RFC 4180)')
    .option('--tsv', 'with tabs between cells')
    .option('--check', 'exit with 1 where a machine that is shown fails');
  withFresh(status);
  const run = (flags: FleetFlags, nodesets: readonly string[]): Promise<void> =>
    showFleet(shell, flags, nodesets);
  withExamples(
    withWork(withRead(status), run),
    'halctl status',
    "halctl status 'n[0001-0100].savio3' --problems",
    "halctl status -f 'ssh:down and age>1h' --fold",
    'halctl status --columns machine,state,reason --sort=-age',
    'halctl status --csv',
    'halctl status -g savio2 --checks ssh --max-age 5m',
    'halctl status n0001.savio3 --fresh',
    'halctl status --watch',
  );
  showCommand(status, shell);
  historyCommand(status, shell);
  measurementsCommand(status, shell);
};

/** For so long what is looked at is waited for, s; what is not answered by then is shown as it was. */
const freshWaitSeconds = 20;

const withFresh = (command: Command): Command =>
  command
    .option('--max-age <duration>', 'look again at what was found longer ago, like 5m', duration)
    .option('--fresh', 'look at all of it again: --max-age 0s');

const freshness = ({ maxAge, fresh }: FreshFlags): FleetQuery => {
  if (maxAge === undefined && !fresh) return {};
  if (maxAge !== undefined && fresh)
    throw new Failure('usage', '--fresh and --max-age: give one of them');
  return { max_age: maxAge ?? 0, wait: freshWaitSeconds };
};

/** Whoever wanted it fresh is told what is not. */
const tellPending = (shell: Shell, { meta: { fresh } }: FleetAnswer): void => {
  if (!fresh || fresh.pending === 0) return;
  const { pending, looks, run } = fresh;
  shell.say(
    `halctl: ${pending} of ${looks} looks have no answer yet (check run ${run}): shown as before\n`,
  );
};

const queryOf = (flags: FleetFlags, nodesets: readonly string[]): FleetQuery => ({
  ...(nodesets.length > 0 ? { nodes: [...nodesets] } : {}),
  ...(flags.group ? { groups: [...flags.group] } : {}),
  ...(flags.filter === undefined ? {} : { filter: flags.filter }),
  ...(flags.problems ? { problems: true } : {}),
  ...(flags.checks === undefined ? {} : { checks: flags.checks }),
  ...(flags.sort === undefined ? {} : { sort: flags.sort }),
  ...freshness(flags),
});

const showFleet = async (
  shell: Shell,
  flags: FleetFlags,
  nodesets: readonly string[],
): Promise<void> => {
  const forms = [flags.json && '--json', flags.csv && '--csv', flags.tsv && '--tsv'].filter(
    Boolean,
  );
  if (forms.length > 1) throw new Failure('usage', `${forms.join(' and ')}: give one of them`);
  const client = await connect(shell, flags);
  const query = queryOf(flags, nodesets);
  const form = flags.csv ? 'csv' : flags.tsv ? 'tsv' : undefined;
  if (flags.watch) return watchFleet(shell, client, flags, query, form);
  if (form) return showText(shell, client, flags, query, form);
  // Which columns there are is known there; a slip is told before anything is shown.
  const columns =
    flags.columns === undefined ? {} : { columns: flags.columns, shape: 'nodes' as const };
  const answer = await client.fleet({ ...query, ...columns, ...readOptions(shell, flags) });
  tellPending(shell, answer);
  const { anyFails, fleetLines, rowsOf } = await import('../output/fleet.ts');
  const rows = rowsOf(answer.nodes ?? []);
  const { at } = answer.meta;
  show(shell, flags, answer, () => [
    ...(rows.length === 0
      ? emptyLines(answer, flags)
      : fleetLines(shell, answer.meta, rows, flags, at)),
  ]);
  if (flags.check && anyFails(rows)) throw new CommandEnding('a machine fails', exitCodes.failed);
};

const emptyLines = (answer: FleetAnswer, { problems, filter }: FleetFlags): string[] => {
  if (filter !== undefined) return ['No machine passes the filter.'];
  if (problems) return ['Nothing needs attention.'];
  return answer.meta.total === 0 ? ['There is no machine yet.'] : [];
};

/** As the station writes it, complete, however long. */
const showText = async (
  shell: Shell,
  client: Client,
  flags: FleetFlags,
  query: FleetQuery,
  format: 'csv' | 'tsv',
): Promise<void> => {
  if (flags.check)
    throw new Failure('usage', `--check goes with a table or --json, not with --${format}`);
  const columns = flags.columns === undefined ? {} : { columns: flags.columns };
  const { at, signal } = readOptions(shell, flags);
  const moment = at === undefined ? {} : { at: String(at) };
  await shell.pour(await client.fleetText({ ...query, ...columns, ...moment, format }, { signal }));
};

/** How often ages are drawn anew where nothing else changes, ms. */
const agesMs = 5000;

const watchFleet = async (
  shell: Shell,
  client: Client,
  flags: FleetFlags,
  query: FleetQuery,
  form: string | undefined,
): Promise<void> => {
  if (flags.at !== undefined)
    throw new Failure('usage', 'the past does not change: --watch goes without --at');
  if (flags.fresh || flags.maxAge !== undefined)
    throw new Failure('usage', '--watch goes without --fresh and --max-age');
  if (form !== undefined || flags.check)
    throw new Failure('usage', '--watch goes with a table or --json');
  const { fleetLines, rowsOf } = await import('../output/fleet.ts');
  const { Screen } = await import('../output/screen.ts');
  const onRetry = (why: string, waitMs: number): void =>
    shell.say(`halctl: ${why}; trying again in ${Math.ceil(waitMs / 1000)} s\n`);
  // A screen is taken only once there is something to show.
  const states = client.followFleet({ query, signal: shell.signal, onRetry });
  let screen: InstanceType<typeof Screen> | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  try {
    for await (const { meta, machines, at } of states) {
      const seen = performance.now();
      if (flags.json) {
        shell.print(`${jsonLine({ meta: { ...meta, at }, nodes: [...machines.values()] })}\n`);
        continue;
      }
      const rows = rowsOf(machines.values());
      const draw = (): void => {
        const now = at + (performance.now() - seen);
        const lines = fleetLines(shell, meta, rows, flags, now);
        if (shell.height === undefined) printLines(shell, lines);
        else (screen ??= new Screen(shell)).draw(lines);
      };
      draw();
      clearInterval(timer);
      if (shell.height !== undefined) timer = setInterval(draw, agesMs);
    }
  } finally {
    clearInterval(timer);
    screen?.close();
  }
};

const showCommand = (status: Command, shell: Shell): void => {
  const run = async (flags: ReadFlags & FreshFlags, fqdn: string): Promise<void> => {
    const client = await connect(shell, flags);
    const query = { nodes: fqdn, ...freshness(flags) };
    const answer = await client.fleet({ ...query, ...readOptions(shell, flags) });
    tellPending(shell, answer);
    const { machineLines, rowsOf } = await import('../output/fleet.ts');
    const [row, ...others] = rowsOf(answer.nodes ?? []);
    if (!row || others.length > 0)
      throw new Failure('usage', 'one machine is shown; for several: halctl status NODESET');
    show(shell, flags, answer, () => machineLines(shell, row, answer.meta, answer.meta.at));
  };
  withExamples(
    withWork(
      withRead(
        withFresh(
          status
            .command('show')
            .description('all that is known of one machine')
            .argument('<machine>', 'its name'),
        ),
      ),
      run,
    ),
    'halctl status show n0001.savio3',
  );
};
