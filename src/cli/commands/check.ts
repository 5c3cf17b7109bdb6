/** `halctl check`: what can be found out about machines, and looks at some of them now. */

import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import type { Check, CheckList, CheckRun } from '../../client/types.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { machinesOf } from '../nodesets.ts';
import type { Paint, Palette } from '../output/colour.ts';
import { formatTable } from '../output/table.ts';
import { counted } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

/** The station holds an answer back for so long, s. */
const waitSeconds = 20;

export const checkCommands = (program: Command, shell: Shell): void => {
  const check = program
    .command('check')
    .description('what can be found out about machines, and looks at some of them now');
  runCommand(check, shell);
  listCommand(check, shell);
};

interface RunFlags extends GlobalFlags, JsonFlag {
  readonly checks?: string;
  readonly all?: true;
}

const runCommand = (check: Command, shell: Shell): void => {
  const run = async (flags: RunFlags, names: readonly string[]): Promise<void> => {
    const nodes = foldNodeset(await machinesOf(shell, flags, names));
    const checks = flags.checks?.split(',').map((id) => id.trim());
    const client = await connect(shell, flags);
    const begun = await client.startCheckRun({ nodes, ...(checks ? { checks } : {}) });
    const ended = await followed(shell, client, begun);
    show(shell, flags, ended, (reply) => runLines(shell, reply, flags.all === true));
    const { total, results, counts } = ended;
    const answered = Object.values(counts).reduce((all, count) => all + count, 0);
    if (ended.state !== 'ended' || answered < total)
      throw new Failure('failed', `${total - answered} of ${total} looks had no answer`);
    const bad = results.filter(({ verdict }) => verdict === 'fail');
    if ((counts['fail'] ?? 0) > 0)
      throw new Failure(
        'failed',
        `${counts['fail']} of ${total} looks found a fault: ${foldNodeset([...new Set(bad.map(({ node }) => node))])}`,
      );
  };
  withExamples(
    withWork(
      withJson(
        check
          .command('run')
          .description(
            'look at machines now and wait for what is found; exits with 1 where something fails',
          )
          .argument('<nodeset...>', "machines, like 'n[0001-0100].example' or @savio3"),
      )
        .option('--checks <ids>', 'checks, separated by commas; otherwise all that are enabled')
        .option('--all', 'show what is ok and what was skipped too'),
      run,
    ),
    'halctl check run n0001.example --checks agent,power --all',
  );
};

/** Waits until it has ended. Whoever leaves ends nothing: the results are kept. */
const followed = async (shell: Shell, client: Client, begun: CheckRun): Promise<CheckRun> => {
  let run = begun;
  while (run.state !== 'ended' && !shell.signal.aborted) {
    if (shell.progress) shell.say(`${run.done} of ${run.total} looks\n`);
    run = await client.checkRun(run.id, { wait: waitSeconds });
  }
  return run;
};

type Result = CheckRun['results'][number];

const paintVerdict = (palette: Palette, verdict: string): Paint =>
  verdict === 'ok' ? palette.good : verdict === 'fail' ? palette.bad : palette.busy;

function* runLines(shell: Shell, run: CheckRun, all: boolean): Generator<string> {
  const { results, counts, total } = run;
  const shown = all
    ? results
    : results.filter(({ verdict }) => verdict !== 'ok' && verdict !== 'skipped');
  if (shown.length > 0)
    yield* formatTable<Result>(
      [
        { title: 'HOST', value: ({ node }) => node, yields: 1 },
        { title: 'CHECK', value: ({ check }) => check },
        {
          title: 'VERDICT',
          value: ({ verdict, soft }) => (soft ? `${verdict} (soft)` : verdict),
          paint: ({ verdict }) => paintVerdict(shell.palette, verdict),
        },
        { title: 'CAUSE', value: ({ cause }) => cause ?? '', yields: 2 },
        { title: 'FOUND', value: ({ text }) => text, yields: 3 },
      ],
      shown,
      shell.width,
    );
  const said = Object.entries(counts).map(([verdict, count]) => `${count} ${verdict}`);
  yield `${counted(total, 'look')}: ${said.length === 0 ? 'no answer' : said.join(', ')}`;
}

const listCommand = (check: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    show(shell, flags, await client.checks(), ({ checks }: CheckList) =>
      formatTable<Check>(
        [
          { title: 'CHECK', value: ({ id }) => id },
          { title: 'RUNS', value: ({ enabled }) => (enabled ? 'yes' : 'no') },
          { title: 'EVERY', value: ({ period }) => `${period} s`, align: 'right' },
          { title: 'BY', value: ({ needs }) => needs },
          { title: 'WHAT IT IS', value: ({ description }) => description, yields: 1 },
        ],
        checks,
        shell.width,
      ),
    );
  };
  withExamples(
    withWork(withJson(check.command('list').description('list the checks that there are')), run),
    'halctl check list',
  );
};
