/** Writing a note, as it is typed. */

/** A text that begins with a dash would be taken for an option. */
export const noteCommand = (machine: string, text: string): readonly string[] => [
  ...['halctl', 'note', machine],
  ...(text.startsWith('-') ? ['--'] : []),
  text || '...',
];
