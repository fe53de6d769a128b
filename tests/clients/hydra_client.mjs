// A public hydra client reads the API from its entry point and prints each collection with its properties and methods.
// Given a record as well, a JSON-LD processor expands it with the context that it names.
import { parseHydraDocumentation } from "@api-platform/api-doc-parser";
import jsonld from "jsonld";

const [entrypoint, record] = process.argv.slice(2);

async function documentLoader(documentUrl) {
  const response = await fetch(documentUrl);
  return { documentUrl, document: await response.json() };
}

const { api } = await parseHydraDocumentation(entrypoint);
const resources = api.resources.map(({ name, fields, operations }) => ({
  name,
  properties: fields.map((field) => field.name),
  methods: [...new Set(operations.map((operation) => operation.method))].sort(),
}));
const expanded = record ? await jsonld.expand(JSON.parse(record), { base: entrypoint, documentLoader }) : [];
console.log(JSON.stringify({ resources, expanded }));
