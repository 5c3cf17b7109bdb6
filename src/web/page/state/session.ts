/** Who has signed in. */

import type { ProblemDetails, Token } from '../../../client/types.ts';
import { ApiError, UnreachableError } from '../../../client/errors.ts';
import { folder } from './router.ts';
import { pageFetch } from './station.ts';

/** What a person shows to be let in. */
export type Credentials =
  | { readonly user: string; readonly password: string; readonly code?: string }
  | { readonly token: string }
  | { readonly link: string };

const asked = async (method: string, body?: object): Promise<Response> => {
  const url = new URL('session', folder);
  try {
    return await pageFetch(url, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  } catch (error) {
    throw new UnreachableError([{ url: folder.href, cause: String((error as Error).message) }]);
  }
};

const answered = async <T>(answer: Response): Promise<T> => {
  const said = (await answer.json()) as unknown;
  if (!answer.ok) throw new ApiError(said as ProblemDetails);
  return said as T;
};

/** All tabs of a browser have one cookie, so that whoever signs in or out in one of them does it in all. */
const tabs = new BroadcastChannel(`halcyon session ${folder.href}`);

/** Told when somebody has signed in or out in another tab. */
export const onOtherTab = (listener: () => void): (() => void) => {
  tabs.addEventListener('message', listener);
  return () => tabs.removeEventListener('message', listener);
};

/** Whoever has signed in; null: nobody. @throws {ApiError | UnreachableError} it is not known */
export const whoIsIn = async (): Promise<Token | null> => {
  const answer = await asked('GET');
  if (answer.status === 401) return null;
  return answered<Token>(answer);
};

/** Begins a session, which the browser keeps where no page can read it. @throws {ApiError | UnreachableError} */
export const signIn = async (credentials: Credentials): Promise<Token> => {
  const who = await answered<Token>(await asked('POST', credentials));
  tabs.postMessage('in');
  return who;
};

/** Ends the session. @throws {ApiError | UnreachableError} it may go on */
export const signOut = async (): Promise<void> => {
  const answer = await asked('DELETE');
  if (!answer.ok && answer.status !== 401) await answered(answer);
  tabs.postMessage('out');
};

/** What to call somebody. */
export const nameOf = ({ user, name, id }: Token): string => user ?? (name || `token ${id}`);
