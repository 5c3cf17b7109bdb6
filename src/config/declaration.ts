/** From the texts of facts and roles files to one declaration, or to everything that is wrong with them. */

import type { Declaration } from '../core/facts.ts';
import type { Problem } from './problem.ts';

/** A file as somebody read it; `name` is what problems call it. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

export interface DeclarationFiles {
  readonly facts: SourceFile;
  readonly roles: readonly SourceFile[];
  /** Halon's list of node roles (`halon_roles.yaml`); given, the hosts' node roles must be in it. */
  readonly halonRoles?: SourceFile;
  /** Contents of the files that the facts name as `password_file`, by that name. */
  readonly passwords?: Readonly<Record<string, string>>;
}

/** What an out-of-band manager asks for. Belongs into the secret store and nowhere else. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export type DeclarationResult =
  | {
      readonly ok: true;
      readonly declaration: Declaration;
      /** By the reference that a host's `obm.secret` holds. */
      readonly secrets: ReadonlyMap<string, Credentials>;
      /** What loads, but probably does not mean what was meant. Sorted like problems. */
      readonly warnings: readonly Problem[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Parses, checks and joins a facts file and any number of roles files, each in Halcyon's or Halon's format.
 *
 * @returns every problem at once, sorted by file and line, where there is one
 */
export const declarationFrom = (files: DeclarationFiles): DeclarationResult => ({
  ok: false,
  problems: [{ file: files.facts.name, line: 1, column: 1, path: '', message: 'Not read yet.' }],
});
