/** What is being typed into a field that takes effect once it is left. */

import type { TargetedEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';

type Field = HTMLInputElement | HTMLTextAreaElement;

interface Draft {
  readonly value: string;
  readonly onInput: (event: TargetedEvent<Field>) => void;
  readonly onChange: (event: TargetedEvent<Field>) => void;
}

/**
 * The attributes of such a field. Whatever is drawn while somebody types, what he has typed stays: a
 * field that only knew what holds would be given that back.
 *
 * @param value what holds
 * @param change told of what the field is left with
 */
export const useDraft = (value: string, change: (text: string) => void): Draft => {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  return {
    value: draft,
    onInput: ({ currentTarget }) => setDraft(currentTarget.value),
    onChange: ({ currentTarget }) => change(currentTarget.value),
  };
};
