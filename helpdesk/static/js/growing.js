// The histogram grows as the sentence does: what happens is added to its bar, also while its row waits behind the pill.

const HEIGHT = 72; // of the drawing, as audit/histogram.py has it
const LEAST = 1.5;
const GAP = 0.75;
const RECOUNT_EVERY = 15_000; // where a bar is missing; nobody waits for it

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const RENEW_EVERY = 3_000; // while somebody looks at the numbers beside the options

let recounted = 0;
let isOld = false; // whether something happened since the numbers beside the options were counted
let renewing = 0;
let again = 0; // how often it may still be asked only because there was no time

// Whether there was a bar for everything.
function grow() {
  const figure = find("[data-histogram]");
  if (!figure) return false;
  const upto = Number(figure.dataset.upto);
  const fresh = all("#audit-rows > tr.event, #audit-waiting > tr.event").filter((row) => number(row) > upto);
  if (!fresh.length) return true;
  isOld = true;
  figure.dataset.upto = String(Math.max(...fresh.map(number)));
  const bars = all(".bar", figure);
  const legend = new Map(all(".legend > li", figure).map((entry) => [entry.dataset.group, entry]));
  let isMissing = false;
  for (const row of fresh) {
    const at = Date.parse(find("time", row).dateTime);
    const bar = bars.findLast((one) => Number(one.dataset.begin) <= at);
    const entry = legend.get(row.dataset.group);
    isMissing ||= !bar || !entry || at >= Number(bar.dataset.begin) + Number(figure.dataset.lasts);
    if (!bar || !entry) continue;
    add(bar, row.dataset.group);
    entry.dataset.number = String(Number(entry.dataset.number) + 1);
    entry.lastElementChild.textContent = counted(Number(entry.dataset.number));
  }
  draw(figure, bars, [...legend.values()]);
  return !isMissing;
}

function recount() {
  const isChosenIn = find("[data-brush]")?.matches(":focus, :active"); // nothing moves under the hand
  if (!isChosenIn && Date.now() - recounted >= RECOUNT_EVERY) ask();
}

function ask() {
  recounted = Date.now();
  isOld = false;
  find("#audit-around")?.dispatchEvent(new Event("recount"));
}

// The numbers beside the options are hidden while their panel is closed: they are counted anew where somebody sees them.
// So are those for which there was no time: what was counted is remembered, and the next count comes further.
function renew() {
  const panel = find(".choice-panel:popover-open");
  const isUntold = () => again > 0 && all("[data-count]", panel).some((told) => /[–+]$/.test(told.textContent));
  if (renewing || !panel || !(isOld || isUntold())) return;
  again -= 1;
  ask();
  renewing = setTimeout(() => {
    renewing = 0;
    renew();
  }, RENEW_EVERY);
}

const number = (row) => Number(row.id.slice("event-".length));
const counted = (count) => count.toLocaleString("en");
const held = (bar) => all(".bar-piece", bar).reduce((sum, piece) => sum + Number(piece.dataset.number), 0);

function add(bar, group) {
  let piece = find(`.bar-piece[data-group="${group}"]`, bar);
  if (!piece) {
    piece = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    piece.setAttribute("class", `bar-piece ${group}`);
    Object.assign(piece.dataset, { group, number: "0" });
    piece.setAttribute("x", String(Number(find(".bar-room", bar).getAttribute("x")) + GAP));
    piece.setAttribute("width", "8.5");
    bar.append(piece);
  }
  piece.dataset.number = String(Number(piece.dataset.number) + 1);
}

function draw(figure, bars, legend) {
  const tallest = Math.max(...bars.map(held));
  for (const bar of bars) {
    let top = HEIGHT;
    const named = [];
    for (const entry of legend) { // from the bottom of a bar to its top
      const piece = find(`.bar-piece[data-group="${entry.dataset.group}"]`, bar);
      if (!piece) continue;
      const height = Math.max((Number(piece.dataset.number) / tallest) * HEIGHT, LEAST);
      top -= height;
      piece.setAttribute("y", String(Math.max(top, 0)));
      piece.setAttribute("height", String(height));
      named.push(`${entry.dataset.name} ${counted(Number(piece.dataset.number))}`);
    }
    if (named.length && !bar.classList.contains("bar-uncounted")) {
      const sum = held(bar);
      const words = `${bar.dataset.span}: ${counted(sum)} event${sum === 1 ? "" : "s"} (${named.join(", ")})`;
      bar.dataset.words = find("title", bar).textContent = words;
    }
  }
  const told = find("[data-tallest]", figure);
  if (told) told.textContent = counted(tallest);
}

document.addEventListener("htmx:after:swap", (event) => {
  const isNews = event.target instanceof Element && event.target.matches("#audit-live, #audit-look");
  if (!grow() && isNews) recount();
  renew();
});

document.addEventListener("toggle", (event) => {
  if (event.newState === "open") again = 3;
  renew();
}, true); // it does not bubble
