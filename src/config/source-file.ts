/** A file as it comes in. */

/** A file as somebody read it; `name` is what problems call it. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}
