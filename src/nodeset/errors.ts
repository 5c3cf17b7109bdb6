/** What is wrong with a nodeset, and where. */

export class NodesetError extends Error {
  override readonly name: string = 'NodesetError';
  /** Of the character that is to blame, from 1 on; undefined where it is the nodeset as a whole. */
  readonly position: number | undefined;

  constructor(message: string, position?: number) {
    super(position === undefined ? message : `${message} (at character ${position})`);
    this.position = position;
  }
}

/** There is no such group, or no such source of groups. Never the same as an empty one. */
export class UnknownGroupError extends NodesetError {
  override readonly name = 'UnknownGroupError';
  /** As it was written, with its `@`. */
  readonly group: string;

  /** @param advice what to do instead, such as `Did you mean "@savio3"?` */
  constructor(group: string, advice = '', what = 'group') {
    super(`there is no ${what} "${group}"${advice === '' ? '' : `. ${advice}`}`);
    this.group = group;
  }
}
