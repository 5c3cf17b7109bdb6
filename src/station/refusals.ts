/** Commands that the log refuses, or a takeover: many at a time while that lasts, and none is a bug. */

const codes: ReadonlySet<unknown> = new Set([
  ...['append-failed', 'history-lost', 'log-busy', 'log-unavailable'],
  ...['not-leading', 'outcome-unknown', 'revision-conflict'],
]);

export type RefusedError = Error & { readonly code: string };

/** Whether that is all there is to say: what was refused, and why, but not where in the code. */
export const isRefusal = (error: unknown): error is RefusedError =>
  error instanceof Error && codes.has((error as { readonly code?: unknown }).code);

/** What is logged of an error: of a refusal its words alone, of anything else all there is. */
export const loggedOf = (error: unknown): object =>
  isRefusal(error) ? { code: error.code, why: error.message } : { err: error };
