// The asking half of the audit page: the search line with its completion, chips that open their controls, the zone.

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const within = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

// ---- The line: a list of what can stand at the cursor; arrows choose, Enter or Tab takes, Esc closes

const line = () => find("#audit-line");
const list = () => find("#audit-completion");
const chosen = () => find('[aria-selected="true"]', list());

let isWanted = false; // somebody writes: what was asked for before the line was sent or left comes too late

for (const begins of ["focus", "input"]) {
  document.addEventListener(begins, (event) => { isWanted ||= event.target === line(); }, true);
}

document.addEventListener("htmx:config:request", (event) => {
  const field = event.detail.ctx.sourceElement;
  if (field !== line()) return;
  if (!isWanted) event.preventDefault();
  event.detail.ctx.request.body.set("at", String(field.selectionStart ?? field.value.length));
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.target === line()) {
    show(isWanted && document.activeElement === line() && list().children.length > 0);
    // An answer that comes late must not take away what was chosen meanwhile.
    const again = all("[role=option]", list()).find((option) => option.dataset.line === choice);
    if (again && !list().hidden) choose(again);
  }
  offerBrowserZone();
});

function show(open) {
  if (!list()) return;
  list().hidden = !open;
  if (!open) choice = null;
  line().setAttribute("aria-expanded", String(open));
  if (!open) line().removeAttribute("aria-activedescendant");
}

function dismiss() {
  isWanted = false;
  show(false);
}

let choice = null;

function choose(option) {
  for (const other of all('[aria-selected="true"]', list())) other.setAttribute("aria-selected", "false");
  option.setAttribute("aria-selected", "true");
  choice = option.dataset.line;
  option.scrollIntoView({ block: "nearest" });
  line().setAttribute("aria-activedescendant", option.id);
}

function take(option) {
  const field = line();
  field.value = option.dataset.line;
  field.focus();
  field.setSelectionRange(Number(option.dataset.at), Number(option.dataset.at));
  show(false);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("keydown", (event) => {
  if (event.target !== line() || event.isComposing) return;
  const options = all("[role=option]", list());
  const open = !list().hidden;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!open) show(options.length > 0);
    if (!options.length) return;
    const step = event.key === "ArrowDown" ? 1 : -1;
    const place = options.indexOf(chosen());
    choose(options[place < 0 ? (step > 0 ? 0 : options.length - 1) : (place + step + options.length) % options.length]);
  } else if ((event.key === "Enter" || event.key === "Tab") && open && chosen()) {
    event.preventDefault();
    take(chosen());
  } else if (event.key === "Enter") {
    dismiss();
  } else if (event.key === "Escape") {
    if (open) event.stopPropagation();
    dismiss();
  }
});

document.addEventListener("pointerdown", (event) => {
  const option = within(event, "#audit-completion [role=option]");
  if (option) {
    event.preventDefault();
    take(option);
  } else if (!within(event, "#audit-ask")) {
    dismiss();
  }
});

document.addEventListener("input", (event) => {
  if (event.target === line()) choice = null;
});

document.addEventListener("focusout", (event) => {
  if (event.target === line()) dismiss();
});

document.addEventListener("submit", (event) => {
  if (event.target.id === "audit-ask") dismiss();
});

// ---- Chips lead to their controls

document.addEventListener("click", (event) => {
  const chip = within(event, "[data-opens]");
  if (!chip) return;
  const named = document.getElementById(chip.dataset.opens);
  // Of several texts, each has a field of its own.
  const alike = named?.name === "text" ? all('#audit-form [name="text"]') : [];
  const control = alike.find((field) => small(field.value) === chip.dataset.value) ?? named;
  if (!control) return;
  const folded = control.closest("details");
  if (folded) folded.open = true;
  if (control.matches("[popover]")) {
    find(`[popovertarget="${control.id}"]`).scrollIntoView({ block: "nearest" });
    control.showPopover({ source: find(`[popovertarget="${control.id}"]`) });
    (find("[autofocus]", control) ?? find("input:checked", control) ?? find("input", control))?.focus();
  } else {
    control.focus();
    control.select?.();
  }
});

const small = (text) => text.trim().replace(/\s+/g, " ").toLowerCase();

// Where a chip was taken off, the next one can be; after the last one, the line is there to ask anew.
let takenOff = -1;

const crosses = () => all(".chips a");

document.addEventListener("click", (event) => {
  takenOff = crosses().indexOf(within(event, ".chips a"));
});

// Undo brings back a saved search also while their menu is closed: whoever pressed it is left there.
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target?.id === "searches" && document.activeElement === document.body) find(".saved > summary")?.focus();
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.target.id !== "audit-log") return;
  foldWhereNarrow();
  if (takenOff >= 0) (crosses()[takenOff] ?? crosses().at(-1) ?? line()).focus({ preventScroll: true });
  takenOff = -1;
});

// On a small screen what is found comes first: chips say what is asked, and open the filters again.
function foldWhereNarrow() {
  if (matchMedia("(max-width: 860px)").matches) find(".more-filters").open = false;
}

foldWhereNarrow();

// ---- The browser's own time zone can be chosen where it is another one

function offerBrowserZone() {
  const option = find("[data-browser-zone]");
  if (!option || !option.hidden) return;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const taken = all("option", option.parentElement).some((other) => other !== option && other.textContent.trim() === zone);
  if (!zone || taken) return;
  option.value = zone;
  option.textContent = `${zone} (this browser)`;
  option.hidden = option.disabled = false;
}

offerBrowserZone();
