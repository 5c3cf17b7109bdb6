/** What a source of groups says: names, and who is in them. */

/** Names of nodes, or a nodeset that may name other groups. */
export type Members = string | readonly string[];

export interface Listing {
  readonly groups: ReadonlyMap<string, Members>;
  /** All nodes that it knows, where it can say so; else those of all its groups. */
  readonly all?: Members;
  /** What it holds that cannot be used; the rest can. */
  readonly warnings: readonly string[];
}

/** Where groups come from. Other schedulers and inventories implement this. */
export interface GroupSource {
  /** As in `@name:group`. */
  readonly name: string;
  readonly kind: string;
  /** What is known at once, where nobody has to be asked. */
  readonly now?: () => Listing;
  /** Beside `now`: how old that is, where it is not of this moment. */
  readonly state?: () => { readonly readAt: number | null; readonly error: string | null };
  /**
   * Asks for it.
   *
   * @throws Error in one line; the listing before stays
   */
  readonly load?: (signal: AbortSignal) => Promise<Listing>;
}

/** Groups of one source. */
export const groupsMax = 4096;
const warningsMax = 20;

/** What nodesets could not say, or would read as something else. */
const legal = /^[A-Za-z0-9_][A-Za-z0-9_.=+/~%-]{0,127}$/;
export const isGroupName = (name: string): boolean => legal.test(name);

/** Gathers groups; names that are none become warnings, and only a first few of these are said. */
export class ListingMaker {
  readonly #groups = new Map<string, Members>();
  readonly #warnings: string[] = [];
  #unsaid = 0;

  warn(warning: string): void {
    if (this.#warnings.length < warningsMax) this.#warnings.push(warning.slice(0, 300));
    else this.#unsaid++;
  }

  add(name: string, members: Members): void {
    if (!isGroupName(name)) {
      this.warn(
        `${JSON.stringify(name.slice(0, 128))} is no name of a group: letters, digits and _ . - + = / ~ %`,
      );
      return;
    }
    if (this.#groups.has(name)) this.warn(`${name} is there twice; the first one counts`);
    else if (this.#groups.size >= groupsMax)
      this.warn(`there are more than ${groupsMax} groups; ${name} is left out`);
    else this.#groups.set(name, members);
  }

  made(all?: Members): Listing {
    const more = this.#unsaid === 0 ? [] : [`and ${this.#unsaid} more`];
    return {
      groups: this.#groups,
      ...(all === undefined ? {} : { all }),
      warnings: [...this.#warnings, ...more],
    };
  }
}

/** Puts names together by group. */
export class NamesByGroup {
  readonly #names = new Map<string, string[]>();

  add(group: string, name: string): void {
    const names = this.#names.get(group);
    if (names) names.push(name);
    else this.#names.set(group, [name]);
  }

  listing(all?: Members): Listing {
    const maker = new ListingMaker();
    for (const [group, names] of this.#names) maker.add(group, names);
    return maker.made(all);
  }
}
