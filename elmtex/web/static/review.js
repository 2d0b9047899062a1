// The review screen: sends a click as a command, keeps the chosen item, hides categories, knows the shortcuts.
// It only reads what templates/review.html wrote and never turns text into markup.
window.elmtex = (() => {
  const REVIEWER = "elmtex-reviewer-name"; // the reviewer's own name, nothing of a report, stays in this browser
  const QUIET = "elmtex-without-shortcuts";
  const ASKED = 4000; // ms in which a second press confirms
  const UNREAD = 600; // ms too short to have read the question
  const hidden = new Set();
  const sent = new Set(); // ids of items whose decision is under way
  let current = null; // the chosen item's id
  let quiet = false; // shortcuts are off: speech input and a resting hand press letters, too
  // localStorage may be blocked and throw: then these settings are not remembered.
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const keep = (name, value) => {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch {}
  };
  quiet = kept(QUIET) !== null;
  let number = 0;

  const $ = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];

  const type = (selector, text) => {
    const box = $(`${selector} textarea, ${selector} input`);
    if (!box) return;
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  // Commands are sent one after the other, each until it is answered. On a slow machine gradio may send before it has
  // seen the command, or lose the answer: then it is sent again, and its number lets the server carry it out once.
  let sending = Promise.resolve();
  const moment = (ms) => new Promise((done) => setTimeout(done, ms));
  const deliver = async (command) => {
    const n = ++number;
    for (let wait = 2000; ; wait = Math.min(2 * wait, 30000)) {
      type("#elmtex-command", JSON.stringify({ ...command, n }));
      await moment(25);
      $("#elmtex-command button").click();
      for (let waited = 0; waited < wait; waited += 25) {
        await moment(25);
        const found = $("#elmtex-answer [data-answered]");
        if (!found) continue;
        const { answered, name } = found.dataset;
        const text = found.textContent;
        delete found.dataset.answered;
        found.textContent = ""; // leave no text of a report in a hidden element
        if (answered === "" || answered === String(n)) return { name, text };
        break; // the answer to an earlier command: gradio did not see this one
      }
    }
  };
  const send = (command) => {
    const on = $("#elmtex-review")?.dataset.review; // the report that was clicked; another may be shown when the command arrives
    const answered = sending.then(() => deliver({ ...command, ...(on && { on }) }));
    sending = answered;
    return answered;
  };

  const rows = () => all("tr[data-row]").filter((row) => row.offsetParent !== null && "verdict" in row.dataset);
  const row = () => rows().find((one) => one.dataset.row === current) ?? null;
  const choose = (id, focus = true) => {
    const button = $(`button.item[data-item="${CSS.escape(id)}"]`);
    if (!button) return;
    button.click();
    if (focus) button.focus({ preventScroll: true });
    button.closest("tr").scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const list = rows();
    if (!list.length) return;
    const at = list.findIndex((one) => one.dataset.row === current);
    const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1);
    choose(list[next].dataset.row);
  };
  // After a decision by key the next open item is chosen: 30 items take 30 key strokes.
  const nextOpen = () => {
    const list = rows();
    const at = list.findIndex((one) => one.dataset.row === current);
    const open = [...list.slice(at + 1), ...list.slice(0, Math.max(at, 0))].find(
      (one) => one.dataset.verdict === "open" && !sent.has(one.dataset.row),
    );
    return open?.dataset.row ?? current;
  };

  const said = (select) => [...select.options].findIndex((option) => option.defaultSelected);
  const restore = () => {
    all("[data-of]").forEach((element) => element.classList.toggle("off", hidden.has(element.dataset.of)));
    all("[data-toggle]").forEach((button) =>
      button.setAttribute("aria-pressed", String(!hidden.has(button.dataset.toggle))),
    );
    all("tr[data-row]").forEach((one) => one.dataset.verdict !== "open" && sent.delete(one.dataset.row));
    // Once a user has chosen in a menu, the browser ignores the rendered value. Until the answer comes, that is right.
    all("select[data-command]:not([data-sent])").forEach((select) => {
      const rendered = said(select);
      if (rendered >= 0 && select.selectedIndex !== rendered) select.selectedIndex = rendered;
    });
    all("[data-shortcuts]").forEach((box) => (box.checked = !quiet));
    if (!current) return;
    all(`[data-items~="${CSS.escape(current)}"], [data-row="${CSS.escape(current)}"]`).forEach((element) =>
      element.classList.add("chosen"),
    );
    $(`button.item[data-item="${CSS.escape(current)}"]`)?.setAttribute("aria-pressed", "true");
  };

  // Letters are shortcuts in an assertion menu, too: otherwise "a", meant to accept, would choose "absent".
  const typing = (target) =>
    target.closest?.("input, textarea, select:not([data-command]), [contenteditable], dialog[open]");
  const keys = {
    j: () => step(1),
    ArrowDown: () => step(1),
    k: () => step(-1),
    ArrowUp: () => step(-1),
    a: () => decide("accept"),
    r: () => decide("reject"),
    A: () => row()?.closest(".card").querySelector("button.all")?.click(),
    p: () => {
      const select = row()?.querySelector("select");
      if (select) send({ do: "assert", item: current, value: select.options[(said(select) + 1) % 3].value });
    },
    e: () => row() && window.elmtex.edit(row()),
    n: () => window.elmtex.add(),
    u: () => send({ do: "undo" }),
    "?": () => $("#elmtex-help").show(),
  };
  const decide = (what) => {
    if (!row()) return;
    const next = nextOpen();
    sent.add(current);
    send({ do: what, items: [current] });
    choose(next);
  };

  document.addEventListener("keydown", (event) => {
    if (!$("#elmtex-review")?.offsetParent || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") all("dialog[open]").forEach((dialog) => dialog.close());
    if (quiet || typing(event.target)) return;
    const arrow = event.key.startsWith("Arrow");
    // Arrows scroll the report and the page unless an item has the focus.
    if (arrow && !event.target.closest?.("button.item")) return;
    // Caps Lock does not count as Shift, because Shift+A accepts a whole category.
    const letter = /^[a-z]$/i.test(event.key);
    const key = !letter ? event.key : event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase();
    const act = keys[key];
    if (!act) return;
    event.preventDefault();
    if (!event.repeat || arrow || "jk".includes(key)) act(); // a key that is held down decides only once
  });

  // Deleting asks for confirmation, on the button itself and for a few seconds.
  const swap = (button) => {
    const [label, other] = [button.textContent, button.dataset.sure];
    button.classList.toggle("sure");
    button.textContent = other;
    button.dataset.sure = label;
    button.ariaLabel &&= button.ariaLabel.replace(label, other);
  };
  let asking;
  let asked = 0;
  const disarm = () => {
    clearTimeout(asking);
    all("button.sure").forEach(swap);
  };

  const pick = (part) => {
    const at = part?.closest("tr[data-row]")?.dataset.row;
    if (!at || at === current) return;
    all(".chosen").forEach((element) => element.classList.remove("chosen"));
    current = at;
    restore();
  };
  document.addEventListener("click", (event) => {
    const target = event.target;
    const toggle = target.closest?.("[data-toggle]");
    const button = target.closest?.("button[data-command]");
    if (toggle) {
      const key = toggle.dataset.toggle;
      if (!hidden.delete(key)) hidden.add(key);
      restore();
    } else if (button?.dataset.sure && !button.classList.contains("sure")) {
      disarm();
      swap(button);
      asked = performance.now();
      asking = setTimeout(disarm, ASKED);
    } else if (button?.classList.contains("sure") && performance.now() - asked < UNREAD) {
      // a double click or a key held down: nobody can have read the question
    } else if (button) {
      send(JSON.parse(button.dataset.command));
    } else if (target.closest?.("[data-help]")) {
      $("#elmtex-help").show();
      $("#elmtex-help [data-close]").focus();
    } else if (target.closest?.("[data-close]")) {
      target.closest("dialog").close();
    } else if (target.closest?.("[data-print]")) {
      sending.then(() => moment(100)).then(() => $("#elmtex-summary")?.contentWindow.print());
    }
    const words = target.closest?.("[data-items]");
    const item = target.closest?.("button.item");
    pick(target.closest?.("tr[data-row] :is(.actions, .codes, select)"));
    if (item || words) current = item ? item.dataset.item : words.dataset.items.split(" ")[0];
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.("button.sure")) disarm();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-shortcuts]")) {
      quiet = !event.target.checked;
      keep(QUIET, quiet ? "" : null);
    }
    const select = event.target.closest?.("select[data-command]");
    if (!select) return;
    select.dataset.sent = ""; // gone when it is rendered again
    send({ ...JSON.parse(select.dataset.command), value: select.value });
    pick(select);
  });
  let named = false;
  document.addEventListener("input", (event) => {
    if (!event.isTrusted || !event.target.closest?.("#elmtex-reviewer")) return;
    named = true;
    keep(REVIEWER, event.target.value);
  });
  const recall = () => {
    const name = kept(REVIEWER);
    if (name && !named && $("#elmtex-reviewer :is(textarea, input)")?.value !== name) type("#elmtex-reviewer", name);
  };

  // gradio renders the cards again after every answer.
  let review = null;
  new MutationObserver(() => {
    const now = $("#elmtex-review")?.dataset.review ?? null;
    if (now !== review) {
      review = now;
      current = null;
      hidden.clear();
      sent.clear();
      window.elmtex.leave?.();
    }
    restore();
    const command = $("#elmtex-command textarea");
    if (command && !$("#elmtex-command").inert) {
      $("#elmtex-command").inert = true;
      // gradio may still empty the box while it starts.
      [0, 300, 1000, 2500].forEach((ms) => setTimeout(recall, ms));
    }
  }).observe(document, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["selected", "data-review", "data-verdict"],
  });

  return { send, current: () => current };
})();
