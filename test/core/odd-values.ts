/** Values that a shell, systemd or YAML might take for more than text. */

export const oddValues: Readonly<Record<string, string>> = {
  EMPTY: '',
  SPACES: '  two  spaces  ',
  SINGLE: "it's",
  DOUBLE: 'say "yes"',
  DOLLAR: '$HOME ${HOME} $(id) $$',
  BACKTICKS: '`id`',
  BACKSLASHES: '\\ \\\\ \\n \\$ \\" a\\',
  SEMICOLON: 'a; b & c | d > e # f',
  GLOB: '* ? [a] {a,b} ~ !!',
  UNICODE: 'Grüße, 世界 🜁',
  EQUALS: 'a=b=c',
  TABS: '\ta\tb\t',
};

/** With line breaks, which roles may not have: an older log may. */
export const oddLines: Readonly<Record<string, string>> = {
  LINES: 'one\ntwo $HOME\n\n# no comment\nA=b\n',
  CONTINUED: 'one\\\ntwo',
};
