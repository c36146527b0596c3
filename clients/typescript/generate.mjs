// Makes src/generated from docs/openapi.json: the types of all operations, and the lists that are needed at run time.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const METHODS = ["get", "post", "put", "patch", "delete"];
const NOTE = "// Made from docs/openapi.json by generate.mjs.\n";

const document = new URL("../../docs/openapi.json", import.meta.url);
const folder = new URL("src/generated/", import.meta.url);
await mkdir(folder, { recursive: true });

await writeFile(new URL("schema.ts", folder), NOTE + astToString(await openapiTS(document)));

const { paths } = JSON.parse(await readFile(document, "utf8"));
const operations = Object.entries(paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({ name: `${method} ${path}`, ...item[method] })),
);
const takesKey = ({ parameters = [] }) => parameters.some(({ name }) => name === "Idempotency-Key");
const keyed = operations.filter(takesKey).map(({ name }) => name);
const codes = [...new Set(operations.flatMap((operation) => operation["x-holdfast-codes"] ?? []))].sort();
if (keyed.length === 0 || codes.length === 0) {
  throw new Error("docs/openapi.json names no operation with an idempotency key, or no code");
}

const list = (texts, before) => texts.map((text) => `\n  ${before}${JSON.stringify(text)}`);
await writeFile(
  new URL("lists.ts", folder),
  `${NOTE}
/** The operations that take an idempotency key. */
export const KEYED: ReadonlySet<string> = new Set([${list(keyed, "").join(",")},
]);

/** What a failure can be (docs/ERRORS.md). */
export type Code =${list(codes, "| ").join("")};
`,
);
