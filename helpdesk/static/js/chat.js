// The visitor's chat: Enter sends, files are named before they go, and the newest words stay in sight unless one has scrolled up.

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
function nameFiles() {
  const input = document.querySelector("[data-attach]");
  const lines = [...input.files].map((file) => Object.assign(document.createElement("li"), {textContent: file.name}));
  if (lines.length) {
    const leave = Object.assign(document.createElement("button"), {type: "button", className: "button button-quiet", textContent: "Leave out"});
    leave.addEventListener("click", () => { input.value = ""; nameFiles(); input.focus(); });
    lines.push(Object.assign(document.createElement("li")));
    lines.at(-1).append(leave);
  }
  document.querySelector("[data-attached]").replaceChildren(...lines);
}

document.addEventListener("change", (event) => { if (event.target.matches("[data-attach]")) nameFiles(); });
document.addEventListener("paste", (event) => {
  const input = document.querySelector("[data-attach]");
  if (!event.clipboardData?.files.length) return;
  event.preventDefault();
  input.files = event.clipboardData.files;
  nameFiles();
});
document.addEventListener("htmx:after:swap", () => { if (atEnd) toEnd(); nameFiles(); });
document.addEventListener("submit", (event) => { if (event.target.matches("[data-chat-form]")) atEnd = true; });
toEnd();
