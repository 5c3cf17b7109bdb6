/** Facts and roles as files, in and out. */

import { declarationFrom } from '../config/declaration.ts';
import type { DeclarationFiles } from '../config/declaration.ts';
import { dumpDeclaration } from '../config/dump.ts';
import type { Problem } from '../config/problem.ts';
import type { Declaration } from '../core/facts.ts';
import type { SecretStore } from './secrets.ts';

export { dumpDeclaration };

export type ReadFiles =
  | {
      readonly ok: true;
      readonly declaration: Declaration;
      readonly warnings: readonly Problem[];
      /**
       * Puts the credentials that the files hold into the secret store, where the declaration
       * refers to them.
       */
      readonly keepSecrets: (store: SecretStore) => void;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export const readFiles = (files: DeclarationFiles): ReadFiles => {
  const read = declarationFrom(files);
  if (!read.ok) return read;
  const { declaration, warnings, secrets } = read;
  return { ok: true, declaration, warnings, keepSecrets: (store) => store.put(secrets) };
};
