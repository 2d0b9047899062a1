// The form of a schema: draws it whenever another text stands in the JSON box, and writes what is changed in it.
(() => {
  const page = window.elmtex;
  const schema = page.schema;
  const { form, said, titleOf, card, fill, caption, place, mark, unmark, showFaults } = page.schemaFields;
  const open = new Set(); // of "list/key": the cards that are unfolded
  const fresh = new Set(); // those whose name follows their title: nobody has written it
  const of = (made) => `${made.dataset.list}/${made.dataset.key}`;
  const cards = (list) => [...form().querySelectorAll(`[data-list="${list}"] > section`)];
  const cardOf = (list, key) => cards(list).find((one) => one.dataset.key === key);
  const specOf = (made) => (made ? schema.now()[made.dataset.list][made.dataset.key] : schema.now());
  const tell = (text) => (form().querySelector("[data-told]").textContent = text);

  const draw = () => {
    const now = schema.now();
    form().querySelector("[data-editor]").hidden = !now;
    form().querySelector("[data-unreadable]").hidden = Boolean(now) || !schema.text();
    if (now) {
      fill(form().querySelector("[data-top]"), now);
      schema.LISTS.forEach((list) =>
        form().querySelector(`[data-list="${list}"]`).replaceChildren(...schema.entries(list).map(([key, spec]) => card(list, key, spec))),
      );
      schema.LISTS.flatMap(cards).forEach((made) => unfold(made, open.has(of(made))));
      ends();
    }
    showFaults(true);
  };
  const unfold = (made, wide) => {
    made.querySelector("[data-body]").hidden = !wide;
    made.querySelector(".fold-card").ariaExpanded = String(wide);
    if (wide) open.add(of(made));
    else open.delete(of(made));
  };
  // The first card cannot go up, the last not down.
  const ends = () => {
    schema.LISTS.map(cards).forEach((all) =>
      all.forEach((made, n) => {
        made.querySelector('[data-move="-1"]').disabled = n === 0;
        made.querySelector('[data-move="1"]').disabled = n === all.length - 1;
      }),
    );
    form().querySelector("[data-undo]").disabled = !schema.canUndo();
  };
  const redraw = (edit) => {
    schema.change(edit);
    draw();
  };

  let drawn = ""; // the language of the frame that was filled last
  let frame = null;
  const look = () => {
    if (!form() || !page.$("#elmtex-schema textarea")) return;
    const another = schema.read();
    const bare = schema.now() && !schema.LISTS.flatMap(cards).length && schema.LISTS.some((list) => schema.entries(list).length);
    if (another || bare || form() !== frame || form().dataset.lang !== drawn) {
      frame = form();
      drawn = frame.dataset.lang;
      draw();
    } else showFaults(false);
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-lang", "data-faults"] });

  // Fields.
  const write = (made, field) => {
    const path = field.dataset.field;
    const value = field.type === "checkbox" ? field.checked : field.value;
    const spec = specOf(made);
    const old = schema.get(spec, path) ?? field.dataset.otherwise ?? (field.type === "checkbox" ? false : "");
    if (value === old) return;
    schema.change(() => (path.startsWith("x-fhir.") ? schema.setFhir : path === "title" ? setTitle : schema.set)(spec, path, value), stepOf(made, path));
    if (!made) return;
    if (path === "title" && fresh.has(of(made))) follow(made, value);
    caption(made, spec);
    typesIn(made);
  };
  // Categories show the attribute types that they list.
  const typesIn = (made) => {
    if (made.dataset.list === "x-attributes") cards("properties").forEach((one) => caption(one, specOf(one)));
  };
  // One field's changes in a row are one step; its card may be renamed meanwhile, so it is known by its place.
  const stepOf = (made, path) => `${made && [made.dataset.list, cards(made.dataset.list).indexOf(made)]}/${path}`;
  // Every part has a title, if an empty one: the check asks for it.
  const setTitle = (spec, path, value) => (spec[path] = value);
  const follow = (made, title) => rename(made, schema.keyOf(title, made.dataset.list, made.dataset.key), stepOf(made, "title"));
  const rename = (made, name, step = null) => {
    const [was, wide] = [of(made), open.has(of(made))];
    if (name === made.dataset.key) return;
    schema.change(() => schema.rename(made.dataset.list, made.dataset.key, name), step);
    [open, fresh].forEach((set) => set.delete(was));
    made.dataset.key = name;
    made.querySelector("[data-key-field]").value = name;
    if (wide) open.add(of(made));
    if (step) fresh.add(of(made));
  };
  const nameIt = (made, field) => {
    const name = field.value.trim();
    unmark(field.closest(".field"));
    if (name !== made.dataset.key && !schema.isFree(made.dataset.list, name)) return mark(field, said("taken"));
    rename(made, name);
    caption(made, specOf(made));
    typesIn(made);
  };
  const tick = (made, field) => {
    const kept = schema.listOf(specOf(made), field.dataset.each).filter((one) => one !== field.value);
    const list = field.checked ? [...kept, field.value] : kept;
    schema.change(() => schema.setFhir(specOf(made), field.dataset.each, list.length ? list : ""));
  };
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.closest?.("#elmtex-schema")) return look();
    if (!field.closest?.("#elmtex-form") || !schema.now()) return;
    const made = field.closest(".part-of-schema");
    if (field.dataset.field) write(made, field);
    else if (field.dataset.each) tick(made, field);
    else if ("keyField" in field.dataset) nameIt(made, field);
    else if ("whichCodes" in field.dataset) whichCodes(made, field.value);
    else if ("addTo" in field.dataset) addTo(made, field);
    form().querySelector("[data-undo]").disabled = !schema.canUndo();
  });

  // Ordered choices.
  const choose = (made, path, list) => {
    schema.change(() => schema.set(specOf(made), path, list.length || path === "x-terminologies" ? list : ""));
    caption(made, specOf(made));
  };
  const whichCodes = (made, which) => {
    const all = JSON.parse(form().dataset.codes).map(([key]) => key);
    schema.change(() => schema.set(specOf(made), "x-terminologies", { all: "", none: [], some: all }[which]));
    caption(made, specOf(made));
  };
  const addTo = (made, menu) => {
    const path = menu.closest("[data-chosen]").dataset.chosen;
    choose(made, path, [...schema.listOf(specOf(made), path), menu.value]);
  };
  const step = (made, button) => {
    const part = button.closest("[data-chosen]");
    const [path, key, by] = [part.dataset.chosen, button.closest("li").dataset.value, Number(button.dataset.step)];
    const list = schema.listOf(specOf(made), path);
    const at = list.indexOf(key);
    list.splice(at, 1);
    if (by) list.splice(at + by, 0, key);
    choose(made, path, list);
    const line = part.querySelectorAll("li")[by ? at + by : Math.min(at, list.length - 1)];
    const same = line?.querySelector(`[data-step="${by}"]:enabled`) ?? line?.querySelector("button:enabled");
    (same ?? (part.hidden ? made.querySelector("[data-which-codes]") : part.querySelector("select"))).focus();
  };

  // Cards.
  const add = (list) => {
    let key;
    redraw(() => (key = schema.add(list)));
    const made = cardOf(list, key);
    fresh.add(of(made));
    unfold(made, true);
    made.querySelector('[data-field="title"]').focus();
  };
  const move = (made, by) => {
    const { list, key } = made.dataset;
    redraw(() => schema.move(list, key, by));
    const all = cards(list);
    const there = cardOf(list, key);
    (there.querySelector(`[data-move="${by}"]:enabled`) ?? there.querySelector(".fold-card")).focus();
    tell(said("moved", { title: titleOf(specOf(there)), place: all.indexOf(there) + 1, count: all.length }));
  };
  const remove = (made) => {
    const { list, key } = made.dataset;
    const [title, at] = [titleOf(specOf(made)), cards(list).indexOf(made)];
    [open, fresh].forEach((set) => set.delete(of(made)));
    redraw(() => schema.remove(list, key));
    const next = cards(list)[Math.min(at, cards(list).length - 1)];
    (next?.querySelector(".fold-card") ?? form().querySelector(`[data-add="${list}"]`)).focus();
    tell(said("removed", { title }));
  };
  const go = (at) => {
    const { card: made, field } = place(at);
    if (made) unfold(made, true);
    const details = field?.closest("details");
    if (details) details.open = true;
    field?.scrollIntoView({ block: "center" });
    field?.focus();
  };
  const undo = () => {
    schema.undo();
    draw();
    const button = form().querySelector("[data-undo]");
    if (!button.disabled) button.focus();
  };
  const showJson = (button) => {
    const shown = button.ariaExpanded !== "true";
    button.ariaExpanded = String(shown);
    if (!shown) return;
    page.$("#elmtex-schema-json").scrollIntoView({ block: "nearest" });
    page.$("#elmtex-schema textarea").focus();
  };
  const fileName = () => `${schema.nameOf(String(schema.now()?.title ?? ""), "schema")}.json`;

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#elmtex-form button, [data-goto]");
    if (!button) return;
    const made = button.closest(".part-of-schema");
    const data = button.dataset;
    if (data.goto) go(data.goto);
    else if (data.add) add(data.add);
    else if (data.move) move(made, Number(data.move));
    else if ("remove" in data) remove(made);
    else if (data.step) step(made, button);
    else if ("json" in data) showJson(button);
    else if ("undo" in data) undo();
    else if ("save" in data) page.save(fileName(), schema.text());
    else if (button.classList.contains("fold-card")) unfold(made, button.ariaExpanded !== "true");
  });
})();
