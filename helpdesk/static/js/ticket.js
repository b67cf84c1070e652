// Beside a ticket: tags that complete themselves, and fields that save as soon as something is chosen.

const MOST = 8;
const SVG = "http://www.w3.org/2000/svg";

const listOf = (input) => document.getElementById(`${input.id}-list`);
const optionsOf = (input) => [...(listOf(input)?.children ?? [])];

function dress(input) {
  if (listOf(input)) return;
  const source = input.getAttribute("list");
  if (source) input.dataset.source = source;
  input.removeAttribute("list"); // or the browser shows its own list, too
  const list = document.createElement("ul");
  Object.assign(list, {id: `${input.id}-list`, className: "combo", hidden: true});
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Tags to choose from");
  input.after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", list.id], ["aria-autocomplete", "list"]]) {
    input.setAttribute(name, value);
  }
}

function found(input) {
  const words = input.value.trim().toLowerCase();
  const all = [...document.getElementById(input.dataset.source).options];
  const fitting = all.filter((each) => each.value.toLowerCase().includes(words));
  fitting.sort((one, other) => other.value.toLowerCase().startsWith(words) - one.value.toLowerCase().startsWith(words));
  const rows = fitting.slice(0, MOST).map((each) => ({value: each.value, label: each.value, color: each.dataset.color}));
  const isKnown = all.some((each) => each.value === input.value.trim()) || input.dataset.present?.split("\n").includes(input.value.trim());
  if (words && !isKnown && !input.value.includes(",")) rows.push({value: input.value.trim(), label: `Make the tag “${input.value.trim()}”`});
  return rows;
}

function suggest(input) {
  dress(input);
  const list = listOf(input);
  list.replaceChildren(...found(input).map(({value, label, color}, at) => {
    const option = document.createElement("li");
    option.id = `${list.id}-${at}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.value = value;
    if (color) option.append(dot(color));
    option.append(label);
    return option;
  }));
  list.hidden = !list.children.length;
  input.setAttribute("aria-expanded", String(!list.hidden));
  input.removeAttribute("aria-activedescendant");
}

function dot(color) {
  const sign = document.createElementNS(SVG, "svg");
  sign.setAttribute("class", "tag-dot");
  sign.setAttribute("viewBox", "0 0 8 8");
  const circle = document.createElementNS(SVG, "circle");
  for (const [name, value] of [["cx", 4], ["cy", 4], ["r", 4], ["fill", color]]) circle.setAttribute(name, value);
  sign.append(circle);
  return sign;
}

function hide(input) {
  const list = listOf(input);
  if (!list) return;
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function move(input, by) {
  const options = optionsOf(input);
  if (!options.length) return;
  const at = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
  const next = options[at < 0 ? (by > 0 ? 0 : options.length - 1) : (at + by + options.length) % options.length];
  options.forEach((each) => each.setAttribute("aria-selected", String(each === next)));
  input.setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({block: "nearest"});
}

function take(input, option) {
  input.value = option.dataset.value;
  hide(input);
  input.form.requestSubmit();
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-combobox]")) suggest(event.target);
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-combobox]")) suggest(event.target);
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches("[data-combobox]")) hide(event.target);
});

document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (!input.matches?.("[data-combobox]")) return;
  const list = listOf(input);
  const active = list?.querySelector("[aria-selected=true]");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!list || list.hidden) suggest(input);
    move(input, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && active && !list.hidden) take(input, active);
  else if (event.key === "Escape" && list && !list.hidden) hide(input);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest?.(".combo [role=option]");
  if (!option) return;
  event.preventDefault(); // the field keeps the focus
  take(document.querySelector(`[aria-controls="${option.parentElement.id}"]`), option);
});

// "why" opens its line, where the chain is told; in a new window it is the event's own page.
document.addEventListener("click", (event) => {
  const why = event.target.closest("[data-why]");
  if (!why || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const line = document.getElementById(why.dataset.why).querySelector("details");
  line.open = !line.open;
});

document.addEventListener("toggle", (event) => {
  if (event.target.matches(".line-what[open]")) window.htmx.trigger(event.target.querySelector(".line-story"), "why");
}, true);

document.addEventListener("change", (event) => {
  if (event.target.matches(".field-form select")) event.target.form.requestSubmit();
});

// A ticket that is made fresh brings the plain field back: whoever writes in it goes on choosing.
document.addEventListener("htmx:after:swap", () => {
  const input = document.activeElement;
  if (input?.matches("[data-combobox]") && !listOf(input)) suggest(input);
});
