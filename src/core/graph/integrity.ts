/** What must never happen to a graph. */

/**
 * A change that would leave a relation broken. It is a bug in a command or a rule, never bad input.
 */
export class GraphIntegrityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'GraphIntegrityError';
  }
}
