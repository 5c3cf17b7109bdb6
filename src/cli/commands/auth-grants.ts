/** `halctl auth elevate` and `halctl auth grant`: rights taken up for a while. */

import type { Command } from 'commander';
import { Option } from 'commander';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import type { Done, Grant, GrantBody } from '../../client/types.ts';
import {
  changeOptions,
  show,
  showChange,
  wholeNumber,
  withChange,
  withExamples,
  withJson,
  withWork,
} from '../command.ts';
import type { ChangeFlags, JsonFlag } from '../command.ts';
import { duration } from '../duration.ts';
import { machinesOf } from '../nodesets.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';
import { passwordStdin, secretsFrom, withProof } from './auth-session.ts';

const grantActions = ['power'] as const;

export const elevateCommand = (auth: Command, shell: Shell): void => {
  const run = async (flags: ElevateFlags): Promise<void> => {
    const { action, reason, for: seconds, uses, dryRun } = flags;
    const hosts =
      flags.scope === 'all' ? null : [...(await machinesOf(shell, flags, [flags.scope]))];
    const client = await connect(shell, flags);
    const body: GrantBody = {
      ...{ actions: [action], hosts, reason },
      ...(seconds === undefined ? {} : { seconds }),
      ...(uses === undefined ? {} : { uses }),
    };
    const ask = secretsFrom(shell, flags.passwordStdin === true);
    const reply = await withProof(ask, (proof) =>
      client.giveGrant({ ...body, ...proof }, { dryRun, signal: shell.signal }),
    );
    await showChange(shell, flags, reply, grantLines);
  };
  const elevate = withJson(
    auth
      .command('elevate')
      .description('take up a right for a while: a grant, which some actions take')
      .addOption(
        new Option('--action <action>', 'what it is for')
          .choices(grantActions)
          .makeOptionMandatory(),
      )
      .requiredOption('--scope <nodeset>', 'the machines that it is for, or `all`')
      .requiredOption('--reason <text>', 'why, in one line')
      .option('--for <duration>', 'how long, like 15m or 2h; absent: 15m', duration)
      .option('--uses <n>', 'how many machines it may be used for; absent: any number', wholeNumber)
      .option(...passwordStdin)
      .option('--dry-run', 'show the events that would be appended; change nothing'),
  );
  withExamples(
    withWork(elevate, run),
    "halctl auth elevate --action power --scope 'n[0001-0040].savio3' --for 2h --reason 'no answer since the outage'",
    "halctl auth elevate --action power --scope n0001.example --uses 1 --reason 'hangs at boot'",
  );
};

interface ElevateFlags extends GlobalFlags, JsonFlag {
  readonly action: GrantBody['actions'][number];
  readonly scope: string;
  readonly reason: string;
  readonly for?: number;
  readonly uses?: number;
  readonly passwordStdin?: true;
  readonly dryRun?: true;
}

const scopeOf = ({ hosts }: Grant): string => (hosts === null ? 'all' : foldNodeset(hosts));

const usesOf = ({ uses, used }: Grant): string =>
  uses === null ? `${used}` : `${used} of ${uses}`;

const holderOf = ({ user, token }: Grant): string => user ?? token;

const grantLines = (grant: Grant): string[] =>
  formatFields([
    ['id', grant.id],
    ['for', holderOf(grant)],
    ['actions', grant.actions.join(', ')],
    ['hosts', scopeOf(grant)],
    ['used', usesOf(grant)],
    ['until', formatTime(grant.until)],
    ['reason', grant.reason],
  ]);

export const grantCommands = (auth: Command, shell: Shell): void => {
  const grant = auth.command('grant').description('grants that are good now');
  listCommand(grant, shell);
  revokeCommand(grant, shell);
};

const listCommand = (grant: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.listGrants({ signal: shell.signal });
    show(shell, flags, reply, ({ items }) =>
      formatTable<Grant>(
        [
          { title: 'ID', value: ({ id }) => id },
          { title: 'FOR', value: holderOf },
          { title: 'ACTIONS', value: ({ actions }) => actions.join(',') },
          { title: 'HOSTS', value: scopeOf, yields: 2 },
          { title: 'USED', value: usesOf },
          { title: 'UNTIL', value: ({ until }) => formatTime(until), yields: 3 },
          { title: 'REASON', value: ({ reason }) => reason, yields: 1 },
        ],
        items,
        shell.width,
      ),
    );
  };
  withExamples(
    withWork(withJson(grant.command('list').description('list the grants that are good now')), run),
    'halctl auth grant list',
  );
};

const revokeCommand = (grant: Command, shell: Shell): void => {
  const run = async (flags: ChangeFlags, id: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.revokeGrant(id, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision }: Done) => [
      `The grant ${id} is not good any more; revision ${revision}.`,
    ]);
  };
  withExamples(
    withWork(
      withChange(
        grant
          .command('revoke')
          .description('end a grant; what waits by it is not done any more')
          .argument('<id>', 'id of the grant'),
      ),
      run,
    ),
    'halctl auth grant revoke 5b0c7be1d7aa',
  );
};
