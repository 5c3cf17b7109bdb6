/** Which machine of the cluster is meant by a name from elsewhere: a scheduler, a file of groups, somebody who types. */

/** Names of the cluster's machines, to be found by what others call them. */
export class MachineNames {
  readonly #hosts: ReadonlySet<string>;
  /** By each beginning of a host's name that ends before a dot; null: of several hosts. */
  readonly #byStem = new Map<string, string | null>();

  /** @param hosts as the cluster has them */
  constructor(hosts: Iterable<string>) {
    this.#hosts = new Set(hosts);
    for (const host of this.#hosts)
      for (let dot = host.indexOf('.'); dot > 0; dot = host.indexOf('.', dot + 1)) {
        const stem = host.slice(0, dot);
        this.#byStem.set(stem, this.#byStem.has(stem) ? null : host);
      }
  }

  /**
   * The host of that name; else the only one whose name goes on with a dot, as n1.site does for n1; else the one
   * that is called as the name is before its dot. A name of another site is never taken for one of ours.
   */
  match(name: string): string | undefined {
    const lower = name.toLowerCase();
    if (this.#hosts.has(lower)) return lower;
    const longer = this.#byStem.get(lower);
    if (longer !== undefined) return longer ?? undefined;
    const label = lower.slice(0, Math.max(lower.indexOf('.'), 0));
    return this.#hosts.has(label) ? label : undefined;
  }

  /** Whether a name could be one of several machines. */
  isAmbiguous(name: string): boolean {
    const lower = name.toLowerCase();
    return !this.#hosts.has(lower) && this.#byStem.get(lower) === null;
  }
}
