// The visitor's chat: Enter sends, and the newest words stay in sight unless one has scrolled up.

const said = () => document.querySelector("[data-said]");
let atEnd = true;

const toEnd = () => { said().scrollTop = said().scrollHeight; };
const look = () => { const box = said(); atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40; };

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-chat-form]");
  if (!form || !event.target.matches("textarea") || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("scroll", (event) => { if (event.target === said()) look(); }, true);
document.addEventListener("htmx:after:swap", () => { if (atEnd) toEnd(); });
document.addEventListener("submit", (event) => { if (event.target.matches("[data-chat-form]")) atEnd = true; });
toEnd();
