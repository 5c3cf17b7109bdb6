/** What a lint rule of our own is to the linter, as far as ours need it. */

export interface Rule<Node> {
  create(context: Context<Node>): Readonly<Record<string, (node: Node) => void>>;
}

export interface Context<Node> {
  /** Absolute. */
  readonly filename: string;
  /** Where the linter runs: the root of the checkout. */
  readonly cwd: string;
  report(found: { readonly node: Node; readonly message: string }): void;
}
