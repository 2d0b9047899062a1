// The review screen: what a click asks for, which categories are hidden, what is folded, the reviewer's name.
// It only reads what templates/ wrote and never turns text into markup.
(() => {
  const page = window.elmtex;
  const { $, all, send, act } = page;
  const ASKED = 4000; // ms in which a second press confirms
  const UNREAD = 600; // ms too short to have read the question
  const hidden = new Set(); // categories
  let folded = true; // what needs no look

  // Choosing in a menu: once a user has, the browser ignores the rendered value, and until the answer comes that is right.
  const said = (select) => [...select.options].findIndex((option) => option.defaultSelected);
  page.assert = (select, value) => {
    select.value = value;
    select.dataset.sent = ""; // gone when it is rendered again
    send({ ...JSON.parse(select.dataset.command), value });
  };

  const fold = (now) => {
    folded = now;
    const button = $("[data-fold]");
    const part = $("#elmtex-folded");
    if (!button || !part) return;
    if (part.hidden !== folded) part.hidden = folded;
    if (button.getAttribute("aria-expanded") !== String(!folded)) button.setAttribute("aria-expanded", String(!folded));
  };
  page.unfold = (row) => folded && row.closest("#elmtex-folded") && fold(false);
  page.help = () => page.openDialog("#elmtex-help", (dialog) => dialog.querySelector("[data-close]"));

  const restore = () => {
    all("[data-of]").forEach((element) =>
      element.classList.toggle("off", element.dataset.of.split(" ").every((key) => hidden.has(key))),
    );
    all("[data-toggle]").forEach((button) =>
      button.setAttribute("aria-pressed", String(!hidden.has(button.dataset.toggle))),
    );
    all("select[data-command]:not([data-sent])").forEach((select) => {
      const rendered = said(select);
      if (rendered >= 0 && select.selectedIndex !== rendered) select.selectedIndex = rendered;
    });
    fold(folded);
    page.restoreKeys();
    page.restoreDecisions();
    page.restoreSelection();
    page.show();
  };

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
  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.("button.sure")) disarm();
  });

  // A decision on one of several chosen rows is a decision on all of them.
  const widened = (button) => {
    const command = JSON.parse(button.dataset.command);
    const row = button.closest("tr[data-verdict]");
    const chosen = page.chosen();
    if (!row || !button.matches(".accept, .reject") || chosen.length < 2 || !chosen.includes(row)) return command;
    const which = button.matches(".accept") ? ".accept" : ".reject";
    return { ...command, items: chosen.flatMap((one) => JSON.parse(one.querySelector(which).dataset.command).items) };
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
      act(widened(button));
    } else if (target.closest?.("[data-fold]")) {
      fold(!folded);
    } else if (target.closest?.("[data-tab]")) {
      $(`#elmtex-tabs [data-tab-id="${target.closest("[data-tab]").dataset.tab}"]`)?.click();
    } else if (target.closest?.("[data-help]")) {
      page.help();
    }
  });
  document.addEventListener("change", (event) => {
    const select = event.target.closest?.("select[data-command]");
    if (select) {
      page.assert(select, select.value);
      page.choose(select.closest("tr[data-row]"), { focus: false });
    }
    // Screen readers choose their language by this.
    const radio = event.target.closest?.("#elmtex-language input");
    if (radio) document.documentElement.lang = radio.value;
  });

  const REVIEWER = "elmtex-reviewer-name"; // the reviewer's own name, nothing of a report, stays in this browser
  let named = false;
  document.addEventListener("input", (event) => {
    if (!event.isTrusted || !event.target.closest?.("#elmtex-reviewer")) return;
    named = true;
    page.keep(REVIEWER, event.target.value);
  });
  const recall = () => {
    const name = page.kept(REVIEWER);
    if (name && !named && $("#elmtex-reviewer :is(textarea, input)")?.value !== name) page.type("#elmtex-reviewer", name);
  };

  // gradio renders the screen again after every answer.
  let review = null;
  new MutationObserver(() => {
    const now = $("#elmtex-review")?.dataset.review ?? null;
    if (now !== review) {
      review = now;
      hidden.clear();
      folded = $("#elmtex-first") !== null; // what stands alone is shown
      page.forget();
      page.forgetDecisions();
      page.closeDialogs();
      page.leaveEditor();
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
})();
