/** The files of a load: what the page takes, and why it refuses the rest before anything is sent. */

export interface TextFile {
  readonly name: string;
  readonly text: string;
}

/** Facts and roles as somebody has them before they are loaded. */
export interface Files {
  readonly facts: TextFile;
  readonly roles: readonly TextFile[];
}

export const noFiles: Files = { facts: { name: 'facts.yaml', text: '' }, roles: [] };

/** As much as the station takes: characters of a file, files of roles, characters in all. */
export const limits = { file: 8_388_608, roles: 1000, all: 60 * 1024 * 1024 } as const;
/** A longer text is not put into a field, which would make the browser slow. */
export const editedMax = 512 * 1024;

/** Why something cannot be loaded. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';
}

const inMebibytes = (count: number): string => `${(count / 1_048_576).toFixed(1)} MiB`;

/** The text of a file, as it is. @throws {FileRefused} it is too long, or no UTF-8 */
export const readFile = async (file: {
  readonly name: string;
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}): Promise<TextFile> => {
  const { name, size } = file;
  // A character takes four bytes at most.
  if (size > 4 * limits.file)
    throw new FileRefused(
      `${name} has ${inMebibytes(size)}; a file may have ${inMebibytes(limits.file)} at most.`,
    );
  const bytes = await file.arrayBuffer().catch((error: Error) => {
    throw new FileRefused(`${name} cannot be read: ${error.message}`);
  });
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { name, text };
  } catch {
    throw new FileRefused(`${name} is not UTF-8 text; save it as UTF-8.`);
  }
};

/** What is wrong with the files as a whole; undefined: the station can judge them. */
export const whatIsWrong = ({ facts, roles }: Files): string | undefined => {
  if (facts.text.trim() === '') return 'There are no facts yet.';
  if (roles.length > limits.roles)
    return `There are ${roles.length} files of roles; ${limits.roles} may be loaded at once.`;
  const tooLong = [facts, ...roles].find(({ text }) => text.length > limits.file);
  if (tooLong)
    return `${tooLong.name} has ${inMebibytes(tooLong.text.length)}; a file may have ${inMebibytes(limits.file)} at most.`;
  const all = [facts, ...roles].reduce((sum, { text }) => sum + text.length, 0);
  if (all > limits.all)
    return `The files have ${inMebibytes(all)} together; ${inMebibytes(limits.all)} may be loaded at once.`;
  const names = new Set<string>();
  for (const { name } of [facts, ...roles]) {
    if (names.has(name)) return `Two files are called ${name}; errors could not be told apart.`;
    names.add(name);
  }
  return undefined;
};

/** Roles are a list, facts are not: by the first line that says something. */
export const isRolesFile = (text: string): boolean =>
  /^(?:\uFEFF)?(?:\s*(?:#[^\n]*)?\n|---[^\n]*\n)*-\s/.test(text.slice(0, 65_536));

/** With files that were chosen or dropped: facts take the place of facts, roles that of roles of the same name. */
export const withFiles = (before: Files, added: readonly TextFile[]): Files => {
  const facts = added.findLast(({ text }) => !isRolesFile(text)) ?? before.facts;
  const roles = new Map(before.roles.map((file) => [file.name, file]));
  for (const file of added) if (isRolesFile(file.text)) roles.set(file.name, file);
  return { facts, roles: [...roles.values()] };
};
