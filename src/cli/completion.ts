/**
 * Completion scripts, made from the tree of commands.
 *
 * Each script holds one table: for every command its subcommands and flags, and what can follow a
 * flag or stand as an argument. Names of hosts, roles and contexts are asked from `halctl
 * completion names`, which answers soon or not at all.
 */

import { everyCommand } from './command-tree.ts';
import type { CommandNode, Flag } from './command-tree.ts';

export const completionShells = ['bash', 'zsh', 'fish'] as const;
export type CompletionShell = (typeof completionShells)[number];

/** What `halctl completion names` knows. */
export const nameKinds = ['hosts', 'roles', 'contexts'] as const;
export type NameKind = (typeof nameKinds)[number];

/** Placeholders of flags and arguments whose values can be asked for. */
const kindOf: Readonly<Record<string, NameKind>> = {
  host: 'hosts',
  'host-or-fid': 'hosts',
  nodeset: 'hosts',
  role: 'roles',
  context: 'contexts',
};
const paths: ReadonlySet<string> = new Set(['file', 'dir', 'path']);

/** What may stand somewhere: given words, names to be asked for, or files. */
interface Values {
  readonly words: readonly string[];
  readonly kind: NameKind | undefined;
  readonly isPath: boolean;
}

const valuesOf = (placeholder: string, choices: readonly string[]): Values => ({
  words: choices,
  kind: kindOf[placeholder],
  isPath: paths.has(placeholder),
});

/** How a table's key is written: the words after the program's name. */
const keyOf = ({ path }: CommandNode): string => path.slice(1).join(' ');

interface Row {
  readonly key: string;
  readonly node: CommandNode;
  readonly flags: readonly Flag[];
}

/** Flags of the program stand with every command. */
const rowsOf = (program: CommandNode): Row[] =>
  [...everyCommand(program)].map((node) => ({
    key: keyOf(node),
    node,
    flags: node === program ? node.flags : [...node.flags, ...program.flags.filter(isGlobal)],
  }));

const isGlobal = ({ names }: Flag): boolean => !names.includes('--version');

const namesOf = ({ path, aliases }: CommandNode): string[] => [path.at(-1) ?? '', ...aliases];

/** Every way to get from a command to a subcommand: `cluster`, `node` -> `cluster node`. */
const stepsOf = (program: CommandNode): { from: string; word: string; to: string }[] =>
  [...everyCommand(program)].flatMap((node) =>
    node.children.flatMap((child) =>
      namesOf(child).map((word) => ({ from: keyOf(node), word, to: keyOf(child) })),
    ),
  );

const single = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const withValue = ({ flags }: Row): Flag[] => flags.filter(({ value }) => value !== undefined);

const positionalValues = ({ node }: Row): Values[] =>
  node.positionals.map(({ name, choices }) => valuesOf(name, choices));

const allValueFlags = (rows: readonly Row[]): string[] => [
  ...new Set(rows.flatMap((row) => withValue(row).flatMap(({ names }) => names))),
];

const bash = (program: CommandNode): string => {
  const rows = rowsOf(program);
  const values = ({ words, kind, isPath }: Values): string => {
    if (kind !== undefined) return `_halctl_offer "$(halctl completion names ${kind} 2>/dev/null)"`;
    if (isPath) return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")';
    return `_halctl_offer ${single(words.join(' '))}`;
  };
  const flagCases = rows.flatMap((row) =>
    withValue(row).map(
      ({ names, value = '', choices }) =>
        `    ${names.map((name) => single(`${row.key} ${name}`)).join('|')}) ${values(valuesOf(value, choices))}; return ;;`,
    ),
  );
  const rowCases = rows.map((row) => {
    const words = [
      ...row.node.children.flatMap(namesOf),
      ...row.flags.flatMap(({ names }) => names.filter((name) => name.startsWith('--'))),
      '--help',
    ];
    const offers = positionalValues(row).map((one, index) => `      ${index}) ${values(one)} ;;`);
    const argument =
      offers.length === 0
        ? ''
        : `\n      [[ $cur == -* ]] || case $given in\n${offers.join('\n')}\n      esac` +
          '\n      [[ ${#COMPREPLY[@]} -gt 0 ]] && return';
    // After a word that is none of its commands, none of them can stand any more.
    const astray =
      row.node.children.length > 0 && row.node.positionals.length === 0
        ? '\n      [[ $given -eq 0 || $cur == -* ]] || return'
        : '';
    return `    ${single(row.key)})${astray}${argument}\n      _halctl_offer ${single(words.join(' '))} ;;`;
  });
  return `# bash completion for halctl. In ~/.bashrc: source <(halctl completion bash)
_halctl_offer() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}
_halctl() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at='' given=0 i word
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${allValueFlags(rows).join('|')}) ((i + 1 < COMP_CWORD)) && ((i++)); continue ;;
      -*) continue ;;
    esac
    case "$at|$word" in
${stepsOf(program)
  .map(({ from, word, to }) => `      ${single(`${from}|${word}`)}) at=${single(to)} ;;`)
  .join('\n')}
      *) ((given++)) ;;
    esac
  done
  case "$at \${COMP_WORDS[COMP_CWORD - 1]}" in
${flagCases.join('\n')}
  esac
  case $at in
${rowCases.join('\n')}
  esac
}
complete -F _halctl halctl
`;
};

const zsh = (program: CommandNode): string => {
  const rows = rowsOf(program);
  const values = ({ words, kind, isPath }: Values): string => {
    if (kind !== undefined)
      return `compadd -- \${(f)"$(halctl completion names ${kind} 2>/dev/null)"}`;
    if (isPath) return '_files';
    return words.length === 0 ? '_message value' : `compadd -- ${words.map(single).join(' ')}`;
  };
  const described = (name: string, description: string): string =>
    single(`${name.replaceAll(':', '\\:')}:${description}`);
  const flagCases = rows.flatMap((row) =>
    withValue(row).map(
      ({ names, value = '', choices }) =>
        `    ${names.map((name) => single(`${row.key} ${name}`)).join('|')}) ${values(valuesOf(value, choices))}; return ;;`,
    ),
  );
  const rowCases = rows.map((row) => {
    const commands = row.node.children.flatMap((child) =>
      namesOf(child).map((name) => described(name, child.description)),
    );
    const flags = row.flags.flatMap(({ names, description }) =>
      names.filter((name) => name.startsWith('--')).map((name) => described(name, description)),
    );
    const offers = positionalValues(row).map((one, index) => `        ${index}) ${values(one)} ;;`);
    return [
      `    ${single(row.key)})`,
      ...(commands.length === 0
        ? []
        : [`      list=(${commands.join(' ')})`, `      _describe -t commands command list`]),
      ...(offers.length === 0 ? [] : ['      case $given in', ...offers, '      esac']),
      `      list=(${[...flags, described('--help', 'show help')].join(' ')})`,
      '      _describe -o -t options option list ;;',
    ].join('\n');
  });
  return `#compdef halctl
# zsh completion for halctl. In ~/.zshrc, after compinit: source <(halctl completion zsh)
_halctl() {
  local at='' word i given=0
  local -a list
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    case $word in
      ${allValueFlags(rows).join('|')}) ((i + 1 < CURRENT)) && ((i++)); continue ;;
      -*) continue ;;
    esac
    case "$at|$word" in
${stepsOf(program)
  .map(({ from, word, to }) => `      ${single(`${from}|${word}`)}) at=${single(to)} ;;`)
  .join('\n')}
      *) ((given++)) ;;
    esac
  done
  case "$at \${words[CURRENT - 1]}" in
${flagCases.join('\n')}
  esac
  case $at in
${rowCases.join('\n')}
  esac
}
compdef _halctl halctl
`;
};

const fish = (program: CommandNode): string => {
  const rows = rowsOf(program);
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const values = ({ words, kind, isPath }: Values): string => {
    if (kind !== undefined) return `-xa '(halctl completion names ${kind} 2>/dev/null)'`;
    if (isPath) return '-rF';
    return words.length === 0 ? '-x' : `-xa ${quoted(words.join(' '))}`;
  };
  const at = (key: string): string => quoted(`_halctl_at "${key}"`);
  const lines = rows.flatMap((row) => [
    ...row.node.children.flatMap((child) =>
      namesOf(child).map(
        (name) => `complete -c halctl -n ${at(row.key)} -a ${name} -d ${quoted(child.description)}`,
      ),
    ),
    ...row.flags.map(({ names, value, choices, description }) => {
      const long = names.find((name) => name.startsWith('--'))?.slice(2) ?? '';
      const short = names.find((name) => /^-[^-]$/.test(name))?.slice(1);
      const parts = [`-l ${long}`, ...(short === undefined ? [] : [`-s ${short}`])];
      if (value !== undefined) parts.push(values(valuesOf(value, choices)));
      return `complete -c halctl -n ${at(row.key)} ${parts.join(' ')} -d ${quoted(description)}`;
    }),
    ...positionalValues(row)
      .filter(({ words, kind }) => words.length > 0 || kind !== undefined)
      .map((one) => `complete -c halctl -n ${at(row.key)} ${values(one)}`),
  ]);
  return `# fish completion for halctl. In ~/.config/fish/config.fish: halctl completion fish | source
function _halctl_at
  set -l at ''
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip -eq 1
      set skip 0
      continue
    end
    switch $word
      case ${allValueFlags(rows).join(' ')}
        set skip 1
        continue
      case '-*'
        continue
    end
    switch "$at|$word"
${stepsOf(program)
  .map(
    ({ from, word, to }) => `      case ${quoted(`${from}|${word}`)}\n        set at ${quoted(to)}`,
  )
  .join('\n')}
    end
  end
  test "$at" = "$argv[1]"
end
complete -c halctl -f
${lines.join('\n')}
`;
};

const writers: { readonly [S in CompletionShell]: (program: CommandNode) => string } = {
  bash,
  zsh,
  fish,
};

/** The completion script of a shell for a tree of commands. */
export const completionScript = (shell: CompletionShell, program: CommandNode): string =>
  writers[shell](program);
