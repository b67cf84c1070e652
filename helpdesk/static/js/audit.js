// The audit page's own hands: finds options while you type, opens rows, shows what an event's name means.

const HOVER_AFTER = 350;

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const within = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

// ---- Options: typing finds them, and is no filter by itself (so it must not reach the form)

document.addEventListener("input", (event) => {
  if (within(event, "[data-find]")) {
    event.stopPropagation();
    findOptions(event.target);
  } else if (within(event, "#period")) {
    for (const end of all(".own-period input")) end.disabled = event.target.value !== "own";
  }
}, true);

function findOptions(field) {
  const panel = field.closest("[popover]");
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const option of all(".choice-options .choice-option", panel)) {
    const legend = find("legend", option.closest("fieldset") ?? option)?.textContent ?? "";
    const said = `${legend} ${option.textContent}`.toLowerCase();
    option.hidden = !words.every((word) => said.includes(word));
    if (!option.hidden && option.checkVisibility()) found += 1;
  }
  for (const group of all("fieldset", panel)) group.hidden = !find(".choice-option:not([hidden])", group);
  find("[data-none]", panel).hidden = found > 0;
}

// A long list opens where something is chosen.
document.addEventListener("toggle", (event) => {
  if (event.newState !== "open" || !event.target.matches?.(".choice-panel")) return;
  find(".choice-options input:checked", event.target)?.closest(".choice-option").scrollIntoView({ block: "nearest" });
}, true);

document.addEventListener("click", (event) => {
  const clear = within(event, "[data-clear]");
  const group = within(event, "button[data-group]");
  if (clear) tick(all(".choice-options input:checked", clear.closest("[popover]")), false);
  if (group) {
    const boxes = all("input", group.closest("fieldset")).filter((box) => box.checkVisibility());
    tick(boxes, !boxes.every((box) => box.checked));
  }
});

function tick(boxes, checked) {
  for (const box of boxes) box.checked = checked;
  find("#audit-form").dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("keydown", (event) => {
  const panel = within(event, ".choice-panel");
  if (!panel || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
  if (event.key === "Enter") {
    if (within(event, "input")) event.preventDefault();
    return;
  }
  event.preventDefault();
  step(all("[data-find], input[type=checkbox]", panel).filter((box) => box.checkVisibility()), event.key);
});

function step(stops, key) {
  const next = stops.indexOf(document.activeElement) + (key === "ArrowDown" ? 1 : -1);
  stops[Math.max(0, Math.min(next, stops.length - 1))]?.focus();
}

// ---- Rows: a click anywhere opens, Esc closes, arrows move

document.addEventListener("click", (event) => {
  const row = within(event, "tr.event");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const toggle = find("[data-toggle]", row);
  const chosen = window.getSelection()?.toString();
  if (within(event, "[data-toggle]")) {
    if (isOpen(row)) {
      event.preventDefault();
      event.stopPropagation();
      close(row);
    }
  } else if (!within(event, "a, button") && !chosen) {
    toggle.click();
  }
}, true);

const isOpen = (row) => find("[data-toggle]", row).getAttribute("aria-expanded") === "true";

function close(row) {
  find("td", row.nextElementSibling).replaceChildren();
  find("[data-toggle]", row).setAttribute("aria-expanded", "false");
  if (number(row) === asked()) keep(null);
}

document.addEventListener("htmx:after:swap", (event) => {
  const toggle = event.target instanceof Element ? event.target.closest("[data-toggle]") : null;
  if (toggle) {
    toggle.setAttribute("aria-expanded", "true");
    keep(number(toggle.closest("tr.event")));
  }
  openAsked();
});

// ---- The row that was opened last belongs to the address, beside the filters

const number = (row) => row.id.slice("event-".length);
const asked = () => /[?&]open=(\d+)/.exec(location.search)?.[1];

function keep(open) {
  if (!find("#audit-log")) return; // rows of another page
  const parts = location.search.slice(1).split("&").filter((part) => part && !part.startsWith("open="));
  if (open) parts.push(`open=${open}`);
  history.replaceState(history.state, "", location.pathname + (parts.length ? `?${parts.join("&")}` : "") + location.hash);
}

// A list that has just come: whether it is the first one, or Back has brought it.
function openAsked() {
  const rows = find("#audit-log #audit-rows:not([data-met])");
  if (!rows) return null;
  rows.dataset.met = "";
  const row = asked() ? find(`#event-${asked()}`, rows) : null;
  if (row && !isOpen(row)) find("[data-toggle]", row).click();
  return row;
}

// By then htmx knows the links.
document.addEventListener("DOMContentLoaded", () => openAsked()?.scrollIntoView({ block: "center" }));

document.addEventListener("keydown", (event) => {
  const row = within(event, "tr.event") ?? within(event, "tr.story")?.previousElementSibling;
  if (!row) return;
  if (event.key === "Escape" && isOpen(row)) {
    close(row);
    find("[data-toggle]", row).focus();
  } else if (within(event, "[data-toggle]") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    step(all("#audit-rows [data-toggle]"), event.key);
  }
});

// ---- Meanings: a tap opens them without our help, resting on a name does so, too

let resting;

document.addEventListener("pointerover", (event) => {
  const name = within(event, "[data-meaning]");
  if (!name || event.pointerType !== "mouse") return;
  clearTimeout(resting);
  resting = setTimeout(() => {
    const meaning = document.getElementById(name.getAttribute("popovertarget"));
    if (meaning && !find(":popover-open")) {
      meaning.dataset.hovered = "";
      meaning.showPopover({ source: name });
    }
  }, HOVER_AFTER);
});

document.addEventListener("pointerout", (event) => {
  if (!within(event, "[data-meaning]")) return;
  clearTimeout(resting);
  for (const meaning of all(".meaning[data-hovered]:popover-open")) meaning.hidePopover();
});

// A click on the name keeps open what resting on it has opened: there is a link in it.
document.addEventListener("click", (event) => {
  const name = within(event, "[data-meaning]");
  const meaning = name && document.getElementById(name.getAttribute("popovertarget"));
  if (!meaning || !("hovered" in meaning.dataset)) return;
  event.preventDefault();
  delete meaning.dataset.hovered;
});

document.addEventListener("toggle", (event) => {
  if (event.newState === "closed") delete event.target.dataset?.hovered;
}, true);
