// Decisions show at once and are sent one after the other; what the server refuses goes back to what it was.
(() => {
  const { $, all, send } = window.elmtex;
  let waiting = []; // {ids, verdict} of decisions that are not answered yet

  const LOOKS = ["open", "accepted", "rejected", "edited", "added"];
  const verdictOf = (row) =>
    waiting.filter((one) => row.dataset.ids.split(" ").every((id) => one.ids.includes(id))).at(-1)?.verdict;
  const draw = (row, verdict) => {
    if (row.dataset.verdict === verdict) return;
    row.dataset.verdict = verdict;
    LOOKS.forEach((look) => row.classList.toggle(look, look === verdict));
    row.querySelector(".accept")?.setAttribute("aria-pressed", String(verdict !== "rejected" && verdict !== "open"));
    row.querySelector(".reject")?.setAttribute("aria-pressed", String(verdict === "rejected"));
    const confidence = row.querySelector(".confidence");
    if (confidence) confidence.textContent = "";
  };
  // The rows as they will be, and how many are done; called whenever gradio has rendered them anew.
  const restore = () => {
    if (!waiting.length) return;
    const list = all("tr[data-verdict]");
    list.forEach((row) => {
      const verdict = verdictOf(row);
      if (verdict) draw(row, verdict);
    });
    count(list);
  };
  const count = (list) => {
    const done = list.filter((row) => row.dataset.verdict !== "open").length;
    const screen = $("#elmtex-review");
    const said = screen?.querySelector(".review-bar strong");
    const text = screen?.dataset.said.replace("{done}", done).replace("{total}", list.length);
    if (said && done < list.length && said.textContent !== text) said.textContent = text;
    const bar = screen?.querySelector("progress");
    if (bar && bar.value !== done) bar.value = done;
    const finish = screen?.querySelector('button.strong[data-command*="finish"]');
    if (finish) finish.disabled = done < list.length;
  };
  const decide = (command, verdict) => {
    const one = { ids: command.items, verdict };
    const before = all("tr[data-verdict]").map((row) => [row.dataset.row, row.dataset.verdict]);
    waiting.push(one);
    restore();
    send(command).then((answer) => {
      waiting = waiting.filter((other) => other !== one);
      if (!answer.refused) return; // what the answer has rendered is what the server knows
      before.forEach(([id, was]) => {
        const row = $(`tr[data-row="${id}"]`);
        if (row && verdict === row.dataset.verdict && !verdictOf(row)) draw(row, was);
      });
      count(all("tr[data-verdict]"));
    });
  };
  const VERDICTS = { accept: "accepted", reject: "rejected" };
  Object.assign(window.elmtex, {
    // Sends a command; one that accepts or rejects shows at once.
    act: (command) => (VERDICTS[command.do] ? decide(command, VERDICTS[command.do]) : send(command)),
    restoreDecisions: restore,
    decided: (row) => row.dataset.verdict !== "open",
    forgetDecisions: () => (waiting = []),
  });
})();
