// New events on the audit page: they come by a stream while the page is seen, and wait while you read further down.

const LOOK_EVERY = 3000; // where no stream can be had
const STREAM_EVERY = 4; // of those looks, one tries to get the stream again
const SILENT_AFTER = 15_000; // what works says something every five seconds
const FULL = 503; // very many follow: the page looks by itself, which works
const A_WHILE = 700; // after the last of several jumps
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
  hear();
});

document.addEventListener("htmx:sse:after:message", (event) => {
  if (event.target === live()) hear();
});

document.addEventListener("htmx:sse:error", (event) => {
  if (event.target !== live()) return;
  isCut = true;
  const {status} = event.detail;
  if (status >= 400 && status < 500) {
    isOver = true;
    say("look"); // its answer says why
  }
  if (isFailure(status)) isLost = true;
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

// The desk's clock was moved: what is listed may have left the period. An advance moves it many times.
let jumping = 0;
document.addEventListener("jumped", (event) => {
  if (event.target !== live()) return;
  clearTimeout(jumping);
  jumping = setTimeout(() => {
    if (!isPaused && !isReading()) anew();
  }, A_WHILE);
});

document.addEventListener("visibilitychange", () => {
  heard = Date.now();
  if (mayFollow() && !stream) say("follow");
});

let looks = 0;

setInterval(() => {
  if (!live() || !mayFollow()) heard = Date.now(); // as far as anybody listened
  if (Date.now() - heard > SILENT_AFTER) {
    isLost = true;
    beginAnew();
  }
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

// ---- Whether the desk answers

let isLost = false; // neither stream nor look succeeds
let heard = Date.now();
let heardAt = ""; // as the desk clock showed it

const isFailure = (status) => !status || (status >= 500 && status !== FULL);

function hear() {
  heard = Date.now();
  heardAt = find("[data-desk-clock]")?.textContent.trim().split(" ").at(-1) ?? "";
  isLost = false;
  showState();
}

// A connection may be dead without anybody having said so: another one shows.
function beginAnew() {
  isCut = true;
  letGo();
  showState();
}

addEventListener("offline", beginAnew);

document.addEventListener("htmx:after:request", (event) => {
  const {sourceElement, response} = event.detail.ctx;
  if (sourceElement.id !== "audit-look") return;
  if (isFailure(response?.status)) {
    isLost = true;
    showState();
    return;
  }
  const wasLost = isLost;
  hear();
  if (!wasLost) return;
  if (stream) stream.delayCanceller?.(); // it waits for longer and longer
  else say("follow");
});

document.addEventListener("htmx:error", (event) => {
  const asked = event.detail.ctx;
  if (!["audit-live", "audit-look"].includes(asked?.sourceElement?.id) || asked.response) return;
  isLost = true;
  showState();
});

// ---- Rows: let in at the top, or held back while you read further down

function letIn(atOnce = false) {
  const pill = find("[data-pill]");
  if (!pill) return;
  dropTwins();
  const waiting = all("#audit-waiting > tr");
  if (waiting.length && (atOnce || !(isReading() || isPaused))) {
    for (const row of all("#audit-rows .is-new")) row.classList.remove("is-new");
    for (const row of waiting) row.classList.add("is-new");
    find("#audit-rows").prepend(...waiting);
    waiting.length = 0;
    if (!isReading() && all("#audit-rows tr.event").length > MOST_SHOWN) anew();
  }
  const count = waiting.filter((row) => row.matches(".event")).length;
  if (count > MOST_WAITING && !isOver) {
    isOver = true;
    letGo();
  }
  find("[data-pill-count]", pill).textContent = count > MOST_WAITING ? `${MOST_WAITING}+` : String(count);
  pill.hidden = count === 0;
}

const isReading = () => Boolean(window.scrollY > AT_TOP || find("#audit-rows [aria-expanded=true]"));

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
  const state = isPaused ? "paused" : isOver ? "stopped" : isLost ? "lost" : stream && !isCut ? "live" : "looking";
  place.dataset.follow = state;
  const words = {
    paused: "Paused", stopped: "Stopped", live: "Live", looking: "Looks every few seconds",
    lost: `Cut off${heardAt && ` since ${heardAt}`}; tries again`,
  }[state];
  const said = find("[data-follow-state]", place);
  if (said.textContent !== words) said.textContent = words;
  find("[data-pause]", place).textContent = isPaused ? "Resume" : "Pause";
}

hear(); // the page itself
