// New events on the audit page: they come by a stream while the page is seen, and wait while you read further down.

const LOOK_EVERY = 3000; // where no stream can be had
const STREAM_EVERY = 4; // of those looks, one tries to get the stream again
const AT_TOP = 120;
const MOST_WAITING = 1000;
const MOST_SHOWN = 1000;

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const live = () => document.getElementById("audit-live");

let stream = null; // the connection, from its first answer until it is given up
let isCut = false; // it broke, and is tried again
let isPaused = false;
let isOver = false; // no longer ours to read, or too much came: only a fresh list goes on

const mayFollow = () => !isPaused && !isOver && !document.hidden;

// ---- The stream

document.addEventListener("htmx:sse:before:connection", (event) => {
  if (event.target === live() && !mayFollow()) event.preventDefault();
});

document.addEventListener("htmx:sse:after:connection", (event) => {
  if (event.target !== live()) return;
  stream = event.detail.connection;
  isCut = false;
  showState();
});

document.addEventListener("htmx:sse:error", (event) => {
  if (event.target !== live()) return;
  isCut = true;
  const {status} = event.detail;
  if (status >= 400 && status < 500) {
    isOver = true;
    say("look"); // its answer says why
  }
  showState();
});

document.addEventListener("htmx:sse:close", (event) => {
  if (event.detail.connection !== stream) return;
  stream = null;
  showState();
});

document.addEventListener("ended", (event) => {
  if (event.target === live()) isOver = true;
});

document.addEventListener("anew", (event) => {
  if (event.target === live()) anew();
});

document.addEventListener("visibilitychange", () => {
  if (mayFollow() && !stream) say("follow");
});

let looks = 0;

setInterval(() => {
  if (!live() || !mayFollow() || (stream && !isCut)) return;
  looks += 1;
  say(!stream && looks % STREAM_EVERY === 0 ? "follow" : "look");
}, LOOK_EVERY);

function say(word) {
  document.getElementById(word === "look" ? "audit-look" : "audit-live")?.dispatchEvent(new Event(word));
}

function letGo() {
  stream?.reader?.cancel();
}

// ---- Rows: let in at the top, or held back while you read further down

function letIn(atOnce = false) {
  const pill = find("[data-pill]");
  if (!pill) return;
  dropTwins();
  const waiting = all("#audit-waiting > tr");
  const isReading = window.scrollY > AT_TOP || find("#audit-rows [aria-expanded=true]");
  if (waiting.length && (atOnce || !(isReading || isPaused))) {
    for (const row of all("#audit-rows .is-new")) row.classList.remove("is-new");
    for (const row of waiting) row.classList.add("is-new");
    find("#audit-rows").prepend(...waiting);
    waiting.length = 0;
    if (!isReading && all("#audit-rows tr.event").length > MOST_SHOWN) anew();
  }
  const count = waiting.filter((row) => row.matches(".event")).length;
  if (count > MOST_WAITING && !isOver) {
    isOver = true;
    letGo();
  }
  find("[data-pill-count]", pill).textContent = count > MOST_WAITING ? `${MOST_WAITING}+` : String(count);
  pill.hidden = count === 0;
}

// A look and the stream may bring the same event when one takes over from the other.
function dropTwins() {
  const known = new Set(all("#audit-rows > tr.event").map((row) => row.id));
  for (const row of all("#audit-waiting > tr.event")) {
    if (known.has(row.id)) {
      row.nextElementSibling.remove(); // its story
      row.remove();
    }
    known.add(row.id);
  }
}

// What was counted beside the list may come after the stream has told of more: the later event knows better.
function sayTotal() {
  const said = find("#audit-sentence");
  for (const told of all("#audit-told > data")) {
    if (said && Number(told.value) >= Number(said.dataset.upto)) {
      said.dataset.upto = told.value;
      if (said.textContent !== told.textContent) said.textContent = told.textContent;
    }
    told.remove();
  }
}

function anew() {
  isOver = false;
  window.htmx.ajax("GET", location.pathname + location.search, {target: "#audit-log", swap: "innerHTML"});
}

document.addEventListener("htmx:after:swap", () => {
  sayTotal();
  letIn();
  showState();
});

document.addEventListener("click", (event) => {
  const pressed = event.target instanceof Element ? event.target.closest("[data-pill], [data-pause]") : null;
  if (!pressed) return;
  if (pressed.matches("[data-pause]")) {
    isPaused = !isPaused;
    if (isPaused) letGo();
    else {
      letIn();
      say("follow");
    }
    showState();
    return;
  }
  window.scrollTo({top: 0});
  if (isOver) anew();
  else letIn(true);
  find("#audit-rows [data-toggle]")?.focus({preventScroll: true});
});

// ---- What is said of it

function showState() {
  const place = find("[data-follow]");
  if (!place) return;
  place.hidden = !live();
  const state = isPaused ? "paused" : isOver ? "stopped" : stream && !isCut ? "live" : "looking";
  place.dataset.follow = state;
  const words = {paused: "Paused", stopped: "Stopped", live: "Live", looking: "Looks every few seconds"}[state];
  const said = find("[data-follow-state]", place);
  if (said.textContent !== words) said.textContent = words;
  find("[data-pause]", place).textContent = isPaused ? "Resume" : "Pause";
}

showState();
