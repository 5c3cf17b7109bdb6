/** Whole answers about the fleet as it is now, and pages of them. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { QueryOf } from '../../contract/endpoint.ts';
import type * as contract from '../../contract/fleet.ts';
import type { Freshened } from '../../contract/fleet.ts';
import type { FleetRow } from '../../checks/view/row.ts';
import type { Turn } from '../../station/fair-use/turns.ts';
import type { FleetCut } from '../../station/fleet/fleet.ts';
import type { Station } from '../../station/station.ts';
import { askerOf, principalOf } from '../asker.ts';
import { ApiError } from '../errors.ts';
import { holds } from '../tags.ts';
import { Answers, gzipped, sendable, tagOf, takesGzip } from './answers.ts';
import type { Answer } from './answers.ts';
import { askedOf } from './asked.ts';
import type { Asked, Format } from './asked.ts';
import { checksShown } from './freshness.ts';
import type { Freshness } from './freshness.ts';
import { Once } from './once.ts';
import { KeptPages } from './pages.ts';
import type { Pages } from './pages.ts';
import { metaOf, seenIn, surroundingsOf } from './surroundings.ts';
import { Blocks, bytesIn, pieceOf } from './pieces.ts';
import type { Piece } from './pieces.ts';
import { blockedText, hasBlocks, machineText, mediaTypes, passing, writtenIn } from './text.ts';

type FleetQuery = QueryOf<typeof contract.fleet>;
type Media = Exclude<Format, 'events'>;

/** What is asked, and what answers are known by. */
interface Question {
  readonly key: string;
  readonly asked: Asked;
  readonly seen: ReadonlySet<string> | undefined;
  readonly format: Media;
  readonly fresh: Freshened | undefined;
}

/** How often a look is made again because what it saw was taken back. */
const looks = 3;
const pieceCharacters = 256 * 1024;

export class FleetAnswers {
  readonly #station: Station;
  readonly #freshness: Freshness;
  readonly #kept: Answers;
  readonly #pages: KeptPages;
  readonly #blocks = new Blocks(machineText);
  /** What was looked at for somebody is told to who waited for the same, and made anew for everybody else. */
  readonly #making = new Once<Answer>();

  constructor(station: Station, freshness: Freshness) {
    this.#station = station;
    this.#freshness = freshness;
    this.#kept = new Answers(station.time.monotonic);
    this.#pages = new KeptPages(station.time.monotonic);
  }

  async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    query: FleetQuery,
    format: Media,
  ): Promise<FastifyReply> {
    const station = this.#station;
    const seen = seenIn(station, request, station.graph);
    const asked = askedOf(query, surroundingsOf(station, station.graph, seen));
    const { limit, cursor, max_age, wait, ...question } = query;
    const key = JSON.stringify([format, question, seen ? [...seen] : null]);
    if (max_age !== undefined && cursor !== undefined)
      throw new ApiError('invalid-request', 'all pages are of the moment of the first', {
        field: 'max_age',
      });
    const fresh = await this.#freshness.bring(request, reply, { max_age, wait }, () => ({
      machines: asked.among,
      checks: checksShown(station, asked),
    }));
    if (limit !== undefined || cursor !== undefined)
      return this.#page(request, reply, { asked, seen, key, format, limit, cursor, fresh });
    const { fleet } = station;
    const { version } = fleet.now();
    const now = { version, logged: fleet.logged, isOld: !fleet.isNow };
    const wish = { key, asked, seen, format, fresh };
    const found =
      (fresh ? undefined : this.#kept.find(key, now)) ??
      (await this.#making.do(fresh ? `${key} ${JSON.stringify(fresh)}` : key, () =>
        station.longReads.run(askerOf(reply), () => this.#make(wish)),
      ));
    return this.#send(request, reply, found);
  }

  async #make({ key, asked, seen, format, fresh }: Question): Promise<Answer> {
    const station = this.#station;
    const made = station.time.monotonic();
    const turn = await station.turns.begin('fleet', new AbortController().signal);
    const { cut, pages } = await this.#look(asked, seen, turn);
    const { rows, now, revision } = pages;
    const moment = { ...this.#momentOf(pages), total: rows.length, next: null, fresh };
    const meta = metaOf(asked, moment);
    const written = { asked, meta, rows, now };
    const text = hasBlocks(format, asked)
      ? blockedText(written, this.#blocks)
      : writtenIn(format, written);
    const pieces = await inPieces(text, turn);
    const isText = format !== 'json' && format !== 'ndjson';
    const ages = fresh !== undefined || asked.ages || isText || showsAges(asked);
    // What was found again is no change, and yet younger.
    const since = Math.floor(now / (ages ? 1000 : 60_000));
    const answer = {
      ...{ key, version: cut.version, logged: cut.logged, made },
      tag: tagOf(station.started, cut.version, key, since),
      type: mediaTypes[format],
      ...{ pieces, length: bytesIn(pieces.map(({ bytes }) => bytes)) },
      ...{ revision, gzipped: undefined },
    };
    return fresh ? answer : this.#kept.keep(answer);
  }

  /** Rows that pass, of one moment that the log has. */
  async #look(
    asked: Asked,
    seen: ReadonlySet<string> | undefined,
    turn: Turn,
  ): Promise<{ cut: FleetCut; pages: Pages }> {
    const station = this.#station;
    for (let look = 1; ; look += 1) {
      const cut = await station.fleet.cut(turn);
      const [revision, now] = [station.head, station.now()];
      const settled = station.settled();
      settled?.catch(() => undefined);
      const visible = seen ? cut.rows.filter(({ machine }) => seen.has(machine)) : cut.rows;
      const rows = await finished(passing(visible, asked, now), turn);
      try {
        await settled;
      } catch (error) {
        if (look < looks) continue;
        throw error;
      }
      return { cut, pages: { rows, version: cut.version, revision, now } };
    }
  }

  #momentOf({ version, revision, now }: Pages): { version: string; revision: number; at: number } {
    return { version: `${this.#station.started}-${version}`, revision, at: now };
  }

  async #page(
    request: FastifyRequest,
    reply: FastifyReply,
    given: {
      readonly asked: Asked;
      readonly seen: ReadonlySet<string> | undefined;
      readonly key: string;
      readonly format: Media;
      readonly limit: number | undefined;
      readonly cursor: string | undefined;
      readonly fresh: Freshened | undefined;
    },
  ): Promise<FastifyReply> {
    const { asked, seen, key, format, limit = 1000, cursor, fresh } = given;
    const principal = principalOf(request);
    const station = this.#station;
    return station.longReads.run(askerOf(reply), async (turn) => {
      const begun = cursor === undefined ? undefined : this.#pages.find(cursor, principal, key);
      const pages = begun?.pages ?? (await this.#look(asked, seen, turn)).pages;
      const from = begun?.from ?? 0;
      const more = from + limit < pages.rows.length;
      const id = more ? (begun?.id ?? this.#pages.keep(principal, key, pages)) : '';
      const next = more ? `${id}.${from + limit}` : null;
      const total = pages.rows.length;
      const meta = metaOf(asked, { ...this.#momentOf(pages), total, next, fresh });
      const { now, revision } = pages;
      const rows: readonly FleetRow[] = pages.rows.slice(from, from + limit);
      const pieces = await inPieces(writtenIn(format, { asked, meta, rows, now }), turn);
      const body = Buffer.concat(pieces.map(({ bytes }) => bytes));
      reply.header('halcyon-revision', revision).header('cache-control', 'no-store');
      if (next !== null) reply.header('halcyon-next', next);
      return reply.type(`${mediaTypes[format]}; charset=utf-8`).send(body);
    });
  }

  async #send(request: FastifyRequest, reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
    const { tag, type, pieces, revision } = answer;
    reply
      .header('etag', tag)
      .header('cache-control', 'no-cache')
      .header('halcyon-revision', revision);
    if (holds(request.headers['if-none-match'], tag)) return reply.code(304).send();
    reply.type(`${type}; charset=utf-8`);
    const short = takesGzip(request.headers['accept-encoding']) ? await gzipped(answer) : null;
    if (short) reply.header('content-encoding', 'gzip');
    const { length, payload } = sendable(short ?? pieces.map(({ bytes }) => bytes));
    return reply.header('content-length', length).send(payload);
  }
}

const showsAges = ({ columns, hasColumns, shape }: Asked): boolean =>
  (hasColumns || shape === 'table') && columns.some(({ type }) => type === 'age');

/** Steps to their end, in fair turns. */
const finished = async <T>(steps: Generator<unknown, T>, turn: Turn): Promise<T> => {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (turn.isOver) await turn.next();
  }
};

/** All of a text as bytes, made in fair turns; what is no text goes in as it is. */
const inPieces = async (text: Iterable<string | Piece>, turn: Turn): Promise<readonly Piece[]> => {
  const pieces: Piece[] = [];
  let piece = '';
  const end = (): void => {
    if (piece !== '') pieces.push(pieceOf(Buffer.from(piece)));
    piece = '';
  };
  for (const part of text) {
    if (typeof part === 'string') piece += part;
    else {
      end();
      pieces.push(part);
    }
    if (piece.length >= pieceCharacters) end();
    if (turn.isOver) await turn.next();
  }
  end();
  return pieces;
};
