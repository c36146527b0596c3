// What the document says of each operation, as types.
import type { paths } from "./generated/schema.js";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that have this method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never;
}[keyof paths];

type Operation<M extends Method, P extends PathOf<M>> = paths[P][M];

type Content<O, Type extends string> = O extends { responses: infer All }
  ? {
      [Status in keyof All]: Status extends 200 | 201 | 202
        ? All[Status] extends { content: Record<Type, infer Body> }
          ? Body
          : never
        : never;
    }[keyof All]
  : never;

/** What a success brings: the member `data` of its envelope. */
export type Data<M extends Method, P extends PathOf<M>> = Unwrapped<Content<Operation<M, P>, "application/json">>;
type Unwrapped<Envelope> = Envelope extends { data: infer D } ? D : undefined;

type Body<O> = O extends { requestBody?: infer R } ? Sent<NonNullable<R>> : never;
// distributes over nothing when an operation has no body, and is `never` then
type Sent<R> = R extends { content: { "application/json": infer B } } ? B : never;
type Path<O> = O extends { parameters: { path: infer P } } ? { path: P } : { path?: undefined };
type Query<O> = O extends { parameters: { query: infer Q } }
  ? { query: Q }
  : O extends { parameters: { query?: infer Q } }
    ? { query?: Q }
    : { query?: undefined };
type Given<O> = [Body<O>] extends [never]
  ? { body?: undefined }
  : O extends { requestBody: unknown }
    ? { body: Body<O> }
    : { body?: Body<O> };

/** What may come with every request. */
export interface Options {
  /** The idempotency key, when the caller remembers it over a restart; otherwise each call makes its own. */
  key?: string;
  headers?: Record<string, string> | undefined;
  signal?: AbortSignal;
}

/** What an operation takes. Each path by itself: the product of what all of them take is too large for the compiler. */
export type Arguments<M extends Method, P extends PathOf<M>> = P extends PathOf<M> ? Taken<Operation<M, P>> : never;
type Taken<O> = Path<O> & Query<O> & Given<O> & Options;

/** The arguments, which may be left out when nothing is required. */
export type Rest<M extends Method, P extends PathOf<M>> =
  Record<never, never> extends Arguments<M, P> ? [given?: Arguments<M, P>] : [given: Arguments<M, P>];

/** The paths of streams. */
export type StreamPath = {
  [P in PathOf<"get">]: [Content<Operation<"get", P>, "text/event-stream">] extends [never] ? never : P;
}[PathOf<"get">];

/** What the messages of a stream bring. The document does not say it of streams with messages of several kinds. */
export type StreamData<P extends StreamPath> =
  Content<Operation<"get", P>, "text/event-stream"> extends string ? unknown : Content<Operation<"get", P>, "text/event-stream">;

/** The arguments without their types, as the client handles them. */
export interface Plain extends Options {
  path?: object | undefined;
  query?: object | undefined;
  body?: unknown;
}
