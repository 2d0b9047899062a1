// The way to the server: one command after the other, each until it is answered. What waits is shown, and what was refused.
window.elmtex = (() => {
  const SILENT = 5000; // ms without an answer after which the page says that something is not saved yet
  const TOLD = 8000; // ms that a refusal stays
  const $ = (selector) => document.querySelector(selector);
  const moment = (ms) => new Promise((done) => setTimeout(done, ms));
  const type = (selector, text) => {
    const box = $(`${selector} textarea, ${selector} input`);
    if (!box) return;
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

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

  // gradio renders the screen anew with every answer: what is told is written into it again.
  let told = null; // {text, bad}
  const show = () => {
    const place = $("#elmtex-told");
    if (!place) return;
    const text = told?.text ?? "";
    if (place.textContent !== text) place.textContent = text;
    if (place.hidden !== !told) place.hidden = !told;
    place.classList.toggle("bad", Boolean(told?.bad));
  };
  const tell = (text, bad = false) => {
    told = text ? { text, bad } : null;
    show();
  };

  let number = 0;
  let waiting = 0; // commands that are not answered yet
  const late = () => {
    const said = $("#elmtex-review")?.dataset.waits;
    if (said && waiting) tell(said.replace("{count}", waiting), true);
  };
  // On a slow machine gradio may send before it has seen the command, or lose the answer: then it is sent again, and its
  // number lets the server carry it out once.
  const deliver = async (command) => {
    const n = ++number;
    const silent = setInterval(late, SILENT);
    try {
      for (let wait = 2000; ; wait = Math.min(2 * wait, 30000)) {
        type("#elmtex-command", JSON.stringify({ ...command, n }));
        await moment(25);
        $("#elmtex-command button").click();
        for (let waited = 0; waited < wait; waited += 25) {
          await moment(25);
          const found = $("#elmtex-answer [data-answered]");
          if (!found) continue;
          const { answered, name } = found.dataset;
          const refused = "refused" in found.dataset;
          const text = found.textContent;
          delete found.dataset.answered;
          found.textContent = ""; // leave no text of a report in a hidden element
          if (answered === "" || answered === String(n)) return { name, text, refused };
          break; // the answer to an earlier command: gradio did not see this one
        }
      }
    } finally {
      clearInterval(silent);
    }
  };
  let sending = Promise.resolve();
  const send = (command) => {
    const on = $("#elmtex-review")?.dataset.review; // the report that was clicked; another may be shown when the command arrives
    waiting += 1;
    const answered = sending
      .then(() => deliver({ ...command, ...(on && { on }) }))
      .then((answer) => {
        waiting -= 1;
        if (answer.refused) {
          tell(answer.text, true);
          setTimeout(() => told?.text === answer.text && tell(""), TOLD);
        } else if (told?.bad && !waiting) tell("");
        return answer;
      });
    sending = answered;
    return answered;
  };

  return { $, all: (selector) => [...document.querySelectorAll(selector)], moment, type, kept, keep, send, tell, show, sent: () => sending };
})();
