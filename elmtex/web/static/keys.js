// What each key does on the review screen; the list that "?" shows is in elmtex/web/locale/review.py.
(() => {
  const page = window.elmtex;
  const { $, all, act } = page;
  const QUIET = "elmtex-without-shortcuts";
  let quiet = page.kept(QUIET) !== null; // shortcuts are off: speech input and a resting hand press letters, too

  const said = (select) => [...select.options].findIndex((option) => option.defaultSelected);
  // After a decision by key the next open row is chosen: 30 rows take 30 key strokes.
  const decide = (what) => {
    const chosen = page.chosen();
    if (!chosen.length) return;
    const items = chosen.flatMap((row) => JSON.parse(row.querySelector(`.actions .${what}`).dataset.command).items);
    act({ do: what, items });
    page.choose(page.next((row) => !page.decided(row)) ?? chosen.at(-1));
  };
  const whole = (which) => page.row()?.closest(".card").querySelector(`button.${which}`)?.click();
  const assertion = () => {
    const selects = page.chosen().map((row) => row.querySelector("select[data-command]"));
    selects.forEach((select) => page.assert(select, select.options[(said(select) + 1) % 3].value));
  };
  // The words selected in the report are added to that category, or the chosen rows move there.
  const category = (place) => {
    const key = [...$("#elmtex-editor [name=category]").options].filter((option) => option.value)[place]?.value;
    if (!key || page.addTo(key)) return;
    page.chosen().forEach((row) => act({ do: "edit", ...JSON.parse(row.dataset.edit), category: key }));
  };
  const finish = () => {
    const name = $("#elmtex-reviewer :is(textarea, input)");
    const open = all("tr[data-verdict]").some((row) => !page.decided(row));
    if (!open && !name.value.trim()) name.focus();
    act({ do: "finish" });
  };
  const look = () => {
    const next = page.next((row) => row.dataset.need && !page.decided(row));
    page.choose(next ?? all("tr[data-verdict]").find((row) => !page.decided(row)));
  };

  const keys = {
    j: () => page.step(1),
    J: () => page.step(1, true),
    k: () => page.step(-1),
    K: () => page.step(-1, true),
    a: () => decide("accept"),
    r: () => decide("reject"),
    A: () => whole("all"),
    R: () => whole("none"),
    t: () => $("button.take")?.click(),
    T: () => $("button.take-first")?.click(),
    p: assertion,
    e: () => page.row() && page.edit(page.row()),
    n: () => page.add(),
    u: () => act({ do: "undo" }),
    l: look,
    s: () => page.nextSentence(),
    o: () => $("[data-fold]")?.click(),
    f: finish,
    x: () => page.export(),
    g: () => act({ do: "next" }),
    "?": () => page.help(),
  };
  const arrows = {
    ArrowDown: (event) => page.step(1, event.shiftKey),
    ArrowUp: (event) => page.step(-1, event.shiftKey),
    ArrowRight: () => page.along(1),
    ArrowLeft: () => page.along(-1),
  };

  // Letters are shortcuts in an assertion menu, too: otherwise "a", meant to accept, would choose "absent".
  const typing = (target) =>
    target.closest?.("input, textarea, select:not([data-command]), [contenteditable], dialog[open]");
  const meant = (event) => {
    const digit = /^Digit(\d)$/.exec(event.code);
    if (digit) return () => category(((Number(digit[1]) + 9) % 10) + (event.shiftKey ? 10 : 0));
    // Arrows scroll the report and the page unless a row has the focus.
    if (event.key in arrows) return event.target.closest?.("button.item, button.cell") && (() => arrows[event.key](event));
    // Caps Lock does not count as Shift, because Shift+A accepts a whole table.
    const letter = /^[a-z]$/i.test(event.key);
    return keys[!letter ? event.key : event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase()];
  };
  document.addEventListener("keydown", (event) => {
    if (!$("#elmtex-review")?.offsetParent || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      page.leave();
      window.getSelection().removeAllRanges();
    }
    if (quiet || typing(event.target)) return;
    if (event.key === "Enter" && event.target.matches?.("button.cell[data-part]")) {
      event.preventDefault();
      return page.editCell(event.target);
    }
    const does = meant(event);
    if (!does) return;
    event.preventDefault();
    // A key that is held down decides only once.
    if (!event.repeat || event.key in arrows || "jkJK".includes(event.key)) does();
  });

  // A report is pasted and read without a click; over a review, which is stored, it begins the next one.
  const emptyBox = async () => {
    const box = () => $("#elmtex-input textarea");
    if (!box()?.offsetParent) $("#elmtex-clear")?.click();
    for (let tries = 0; tries < 100 && !box()?.offsetParent; tries += 1) await page.moment(50);
    return box();
  };
  document.addEventListener("paste", async (event) => {
    const text = event.clipboardData?.getData("text/plain");
    const there = ["#elmtex-input textarea", "#elmtex-clear"].some((one) => $(one)?.offsetParent);
    if (!there || !text || event.target.closest?.("input, textarea, [contenteditable]")) return;
    event.preventDefault();
    const box = await emptyBox();
    if (!box?.offsetParent) return;
    page.type("#elmtex-input", text);
    box.focus();
  });
  document.addEventListener("keydown", (event) => {
    const button = $("#elmtex-extract");
    // The name is given: back to the keys of the review.
    if (event.key === "Enter" && event.target.closest?.("#elmtex-reviewer")) event.target.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && button?.offsetParent) {
      event.preventDefault();
      button.click();
    }
  });

  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-shortcuts]")) return;
    quiet = !event.target.checked;
    page.keep(QUIET, quiet ? "" : null);
  });
  page.restoreKeys = () => all("[data-shortcuts]").forEach((box) => (box.checked = !quiet));
})();
