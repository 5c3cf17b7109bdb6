/** The files of a load: chosen, dropped, or written. */

import type { JSX, RefObject } from 'preact';
import { useState } from 'preact/hooks';
import { announce } from '../../state/announce.ts';
import { editedMax, FileRefused, readFile, withFiles } from './files.ts';
import type { Files, TextFile } from './files.ts';

interface FileFieldsProps {
  readonly files: Files;
  readonly change: (files: Files) => void;
  /** By the name of a file, its field. */
  readonly fields: RefObject<Map<string, HTMLTextAreaElement>>;
}

export const FileFields = ({ files, change, fields }: FileFieldsProps): JSX.Element => {
  const [isOver, setOver] = useState(false);
  const take = async (chosen: readonly File[]): Promise<void> => {
    try {
      const read = await Promise.all(chosen.map(readFile));
      change(withFiles(files, read));
      announce(`Read: ${read.map(({ name }) => name).join(', ')}`);
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error;
      announce(error.message, 'bad');
    }
  };
  const hasFiles = (event: DragEvent): boolean =>
    event.dataTransfer?.types.includes('Files') ?? false;
  return (
    <div
      class={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(false);
        void take([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <label>
        Choose files of facts and roles, or drop them here{' '}
        <input
          type="file"
          multiple
          accept=".yaml,.yml,.ede,text/plain"
          onChange={({ currentTarget }) => {
            const chosen = [...(currentTarget.files ?? [])];
            // The same file, changed, can be chosen again.
            currentTarget.value = '';
            void take(chosen);
          }}
        />
      </label>
      <FileField
        label="Facts"
        file={files.facts}
        change={(facts) => change({ ...files, facts })}
        fields={fields}
      />
      {files.roles.map((file, index) => (
        <FileField
          key={file.name}
          label={`Roles, ${file.name}`}
          file={file}
          change={(next) => change({ ...files, roles: files.roles.with(index, next) })}
          fields={fields}
          remove={() => change({ ...files, roles: files.roles.toSpliced(index, 1) })}
        />
      ))}
      <button
        type="button"
        onClick={() =>
          change({ ...files, roles: [...files.roles, { name: freeName(files), text: '' }] })
        }
      >
        Write a file of roles
      </button>
    </div>
  );
};

const freeName = ({ roles }: Files): string => {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? 'roles.yaml' : `roles-${count}.yaml`;
    if (!roles.some((file) => file.name === name)) return name;
  }
};

interface FileFieldProps {
  readonly label: string;
  readonly file: TextFile;
  readonly change: (file: TextFile) => void;
  readonly fields: FileFieldsProps['fields'];
  readonly remove?: () => void;
}

const FileField = ({ label, file, change, fields, remove }: FileFieldProps): JSX.Element => {
  const { name, text } = file;
  const isEdited = text.length <= editedMax;
  return (
    <div class="file">
      <div class="bar">
        <strong>{label}</strong>
        <span class="quiet">
          {name}, {text.length.toLocaleString('en')} characters
        </span>
        {remove ? (
          <button type="button" onClick={remove} aria-label={`Leave out ${name}`}>
            Leave it out
          </button>
        ) : null}
      </div>
      {isEdited ? (
        <textarea
          aria-label={label}
          rows={12}
          spellcheck={false}
          wrap="off"
          value={text}
          ref={(element) => {
            if (element) fields.current?.set(name, element);
            else fields.current?.delete(name);
          }}
          onInput={({ currentTarget }) => change({ name, text: currentTarget.value })}
        />
      ) : (
        <p class="quiet">It is too long to be changed here; it is loaded as it is.</p>
      )}
    </div>
  );
};
