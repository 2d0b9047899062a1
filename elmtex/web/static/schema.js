// A schema as data: its text in the JSON box is all there is. Every change is written back there, and can be undone.
(() => {
  const page = window.elmtex;
  const STEPS = 50; // that can be undone
  const LABEL = 40; // characters, as in elmtex.schema.shape
  const LISTS = ["properties", "x-attributes"];
  const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

  let text = ""; // as the form last read or wrote it
  let schema = null; // of that text; null where it cannot be shown as a form
  let before = []; // earlier texts
  let last = null; // the field that the last change was in: typing one word is one step

  const box = () => page.$("#elmtex-schema textarea");
  const parsed = (source) => {
    try {
      const found = JSON.parse(source);
      if (!isObject(found)) return null;
      for (const list of LISTS) {
        const parts = found[list] ?? {};
        if (!isObject(parts) || !Object.values(parts).every(isObject)) return null;
      }
      return found;
    } catch {
      return null;
    }
  };
  const keep = () => {
    if (text) before.push(text);
    before = before.slice(-STEPS);
  };
  // Takes up what stands in the box: somebody wrote there, or a file or template came. True when it is another text.
  const read = () => {
    const now = box()?.value ?? "";
    if (now === text) return false;
    keep();
    take(now);
    return true;
  };
  const take = (now) => {
    text = now;
    schema = parsed(now);
    last = null;
  };
  const change = (edit, field = null) => {
    if (!field || field !== last) keep();
    last = field;
    edit(schema);
    text = JSON.stringify(schema, null, 2);
    page.type("#elmtex-schema", text);
  };
  const undo = () => {
    if (!before.length) return;
    take(before.pop());
    page.type("#elmtex-schema", text);
  };

  // What stands at a path such as "x-fhir.resource"; undefined where nothing does.
  const get = (spec, path) => path.split(".").reduce((value, name) => (isObject(value) ? value[name] : undefined), spec);
  // Nothing ("", false, an empty list or object) takes the name out.
  const set = (spec, path, value) => {
    const [name, ...rest] = path.split(".");
    if (rest.length) {
      const inner = isObject(spec[name]) ? spec[name] : {};
      set(inner, rest.join("."), value);
      value = Object.keys(inner).length ? inner : "";
    }
    if (value === "" || value === false || value === undefined) delete spec[name];
    else spec[name] = value;
  };
  // A resource is always said where anything of FHIR is, and nothing stays that another resource does not have.
  const setFhir = (spec, path, value) => {
    const resource = (path === "x-fhir.resource" ? value : get(spec, "x-fhir.resource")) || "Observation";
    spec["x-fhir"] = { resource, ...(isObject(spec["x-fhir"]) ? spec["x-fhir"] : {}) };
    set(spec, path, value);
    if (resource !== "Condition") delete spec["x-fhir"].clinicalStatus;
    if (resource !== "Observation") delete spec["x-fhir"].quantity;
  };

  const listOf = (spec, path) => {
    const found = get(spec, path);
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  };
  const entries = (list) => Object.entries(schema?.[list] ?? {});
  const reordered = (list, all) => (schema[list] = Object.fromEntries(all));
  const move = (list, key, by) => {
    const all = entries(list);
    const from = all.findIndex(([name]) => name === key);
    const [one] = all.splice(from, 1);
    all.splice(from + by, 0, one);
    reordered(list, all);
  };
  // Categories list attribute types by name.
  const inCategories = (edit) =>
    entries("properties").forEach(([, spec]) => {
      if (!Array.isArray(spec["x-attributes"])) return;
      const kept = edit(spec["x-attributes"]);
      if (kept.length) spec["x-attributes"] = kept;
      else delete spec["x-attributes"];
    });
  const remove = (list, key) => {
    delete schema[list][key];
    if (list === "properties") return;
    inCategories((types) => types.filter((type) => type !== key));
    if (!entries(list).length) delete schema[list];
  };
  const rename = (list, key, name) => {
    reordered(list, entries(list).map(([old, spec]) => [old === key ? name : old, spec]));
    if (list === "x-attributes") inCategories((types) => types.map((type) => (type === key ? name : type)));
  };
  const add = (list) => {
    const key = keyOf("", list);
    schema[list] = { ...schema[list], [key]: { title: "" } };
    return key;
  };

  const KEY = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
  const isFree = (list, name) => KEY.test(name) && !Object.hasOwn(schema[list] ?? {}, name);
  // A name made of a title: "Körperstelle" is "korperstelle".
  const nameOf = (title, word) => {
    const plain = title.replaceAll("ß", "ss").normalize("NFKD").replace(/[^\x20-\x7e]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
    return (/^[a-z]/.test(plain) ? plain : [word, plain].filter(Boolean).join("_")).slice(0, 60);
  };
  // … that is not yet taken, but for its own.
  const keyOf = (title, list, own = null) => {
    const name = nameOf(title, list === "properties" ? "category" : "type");
    for (let n = 1; ; n += 1) {
      const tried = n === 1 ? name : `${name}_${n}`;
      if (tried === own || isFree(list, tried)) return tried;
    }
  };
  // The label that a title stands for where none is written, as in elmtex.schema.
  const labelOf = (title) => [...title.replace(/[=;!?[\]]/g, " ").trim().split(/\s+/).join(" ").toLowerCase()].slice(0, LABEL).join("").trim();

  page.schema = {
    LISTS, read, change, undo, get, set, setFhir, listOf, entries, move, remove, rename, add, isFree, nameOf, keyOf, labelOf,
    now: () => schema,
    text: () => text,
    canUndo: () => before.length > 0,
  };
})();
