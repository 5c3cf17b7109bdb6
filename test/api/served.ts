/** The routes of a server. */

/** What the server itself knows, from the tree of its router. */
export const served = (tree: string): string[] => {
  const found: string[] = [];
  const above: string[] = [];
  for (const line of tree.split('\n')) {
    const match = /^((?:│ {3}| {4})*)(?:├── |└── )(\S*)(?: \(([A-Z, ]+)\))?/.exec(line);
    if (!match) continue;
    const [, indent = '', part = '', methods = ''] = match;
    const depth = indent.length / 4;
    above.splice(depth, Infinity, part);
    for (const method of methods.split(', '))
      if (method !== '' && method !== 'HEAD') found.push(`${method} ${above.join('')}`);
  }
  return found;
};
