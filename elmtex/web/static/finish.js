// After a review was finished, the button of the next report has the focus; where the reviewer's name was missing, its box.
(() => {
  const page = window.elmtex;
  const { $, moment, act } = page;
  page.act = (command) => {
    const answered = act(command);
    if (command.do === "finish") answered.then(lead);
    return answered;
  };
  const lead = async ({ refused }) => {
    const name = $("#elmtex-reviewer :is(textarea, input)");
    if (refused) return name?.value.trim() ? undefined : name?.focus();
    await moment(50); // gradio renders the review after its answer
    $('.review-bar button[data-command*="next"]')?.focus();
  };
})();
