/** The page to go on to after signing in: one of ours, said from the folder of the pages. */

const pages = /^(?:fleet|machines\/[\w%.-]{1,300})(?:\?[!-~]{0,8000})?$/;

/** What was asked for, if it is one of the pages; else the first one. */
export const ownPage = (said: string | null | undefined): string =>
  typeof said === 'string' && pages.test(said) ? said : 'fleet';

/** The page that a request is for, from the folder of the pages. */
export const pageOf = (url: string): string => ownPage(url.replace(/^\/text\//, ''));

/** From the address of a page to the folder of the pages. */
export const upFrom = (url: string): string => {
  const path = url.split('?')[0]!;
  const folders = path.split('/').length - 3;
  return folders < 0 ? 'text/' : '../'.repeat(folders);
};
