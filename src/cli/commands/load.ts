/** `halctl cluster load`: facts and roles become the cluster, as planned. */

import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import { ApiError } from '../../client/errors.ts';
import type { LoadBody, Loaded, LoadOptions, LoadPlan } from '../../client/types.ts';
import { loadedFields, missingText } from '../../client/view/load-plan.ts';
import { changeOptions, gather, show, withChange, withExamples, withWork } from '../command.ts';
import type { ChangeFlags } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { problemLines } from '../explanation.ts';
import { keptLines, planLines, planSummary } from '../output/plan.ts';
import { counted } from '../output/text.ts';
import { askWhether } from '../prompt.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';
import { readText } from '../text-file.ts';

export interface FilesFlags {
  readonly facts: string;
  readonly roles?: readonly string[];
}

interface LoadFlags extends ChangeFlags, FilesFlags {
  readonly verify?: true;
  readonly yes?: true;
  readonly prune?: true;
}

export const loadCommand = (cluster: Command, shell: Shell): void => {
  const load = cluster
    .command('load')
    .description(
      'load facts and roles: adds what is new and changes what differs; a loaded cluster is changed as planned and confirmed',
    )
    .requiredOption('-f, --facts <file>', 'the facts')
    .option('-r, --roles <path>', 'a file of roles, or a folder of such files; repeatable', gather)
    .option('--verify', 'check the files; change nothing')
    .option('--prune', 'remove what the files do not declare any more')
    .option('-y, --yes', 'do not ask before a loaded cluster is changed');
  withChange(load);
  load.options.find(({ long }) => long === '--dry-run')!.description =
    'show the plan; change nothing';
  withExamples(
    withWork(load, (flags: LoadFlags) => runLoad(shell, flags)),
    'halctl cluster load -f facts.yaml -r roles/',
    'halctl cluster load -f facts.yaml -r servers.yaml -r clients.yaml --verify',
    'halctl cluster load -f facts.yaml -r roles/ --prune --dry-run',
  );
};

const runLoad = async (shell: Shell, flags: LoadFlags): Promise<void> => {
  const body = await readFiles(shell, flags);
  const client = await connect(shell, flags);
  const options = { ...changeOptions(shell, flags), prune: flags.prune };
  if (flags.verify || flags.dryRun) {
    const plan = await client.planLoad(body, options);
    sayWarnings(shell, plan);
    return show(shell, flags, plan, flags.verify ? verifiedLines : () => dryRunLines(shell, plan));
  }
  const reply = await load(shell, client, flags, body, options);
  sayWarnings(shell, reply);
  show(shell, flags, reply, loadedLines);
};

/** How often a plan is made anew because the cluster has moved on, although nothing in the plan has. */
const attemptsMax = 20;
/** Changes that are shown before a question. */
const shownMax = 200;

/**
 * Loads. A cluster that is loaded already is changed as planned: at the revision of the plan, or at
 * a later one at which the plan is still the same.
 */
export const load = async (
  shell: Shell,
  client: Client,
  flags: { readonly yes?: true; readonly ifMatch?: number },
  body: LoadBody,
  options: Omit<LoadOptions, 'dryRun'>,
): Promise<Loaded> => {
  const { cluster } = await client.status({ summary: true, signal: shell.signal });
  if (cluster === null || (flags.yes && !shell.interactive)) return client.load(body, options);
  let confirmed = '';
  for (let attempt = 1; ; attempt += 1) {
    const plan = await client.planLoad(body, options);
    const content = JSON.stringify([plan.cluster, plan.changes]);
    if (plan.events.length > 0 && content !== confirmed) {
      if (confirmed !== '') shell.say('The cluster has changed meanwhile, and so has the plan.\n');
      await confirm(shell, flags, plan);
      confirmed = content;
    }
    try {
      return await client.load(body, { ...options, ifMatch: flags.ifMatch ?? plan.revision });
    } catch (error) {
      const moved = error instanceof ApiError && error.code === 'revision-mismatch';
      if (!moved || flags.ifMatch !== undefined || attempt === attemptsMax) throw error;
    }
  }
};

/** Shows a plan and asks, unless it only adds what is new or was agreed to beforehand. */
const confirm = async (
  shell: Shell,
  { yes }: { readonly yes?: true },
  plan: LoadPlan,
): Promise<void> => {
  const { change, remove } = plan.counts;
  const onlyAdds = change + remove === 0;
  const isRestoring = plan.changes.some(({ kind }) => kind === 'missing role');
  if (!shell.interactive && onlyAdds && !isRestoring) return;
  for (const line of planLines(plan, shell.palette, shownMax)) shell.say(`${line}\n`);
  if (yes || (!shell.interactive && onlyAdds)) return;
  if (!shell.interactive)
    throw new Failure(
      'usage',
      `the load would change what is loaded (${planSummary(plan)}); nothing was loaded`,
      'Look at the plan with --dry-run, and agree to it with --yes.',
    );
  if (!(await askWhether(shell, `Change ${plan.cluster ?? 'the cluster'} as planned?`)))
    throw new Failure('failed', 'nothing was loaded');
};

/** The files as the station takes them. */
export const readFiles = async (shell: Shell, flags: FilesFlags): Promise<LoadBody> => {
  const facts = await textOf(flags.facts);
  const passwords = await passwordsIn(facts);
  return {
    facts,
    ...(Object.keys(passwords).length > 0 ? { passwords } : {}),
    roles: (await Promise.all((flags.roles ?? []).map((path) => rolesIn(shell, path)))).flat(),
  };
};

const textOf = async (path: string): Promise<LoadBody['facts']> => ({
  name: path,
  text: await readText(path),
});

/** What files of roles are called; `.ede` are Halon's. */
const roleFile = /\.(ya?ml|ede)$/;

const rolesIn = async (shell: Shell, path: string): Promise<LoadBody['roles']> => {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return [await textOf(path)];
  const found = (await readdir(path)).filter((name) => !name.startsWith('.')).sort();
  const names = found.filter((name) => roleFile.test(name));
  if (names.length === 0) throw new Failure('usage', `there is no .yaml or .ede file in ${path}`);
  const others = found.filter((name) => !roleFile.test(name));
  if (others.length > 0)
    shell.say(
      `note: of ${path}, only .yaml, .yml and .ede files are read, not ${listed(others)}\n`,
    );
  return Promise.all(names.map((name) => textOf(join(path, name))));
};

/** The first few of many names. */
const listed = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} …` : names.join(', ');

export const sayWarnings = (shell: Shell, { warnings }: Pick<Loaded, 'warnings'>): void => {
  for (const line of problemLines(warnings)) shell.say(`warning: ${line}\n`);
};

const verifiedLines = (plan: LoadPlan): string[] => [
  'The files are right; nothing was loaded.',
  plan.events.length === 0
    ? `The cluster at revision ${plan.revision} already is as they say.`
    : `To load them means ${planSummary(plan)} at revision ${plan.revision}; see --dry-run.`,
];

const dryRunLines = (shell: Shell, plan: LoadPlan): Iterable<string> =>
  plan.events.length === 0
    ? [`Dry run at revision ${plan.revision}: nothing would change.`, ...keptLines(plan.kept)]
    : planLines(plan, shell.palette);

export const loadedLines = (reply: Loaded): string[] => {
  const { revision, changed, waiting, missing, kept } = reply;
  return [
    changed
      ? `Loaded; revision ${revision}.`
      : `Already loaded: nothing to change at revision ${revision}.`,
    ...loadedFields(reply).map(([name, value]) => `${`  ${name}:`.padEnd(20)}${value}`),
    ...(waiting.length === 0
      ? []
      : [
          `  waiting:          ${counted(waiting.length, 'host')} for the agent to report; see: halctl cluster status`,
        ]),
    ...missing.map((one) => `  missing:          ${missingText(one)}`),
    ...keptLines(kept),
  ];
};

/** The files that facts name as `password_file`, beside the facts; the station cannot read them. */
const passwordsIn = async (facts: LoadBody['facts']): Promise<Record<string, string>> => {
  if (!facts.text.includes('password_file')) return {};
  const { parseDocument, isScalar, visit } = await import('yaml');
  const names = new Set<string>();
  visit(parseDocument(facts.text), {
    Pair: (_key, { key, value }) => {
      if (isScalar(key) && key.value === 'password_file' && isScalar(value))
        names.add(value.source ?? String(value.value));
    },
  });
  const passwords = Array.from(
    names,
    async (name) => [name, (await textOf(resolve(dirname(facts.name), name))).text] as const,
  );
  return Object.fromEntries(await Promise.all(passwords));
};
