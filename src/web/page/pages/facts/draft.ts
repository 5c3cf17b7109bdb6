/** What was written as facts and roles stays while other pages are looked at, for whoever has written it. */

import { useEffect, useState } from 'preact/hooks';
import { useSession } from '../../state/who.ts';
import { noFiles } from './files.ts';
import type { Files } from './files.ts';

/** In no storage of the browser: there may be passwords in it. */
let kept: { readonly signedIn: number; readonly files: Files } | undefined;

export const useFilesDraft = (): readonly [Files, (files: Files) => void] => {
  const { signedIn } = useSession();
  const [files, setFiles] = useState(kept?.signedIn === signedIn ? kept.files : noFiles);
  useEffect(() => {
    kept = { signedIn, files };
  }, [signedIn, files]);
  return [files, setFiles];
};
