/** Lists, page by page. */

import { Type } from 'typebox';
import type { TArray, TObject, TSchema } from 'typebox';
import { nullable, RevisionNumber } from './values.ts';

const next = nullable(
  Type.String({ description: 'Cursor of the next page; null on the last one.' }),
);

export const page = <S extends TSchema>(item: S): TObject<PageOf<S>> =>
  Type.Object({ revision: RevisionNumber, items: Type.Array(item), next });

export type PageOf<S extends TSchema> = {
  revision: typeof RevisionNumber;
  items: TArray<S>;
  next: typeof next;
};

export type Page<T> = { revision: number; items: T[]; next: string | null };
