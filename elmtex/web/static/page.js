// Highlights an item's words in the report, and the item of clicked words; copies and saves exports.
// It only reads what templates/ wrote and never turns text into markup.
(() => {
  const lit = (ids, name, on) =>
    ids.forEach((id) => {
      document
        .querySelectorAll(`[data-items~="${id}"], [data-row="${id}"]`)
        .forEach((element) => element.classList.toggle(name, on));
    });
  const clear = (name) =>
    document.querySelectorAll(`.${name}`).forEach((element) => element.classList.remove(name));
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const show = (element) => {
    if (!element) return;
    const behavior = calm.matches ? "auto" : "smooth";
    const frame = element.closest(".report");
    if (frame) {
      // Scroll the report only, and the page no further than is needed to show it.
      const above = element.getBoundingClientRect().top - frame.getBoundingClientRect().top;
      frame.scrollTo({ top: frame.scrollTop + above - frame.clientHeight / 3, behavior: "auto" });
      frame.scrollIntoView({ block: "nearest", behavior });
    } else element.scrollIntoView({ block: "center", behavior });
  };

  const point = (event, on) => {
    const item = event.target.closest?.("button.item");
    const words = event.target.closest?.("[data-items]");
    if (item) lit([item.dataset.item], "lit", on);
    else if (words) lit(words.dataset.items.split(" "), "lit", on);
  };
  document.addEventListener("mouseover", (event) => point(event, true));
  document.addEventListener("mouseout", (event) => point(event, false));
  document.addEventListener("focusin", (event) => point(event, true));
  document.addEventListener("focusout", (event) => point(event, false));

  const choose = (ids) => {
    clear("chosen");
    document
      .querySelectorAll('button.item[aria-pressed="true"]')
      .forEach((button) => button.setAttribute("aria-pressed", "false"));
    lit(ids, "chosen", true);
    ids.forEach((id) =>
      document
        .querySelector(`button.item[data-item="${id}"]`)
        ?.setAttribute("aria-pressed", "true"),
    );
  };

  const copy = async (button, text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https, as in a local network, the clipboard API is not available; execCommand still works.
      const box = document.createElement("textarea");
      box.value = text;
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
    const label = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => (button.textContent = label), 1500);
  };

  const TYPES = {
    json: "application/json",
    jsonl: "application/jsonl;charset=utf-8",
    csv: "text/csv;charset=utf-8",
    html: "text/html;charset=utf-8",
  };
  const save = (name, text) => {
    const link = document.createElement("a");
    const mark = name.endsWith(".csv") ? "\ufeff" : ""; // byte order mark: Excel recognises UTF-8 by it
    link.href = URL.createObjectURL(new Blob([mark, text], { type: TYPES[name.split(".").pop()] }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  // The server makes a review's file at the click, after all earlier clicks: the page may be older than the last
  // decision. An incomplete document has no decisions yet and is taken from the page.
  const handOut = async (button) => {
    const shown = button.closest(".document").querySelector("pre");
    const file = button.dataset.file
      ? await window.elmtex.send(JSON.parse(button.dataset.file))
      : { name: button.dataset.download, text: shown.textContent };
    if (file?.name === undefined) return; // the server says why
    if ("copy" in button.dataset) copy(button, file.text);
    else save(file.name, file.text);
  };

  document.addEventListener("click", (event) => {
    const target = event.target;
    const asked = target.closest?.("button.item, .actions :is(.codes, .edit)");
    const item = asked?.closest("tr").querySelector("button.item");
    const words = target.closest?.("[data-items]:not(.off)");
    const button = target.closest?.("[data-copy], [data-download]");
    if (item) {
      choose([item.dataset.item]);
      show(document.querySelector(`[data-items~="${item.dataset.item}"]`));
    } else if (words) {
      const ids = words.dataset.items.split(" ");
      choose(ids);
      show(document.querySelector(`[data-row="${ids[0]}"]`));
    } else if (button) {
      handOut(button);
    }
  });

  // Screen readers choose their language by this.
  document.addEventListener("change", (event) => {
    const radio = event.target.closest?.("#elmtex-language input");
    if (radio) document.documentElement.lang = radio.value;
  });
})();
