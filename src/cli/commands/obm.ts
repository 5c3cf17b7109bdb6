/** `halctl obm`: out-of-band managers of machines. */

import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import { everyItem } from '../../client/pages.ts';
import type { CommandOptions, Done, DryRun, Obm, ObmBody } from '../../client/types.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import {
  gather,
  readOptions,
  show,
  showChange,
  withChange,
  withExamples,
  withRead,
  withWork,
} from '../command.ts';
import type { ChangeFlags, ReadFlags } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { forHosts } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import { readInfo } from '../obm-info.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { connect, readToken } from '../session.ts';
import type { Shell } from '../shell.ts';
import { obmConsoleCommand } from './obm-console.ts';
import { obmLogCommand } from './obm-log.ts';
import { holderCommand } from './obm-holder.ts';
import { obmOrderCommands } from './obm-orders.ts';
import { obmReadingCommands } from './obm-readings.ts';
import { obmSendCommand } from './obm-send.ts';

export const obmCommands = (program: Command, shell: Shell): void => {
  const obm = program
    .command('obm')
    .description('out-of-band managers: which daemon has them, and who may use them');
  registerCommand(obm, shell);
  listCommand(obm, shell);
  showCommand(obm, shell);
  manyCommand(obm, shell, {
    verb: 'enable',
    description: 'let whoever has a machine use its OBM; what is enabled stays as it is',
    call: (client, host, options) => client.enableObm(host, options),
    told: ({ changed }) => (changed ? 'enabled' : 'enabled already'),
  });
  manyCommand(obm, shell, {
    verb: 'reissue',
    description: 'enable an OBM with another token: whoever came in by the one before is out',
    call: (client, host, options) => client.reissueObm(host, options),
    told: () => 'enabled with another token',
  });
  manyCommand(obm, shell, {
    verb: 'disable',
    description: 'let nobody use the OBM of a machine any more',
    call: (client, host, options) => client.disableObm(host, options),
    told: ({ changed }) => (changed ? 'disabled' : 'disabled already'),
  });
  obmOrderCommands(obm, shell);
  holderCommand(obm, shell);
  obmReadingCommands(obm, shell);
  obmConsoleCommand(obm, shell);
  obmLogCommand(obm, shell);
  obmSendCommand(obm, shell);
  manyCommand(obm, shell, {
    verb: 'unregister',
    description: 'take an OBM from its daemon, which forgets its credentials; disable it first',
    call: (client, host, options) => client.unregisterObm(host, options),
    told: ({ changed }) => (changed ? 'unregistered' : 'not registered'),
  });
};

interface RegisterFlags extends ChangeFlags {
  readonly obmd: string;
  readonly adminTokenFile: string;
  readonly label?: string;
  readonly type?: string;
  readonly set?: readonly string[];
  readonly credentialsFile?: string;
  readonly plain?: true;
  readonly declared?: true;
}

const registerCommand = (obm: Command, shell: Shell): void => {
  const run = async (flags: RegisterFlags, nodesets: readonly string[]): Promise<void> => {
    const { type, label, plain, declared, set = [], credentialsFile } = flags;
    const hosts = await machinesOf(shell, flags, nodesets);
    if (hosts.length > 1 && (label !== undefined || type !== undefined))
      throw new Failure('usage', '--label and --type are for one machine; these are several');
    if (declared && type !== undefined)
      throw new Failure('usage', '--declared and --type exclude each other');
    if (type === undefined && (set.length > 0 || credentialsFile !== undefined))
      throw new Failure('usage', 'settings and credentials are for a new OBM: say its --type');
    const admin = await readToken(flags.adminTokenFile);
    const info = type === undefined ? undefined : await readInfo(set, credentialsFile);
    const client = await connect(shell, flags);
    const body: ObmBody = {
      obmd: flags.obmd,
      admin_token: admin,
      ...(label === undefined ? {} : { label }),
      ...(type === undefined || info === undefined ? {} : { type, info }),
      ...(plain ? { plain } : {}),
      ...(declared ? { declared } : {}),
    };
    const showOne = (reply: Done | DryRun, host: string): Promise<void> =>
      showChange(shell, flags, reply, ({ changed }: Done) => [
        changed
          ? `The OBM of ${host} is registered with ${flags.obmd}. Let it be used: halctl obm enable ${host}`
          : `The OBM of ${host} is registered with ${flags.obmd} already.`,
      ]);
    await forHosts(
      shell,
      flags,
      hosts,
      (host, options) => client.registerObm(host, body, options),
      showOne,
    );
  };
  const register = obm
    .command('register')
    .description('register OBMs of machines with an OBM daemon (halcyon obmd)')
    .argument('<nodeset...>', "machines: n0001.example, or 'n[0001-0100].savio3'")
    .requiredOption('--obmd <url>', 'base URL of the daemon')
    .requiredOption(
      '--admin-token-file <file>',
      'token of the administrator of the daemon; the station keeps it',
    )
    .option('--type <type>', 'kind of the OBM: ipmi, redfish, …; absent: the daemon has it already')
    .option(
      '--set <key=value>',
      'a setting of that kind, such as addr=10.1.0.1; repeatable',
      gather,
    )
    .option(
      '--credentials-file <file>',
      'more settings, as JSON, in a file that nobody else may read: {"user": …, "pass": …}',
    )
    .option('--declared', 'it is what facts declare, with the credentials that they have')
    .option('--label <label>', 'what the daemon calls it; otherwise as the host')
    .option('--plain', 'take an http URL although others may listen in');
  withExamples(
    withWork(withChange(register), run),
    'halctl obm register n0001.example --obmd https://obmd.example:7410 --admin-token-file obmd.token ' +
      '--type ipmi --set addr=10.1.0.1 --credentials-file bmc.json',
    'halctl obm register n0001.example --obmd https://obmd.example:7410 --admin-token-file obmd.token --label n0001',
    "halctl obm register 'n[0001-0100].savio3' --obmd https://obmd.example:7410 --admin-token-file obmd.token --declared",
  );
};

const listCommand = (obm: Command, shell: Shell): void => {
  const run = async (flags: ReadFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await everyItem((options) => client.listObms(options), readOptions(shell, flags));
    show(shell, flags, reply, ({ items }) =>
      formatTable<Obm>(
        [
          { title: 'HOST', value: ({ host }) => host, yields: 1 },
          { title: 'STATE', value: ({ state }) => state },
          { title: 'POWER', value: powerText },
          { title: 'SINCE', value: ({ since }) => formatTime(since) },
          { title: 'PROJECT', value: ({ project }) => project ?? '-', yields: 2 },
          { title: 'OBMD', value: ({ obmd }) => obmd ?? '-', yields: 3 },
        ],
        items,
        shell.width,
      ),
    );
  };
  withExamples(
    withWork(withRead(obm.command('list').description('list OBMs that are registered')), run),
    'halctl obm list',
  );
};

/** As it was seen last; with a question mark where nobody sees it now. */
const powerText = ({ power, trouble }: Obm): string =>
  power === null ? 'unknown' : trouble === null ? power.state : `${power.state}?`;

const showCommand = (obm: Command, shell: Shell): void => {
  const run = async (flags: ReadFlags, host: string): Promise<void> => {
    const client = await connect(shell, flags);
    show(shell, flags, await client.getObm(host, readOptions(shell, flags)), (one: Obm) =>
      formatFields([
        ['host', one.host],
        ['project', one.project ?? undefined],
        ['state', one.state],
        ['since', formatTime(one.since)],
        ['power', powerText(one)],
        ['power since', one.power ? formatTime(one.power.since) : undefined],
        ['unreachable', one.trouble?.reason],
        ['unreachable since', one.trouble ? formatTime(one.trouble.since) : undefined],
        ['epoch', String(one.epoch)],
        ['obmd', one.obmd ?? undefined],
        ['label', one.label ?? undefined],
      ]),
    );
  };
  withExamples(
    withWork(
      withRead(
        obm
          .command('show')
          .description('show the OBM of a machine')
          .argument('<host>', 'the machine'),
      ),
      run,
    ),
    'halctl obm show n0001.example',
  );
};

interface Many {
  readonly verb: string;
  readonly description: string;
  readonly call: (client: Client, host: string, options: CommandOptions) => Promise<Done | DryRun>;
  /** What became of it. */
  readonly told: (done: Done) => string;
}

const manyCommand = (obm: Command, shell: Shell, { verb, description, call, told }: Many): void => {
  const run = async (flags: ChangeFlags, nodesets: readonly string[]): Promise<void> => {
    const hosts = await machinesOf(shell, flags, nodesets);
    const client = await connect(shell, flags);
    const outcomes = new Map<string, string[]>();
    await forHosts(
      shell,
      flags,
      hosts,
      (host, options) => call(client, host, options),
      (reply, host) =>
        showChange(shell, flags, reply, (done: Done) => {
          const how = told(done);
          if (hosts.length === 1) return [`The OBM of ${host} is ${how}.`];
          outcomes.set(how, [...(outcomes.get(how) ?? []), host]);
          return [];
        }),
      { summarise: () => [...outcomes].map(([how, these]) => `${foldNodeset(these)}: ${how}.`) },
    );
  };
  withExamples(
    withWork(
      withChange(
        obm
          .command(verb)
          .description(description)
          .argument('<nodeset...>', "machines: n0001.example, or 'n[0001-0100].savio3'"),
      ),
      run,
    ),
    `halctl obm ${verb} n0001.example`,
    `halctl obm ${verb} 'n[0001-0100].savio3'`,
  );
};
