// The review screen: sends a click as a command, keeps the chosen item, hides categories, knows the shortcuts.
// It only reads what render_review.py wrote and never turns text into markup.
window.elmtex = (() => {
  const REVIEWER = "elmtex-reviewer-name"; // the reviewer's own name, nothing of a report, stays in this browser
  const ASKED = 4000; // ms that a button waits to be pressed again
  const hidden = new Set();
  let current = null; // the chosen item's id
  let number = 0;

  const $ = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];

  const type = (selector, text) => {
    const box = $(`${selector} textarea, ${selector} input`);
    if (!box || box.value === text) return;
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  // One after the other: gradio takes a moment to see what was written before it may be sent. The number makes the
  // same click twice two commands.
  let sending = Promise.resolve();
  const moment = (ms) => new Promise((done) => setTimeout(done, ms));
  const send = (command) => {
    sending = sending.then(async () => {
      type("#elmtex-command", JSON.stringify({ ...command, n: ++number }));
      await moment(25);
      $("#elmtex-command button").click();
      await moment(25);
    });
  };

  const rows = () => all("tr[data-row]").filter((row) => row.offsetParent !== null && "verdict" in row.dataset);
  const row = () => (current ? $(`tr[data-row="${CSS.escape(current)}"]`) : null);
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
  // After a decision by key the next open item is in hand: a letter of 30 items is 30 key strokes.
  const nextOpen = () => {
    const list = rows();
    const at = list.findIndex((one) => one.dataset.row === current);
    const open = [...list.slice(at + 1), ...list.slice(0, Math.max(at, 0))].find((one) => one.dataset.verdict === "open");
    return open?.dataset.row ?? current;
  };

  const restore = () => {
    all("[data-of]").forEach((element) => element.classList.toggle("off", hidden.has(element.dataset.of)));
    all("[data-toggle]").forEach((button) =>
      button.setAttribute("aria-pressed", String(!hidden.has(button.dataset.toggle))),
    );
    if (!current) return;
    all(`[data-items~="${CSS.escape(current)}"], [data-row="${CSS.escape(current)}"]`).forEach((element) =>
      element.classList.add("chosen"),
    );
    $(`button.item[data-item="${CSS.escape(current)}"]`)?.setAttribute("aria-pressed", "true");
  };

  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable], dialog[open]");
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
      if (select) send({ do: "assert", item: current, value: select.options[(select.selectedIndex + 1) % 3].value });
    },
    e: () => row() && window.elmtex.edit(row()),
    n: () => window.elmtex.add(),
    u: () => send({ do: "undo" }),
    "?": () => $("#elmtex-help").show(),
  };
  const decide = (what) => {
    if (!row()) return;
    const next = nextOpen();
    send({ do: what, items: [current] });
    choose(next);
  };

  document.addEventListener("keydown", (event) => {
    if (!$("#elmtex-review")?.offsetParent || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") all("dialog[open]").forEach((dialog) => dialog.close());
    if (typing(event.target)) return;
    const arrow = event.key.startsWith("Arrow");
    // Arrows scroll the report and the page unless an item has the focus.
    if (arrow && !event.target.closest?.("button.item")) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // Deleting asks once more, in place and for a moment.
  const swap = (button) => {
    const [label, other] = [button.textContent, button.dataset.sure];
    button.classList.toggle("sure");
    button.textContent = other;
    button.dataset.sure = label;
    button.ariaLabel &&= button.ariaLabel.replace(label, other);
  };
  let asking;
  const disarm = () => {
    clearTimeout(asking);
    all("button.sure").forEach(swap);
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
      asking = setTimeout(disarm, ASKED);
    } else if (button) {
      send(JSON.parse(button.dataset.command));
    } else if (target.closest?.("[data-help]")) {
      $("#elmtex-help").show();
      $("#elmtex-help [data-close]").focus();
    } else if (target.closest?.("[data-close]")) {
      target.closest("dialog").close();
    } else if (target.closest?.("[data-print]")) {
      $("#elmtex-summary").contentWindow.print();
    }
    const words = target.closest?.("[data-items]");
    const item = target.closest?.("button.item");
    const acted = target.closest?.("tr[data-row] :is(.actions, .codes)");
    if (acted) {
      const at = acted.closest("tr").dataset.row;
      if (at !== current) {
        all(".chosen").forEach((element) => element.classList.remove("chosen"));
        current = at;
        restore();
      }
    }
    if (item || words) current = item ? item.dataset.item : words.dataset.items.split(" ")[0];
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.("button.sure")) disarm();
  });
  document.addEventListener("change", (event) => {
    const select = event.target.closest?.("select[data-command]");
    if (select) send({ ...JSON.parse(select.dataset.command), value: select.value });
  });
  let named = false;
  document.addEventListener("input", (event) => {
    if (!event.isTrusted || !event.target.closest?.("#elmtex-reviewer")) return;
    named = true;
    localStorage.setItem(REVIEWER, event.target.value);
  });
  const recall = () => {
    const name = localStorage.getItem(REVIEWER);
    if (name && !named) type("#elmtex-reviewer", name);
  };

  // gradio draws the cards anew after every answer.
  let review = null;
  new MutationObserver(() => {
    const now = $("#elmtex-review")?.dataset.review ?? null;
    if (now !== review) {
      review = now;
      current = null;
      hidden.clear();
    }
    restore();
    const command = $("#elmtex-command textarea");
    if (command && !$("#elmtex-command").inert) {
      $("#elmtex-command").inert = true;
      // gradio may still empty the box while it starts.
      [0, 300, 1000, 2500].forEach((ms) => setTimeout(recall, ms));
    }
  }).observe(document, { childList: true, subtree: true });

  return { send, current: () => current };
})();
