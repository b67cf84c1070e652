// Keys: what each does stands in the sheet of keys, which the server draws; here is only how it is done.

const PAUSE = 1200; // between the two keys of "g i"

const sheet = () => document.getElementById("keys");
const table = new Map();
let first = null;
let timer = null;

for (const line of document.querySelectorAll("[data-keys]")) table.set(line.dataset.keys, line);

const areOn = () => localStorage.getItem("keys") !== "off";

function isWriting(target) {
  return target.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])");
}

// ---- Rows

const rows = () => [...document.querySelectorAll("[data-list] .row-link[href]")].filter((link) => link.checkVisibility());
const focusedRow = () => document.activeElement?.closest?.("[data-row]");
const openRow = () => document.querySelector("[data-row] .row-link[aria-current]")?.closest("[data-row]");

function move(way) {
  const links = rows();
  const at = links.indexOf((focusedRow() ?? openRow())?.querySelector(".row-link"));
  const next = at < 0 ? links[0] : links[at + (way === "down" ? 1 : -1)];
  const more = document.querySelector("[data-list] .row-more");
  if (!next && way === "down" && more) more.scrollIntoView({block: "nearest"});
  next?.focus({preventScroll: true});
  next?.closest(".row").scrollIntoView({block: "nearest"});
}

function select(event) {
  const box = (focusedRow() ?? openRow())?.querySelector("[data-select]");
  // A click carries the shift key along: up to here.
  box?.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, shiftKey: event.shiftKey}));
}

// ---- Buttons and menus

function use(element) {
  if (element.matches("details")) {
    element.open = true;
    const begin = () => element.querySelector(".menu-panel :is(button, input, a):not([type=hidden])")?.focus();
    if (element.querySelector(".menu-panel :is(button, input, a)")) begin();
    else element.addEventListener("htmx:after:swap", begin, {once: true});
    return;
  }
  if (element.matches("[type=radio]")) {
    element.click();
    element.form?.querySelector("textarea")?.focus();
  } else if (element.matches("input, textarea")) {
    element.focus();
    element.select?.();
  } else element.click();
}

const visible = (selector) => selector
  ? [...document.querySelectorAll(selector)].find((element) => element.checkVisibility() && !element.disabled) : null;
const inList = (selector) => selector
  ? [...document.querySelectorAll(`[data-bulk] :is(${selector})`)].find((element) => !element.closest(".menu-panel") || element.closest("details[open]")) : null;

function press({onTicket, onList}) {
  const row = focusedRow();
  const isOther = row && row !== openRow();
  const bulk = document.querySelector("[data-bulk]");
  if (onList && bulk && (bulk.dataset.count > 0 || isOther)) {
    // One row that is not open is as good as a selection.
    if (!(bulk.dataset.count > 0)) row.querySelector("[data-select]")?.click();
    pressInBar(onList);
    return;
  }
  const found = visible(onTicket);
  if (found) use(found);
}

async function pressInBar(selector) {
  const found = inList(selector);
  if (found) return use(found);
  // What is not in the bar itself is in its last menu, which comes with its first opening.
  const menu = document.querySelector("[data-deed-menu='more']");
  if (!menu) return;
  if (!menu.querySelector("[data-deed]")) {
    const loaded = new Promise((resolve) => menu.addEventListener("htmx:after:swap", resolve, {once: true}));
    menu.open = true;
    await loaded;
  }
  menu.querySelector(selector)?.click();
}

function undo() {
  const forms = [...document.querySelectorAll("#toasts [data-undo]")];
  const form = forms.at(-1) ?? document.querySelector("#last-undo [data-undo]");
  form?.querySelector("button").click();
}

function show() {
  if (sheet() && !sheet().open) sheet().showModal();
}

const acts = {
  move: (line) => move(line.dataset.to),
  open: () => (focusedRow() ?? openRow())?.querySelector(".row-link").click(),
  select: (line, event) => select(event),
  press: (line) => press(line.dataset),
  focus: (line) => visible(line.dataset.onTicket) && use(visible(line.dataset.onTicket)),
  go: (line) => location.assign(line.dataset.to),
  undo,
  help: show,
};

function lineFor(event) {
  const key = event.key === "X" ? "x" : event.key; // with Shift it goes up to here
  const both = first ? `${first} ${key}` : key;
  clearTimeout(timer);
  const wasFirst = first;
  first = null;
  if (!wasFirst && [...table.keys()].some((keys) => keys.startsWith(`${key} `))) {
    first = key;
    timer = setTimeout(() => { first = null; }, PAUSE);
    return null;
  }
  return table.get(both);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const menu = event.target.closest?.("details[data-menu][open]");
  if (menu && (event.key === "ArrowDown" || event.key === "ArrowUp") && !isWriting(event.target)) {
    const items = [...menu.querySelectorAll(".menu-panel :is(button, a, input:not([type=hidden]))")];
    const at = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    items[Math.max(0, Math.min(at, items.length - 1))]?.focus();
    event.preventDefault();
    return;
  }
  if (document.querySelector("dialog[open]") || !areOn()) return;
  const leave = table.get("Escape");
  if (event.key === "Escape" && leave && event.target.matches(leave.dataset.onTicket)) return event.target.blur();
  if (isWriting(event.target) || event.key === "Escape") return;
  const line = lineFor(event);
  if (first) event.preventDefault();
  if (!line) return;
  event.preventDefault();
  acts[line.dataset.act]?.(line, event);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-show-keys]")) {
    event.target.closest("details").open = false;
    show();
  }
  if (event.target === sheet()) sheet().close(); // the backdrop
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-keys-on]")) localStorage.setItem("keys", event.target.checked ? "on" : "off");
});

for (const box of document.querySelectorAll("[data-keys-on]")) box.checked = areOn();
