// The fields of the schema's form: what each shows of the schema, and the messages beside them.
(() => {
  const page = window.elmtex;
  const schema = page.schema;
  const WORDS = "[data-field]";

  const form = () => page.$("#elmtex-form");
  const said = (name, fields = {}) =>
    JSON.parse(form().dataset.said)[name].replace(/\{(\w+)\}/g, (_, field) => fields[field] ?? "");
  const titleOf = (spec) => {
    const own = schema.get(spec, `x-title.${form().dataset.lang}`) ?? spec.title;
    return typeof own === "string" && own.trim() ? own : said("nameless");
  };

  // A card of one category or attribute type, and what is in it.
  const card = (list, key, spec) => {
    const holder = document.createElement("template");
    holder.innerHTML = form().querySelector(`[data-card="${list}"]`).dataset.markup;
    const made = holder.content.firstElementChild;
    made.dataset.list = list;
    made.dataset.key = key;
    made.querySelector("[data-key-field]").value = key;
    fill(made, spec);
    return made;
  };
  const fill = (scope, spec) => {
    scope.querySelectorAll(WORDS).forEach((field) => {
      const value = schema.get(spec, field.dataset.field);
      if (field.type === "checkbox") field.checked = value === true;
      else field.value = value === undefined ? field.dataset.otherwise ?? "" : String(value);
    });
    scope.querySelectorAll("[data-each]").forEach((tick) => (tick.checked = schema.listOf(spec, tick.dataset.each).includes(tick.value)));
    if (scope.dataset.key) caption(scope, spec);
  };
  // What depends on what the fields say: the head line, the label that the title stands for, fields of one resource alone.
  const caption = (made, spec) => {
    const title = titleOf(spec);
    made.querySelector("[data-name]").textContent = title;
    const names = { '[data-move="-1"]': "up", '[data-move="1"]': "down", "[data-remove]": "remove" };
    Object.entries(names).forEach(([button, name]) => (made.querySelector(button).ariaLabel = said(name, { title })));
    made.querySelector('[data-field="x-label"]').placeholder = schema.labelOf(String(spec.title ?? "")) || made.dataset.key;
    const resource = schema.get(spec, "x-fhir.resource") ?? "Observation";
    made.querySelectorAll("[data-when]").forEach((part) => (part.hidden = part.dataset.when !== resource));
    made.querySelectorAll("[data-chosen]").forEach((part) => choices(part, spec));
    const codes = spec["x-terminologies"];
    const which = made.querySelector("[data-which-codes]");
    if (which) which.value = codes === undefined ? "all" : schema.listOf(spec, "x-terminologies").length ? "some" : "none";
    const some = made.querySelector('[data-chosen="x-terminologies"]');
    if (some) some.hidden = which.value !== "some";
  };

  const optionsOf = (path) =>
    path === "x-terminologies" ? JSON.parse(form().dataset.codes) : schema.entries("x-attributes").map(([key, spec]) => [key, titleOf(spec)]);
  const button = (name, sign, by, title, disabled = false) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "icon", textContent: sign, disabled });
    made.dataset.step = by;
    made.ariaLabel = said(name, { title });
    return made;
  };
  // An ordered choice: the chosen ones, each with its buttons, and a menu of the others.
  const choices = (part, spec) => {
    const path = part.dataset.chosen;
    const all = optionsOf(path);
    const chosen = schema.listOf(spec, path);
    part.querySelector("ol").replaceChildren(
      ...chosen.map((key, place) => {
        const title = all.find(([one]) => one === key)?.[1] ?? key;
        const line = document.createElement("li");
        line.dataset.value = key;
        const name = Object.assign(document.createElement("span"), { textContent: title, dir: "auto" });
        const last = place === chosen.length - 1;
        line.append(name, button("up", "↑", -1, title, !place), button("down", "↓", 1, title, last), button("remove", "✕", 0, title));
        return line;
      }),
    );
    const others = all.filter(([key]) => !chosen.includes(key));
    const menu = part.querySelector("[data-add-to]");
    menu.replaceChildren(new Option(said("add_to_list"), ""), ...others.map(([key, title]) => new Option(title, key)));
    menu.hidden = !others.length;
  };

  // Where a JSON pointer leads in the form: its card, null for the schema's own fields, and its field.
  const place = (at) => {
    const [list, key, ...rest] = at.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    if (!schema.LISTS.includes(list)) return { card: null, field: within(form().querySelector("[data-top]"), [list, key, ...rest]) };
    if (key === undefined) return { card: null, field: form().querySelector(`[data-add="${list}"]`) };
    const found = [...form().querySelectorAll(`[data-list="${list}"] > section`)].find((one) => one.dataset.key === key);
    const own = rest.length ? within(found, rest) : null;
    return { card: found, field: own ?? found?.querySelector("[data-key-field]") };
  };
  const within = (scope, names) => {
    for (let n = names.length; n > 0; n -= 1) {
      const path = CSS.escape(names.slice(0, n).join("."));
      const found = scope?.querySelector(`[data-field="${path}"], [data-chosen="${path}"] [data-add-to], [data-each="${path}"], [data-field^="${path}."]`);
      if (found) return found;
    }
    return null;
  };

  let shown = ""; // the faults that stand beside the fields, with the form they stand in
  let number = 0;
  const mark = (field, text) => {
    const line = Object.assign(document.createElement("p"), { className: "fault", textContent: text, id: `elmtex-fault-${(number += 1)}` });
    const around = field.closest(".field");
    if (around) around.append(line);
    else field.after(line);
    if (field.tagName !== "BUTTON") field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", line.id);
  };
  const unmark = (scope) => {
    scope.querySelectorAll(".fault").forEach((line) => line.remove());
    scope.querySelectorAll("[aria-describedby]").forEach((field) => {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    });
    scope.querySelectorAll("[data-sign]").forEach((sign) => (sign.textContent = ""));
  };
  // The server's check, beside the fields. It answers for the text as it was; the next answer is under way.
  const showFaults = (anew) => {
    const faults = page.$("#elmtex-faults")?.dataset.faults ?? "[]";
    if (!anew && faults === shown) return;
    shown = faults;
    unmark(form());
    JSON.parse(faults).forEach(([at, text]) => {
      const { card: around, field } = at ? place(at) : {};
      if (!field) return;
      mark(field, text);
      if (around) around.querySelector("[data-sign]").textContent = " ⚠";
    });
  };

  page.schemaFields = { form, said, titleOf, card, fill, caption, place, mark, unmark, showFaults };
})();
