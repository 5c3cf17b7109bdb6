/** Entity tags (RFC 9110 §8.8.3). */

/** Whether an If-None-Match names a tag: a list, compared weakly (RFC 9110 §13.1.2). */
export const holds = (header: string | undefined, tag: string): boolean => {
  const weak = (one: string): string => one.trim().replace(/^W\//, '');
  return (
    header !== undefined &&
    header.split(',').some((one) => one.trim() === '*' || weak(one) === weak(tag))
  );
};
