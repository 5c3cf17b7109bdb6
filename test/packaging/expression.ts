/** What an expression of Prometheus asks for: enough of the language for the expressions that are shipped. */

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

export interface Expression {
  readonly selectors: readonly { readonly name: string; readonly matchers: readonly Matcher[] }[];
  /** By which it groups or joins. */
  readonly labels: readonly string[];
}

const words = new Set([
  ...['and', 'or', 'unless', 'bool', 'offset', 'group_left', 'group_right'],
  ...['by', 'without', 'on', 'ignoring'],
]);

/** @throws {Error} a matcher is none */
export const readExpression = (text: string): Expression => {
  const labels: string[] = [];
  const ungrouped = text.replaceAll(
    /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g,
    (_, list: string) => {
      labels.push(...list.split(',').map((label) => label.trim()));
      return ' ';
    },
  );
  const selectors: { name: string; matchers: Matcher[] }[] = [];
  const pattern = /\[[^\]]*\]|"(?:[^"\\]|\\.)*"|([a-zA-Z_:][\w:]*)(\s*\()?(?:\{([^}]*)\})?/g;
  for (const [, name, call, matchers = ''] of ungrouped.matchAll(pattern)) {
    if (name === undefined || call !== undefined || words.has(name)) continue;
    selectors.push({ name, matchers: matchersIn(matchers) });
  }
  return { selectors, labels: labels.filter((label) => label !== '') };
};

const matchersIn = (text: string): Matcher[] => {
  const pattern = /\s*(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;
  const found: Matcher[] = [];
  while (pattern.lastIndex < text.trimEnd().length) {
    const match = pattern.exec(text);
    if (!match) throw new Error(`these are no matchers: ${text}`);
    const [, label = '', operator = '', value = ''] = match;
    found.push({ label, operator, value });
  }
  return found;
};
