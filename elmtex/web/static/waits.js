// Times by the reader's own clock, and what a slow command is doing.
(() => {
  const page = window.elmtex;
  const { all, send } = page;
  const SLOW = 1000; // ms without an answer after which a command says what it does

  // The server's clock may stand in another time zone, in a container mostly in UTC.
  const told = (time) => {
    const when = new Date(time.dateTime);
    const two = (number) => String(number).padStart(2, "0");
    const parts = { Y: when.getFullYear(), m: two(when.getMonth() + 1), d: two(when.getDate()), H: two(when.getHours()), M: two(when.getMinutes()) };
    return time.dataset.moment.replace(/%([YmdHM])/g, (_, part) => parts[part]);
  };
  new MutationObserver(() =>
    all("time[data-moment]").forEach((time) => {
      const text = told(time);
      if (time.textContent !== text) time.textContent = text;
    }),
  ).observe(document, { childList: true, subtree: true });

  let pressed = null; // the button of the command that is sent next
  document.addEventListener("click", (event) => (pressed = event.target.closest?.("button[data-wait]")), true);
  page.send = (command) => {
    const button = pressed;
    pressed = null;
    if (!button) return send(command);
    let shown = false;
    const slow = setTimeout(() => {
      shown = true;
      button.ariaBusy = "true"; // where the review's own line is not in view
      page.tell(button.dataset.wait);
    }, SLOW);
    return send(command).then((answer) => {
      clearTimeout(slow);
      button.ariaBusy = null;
      if (shown && !answer.refused) page.tell("");
      return answer;
    });
  };
})();
