"use strict";
// Texts of others only ever become text nodes: nothing here writes HTML.

const KEPT = "fit512-chat";
const LONGEST = 30; // turns that a reload shows again
const SILENCE_MS = 60000; // the service sends a comment every 15 seconds
const CUT = {
  length: "The answer ends here: it has reached its longest length.",
  content_filter: "The answer ends here: the language model's host held the rest back.",
};
const at = (id) => document.getElementById(id);
const form = at("form"), question = at("question"), turns = at("turns"), status = at("status");
const main = document.querySelector("main");
// Taken off: a browser would cut what is pasted without a word.
const longest = question.maxLength;
question.removeAttribute("maxlength");
let pinned = true; // the newest line is kept in view, until the visitor scrolls up
let talk = read();
let running = null; // the AbortController of the answer that is coming

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT));
    if (Array.isArray(kept.turns)) return kept;
  } catch { /* nothing is kept, or nothing may be */ }
  return { session: null, turns: [] };
}

function keep() {
  talk.turns = talk.turns.slice(-LONGEST);
  try {
    localStorage.setItem(KEPT, JSON.stringify(talk));
  } catch { /* private windows */ }
}

// One turn on the page.
function show(asked) {
  const item = at("turn").content.cloneNode(true).firstElementChild;
  const part = (selector) => item.querySelector(selector);
  part(".question .text").textContent = asked;
  turns.append(item);
  at("welcome").hidden = true;
  return {
    item,
    text: part(".answer .text"),
    done() { part(".waiting").hidden = true; },
    fail(message, again) {
      part(".waiting").hidden = true;
      part(".error p").textContent = message;
      part(".error button").hidden = !again;
      if (again) part(".error button").onclick = again;
      part(".error").hidden = false;
    },
    cut(reason) {
      part(".cut").textContent = CUT[reason] || "";
      part(".cut").hidden = !CUT[reason];
    },
    sources(found) {
      if (!found.length) return;
      part("summary").textContent = found.length === 1 ? "1 source" : `${found.length} sources`;
      for (const source of found) {
        const entry = document.createElement("li"), name = document.createElement("b");
        name.textContent = source.name || "";
        entry.append(name, source.text);
        part("details ol").append(entry);
      }
      part("details").hidden = false;
    },
  };
}

// Where a source stands: file or address, page, heading.
function named({ source, title, page, page_label, heading }) {
  const file = /^https?:/.test(source) ? source : String(source ?? "").split(/[\\/]/).pop();
  const number = page_label ?? page;
  const parts = [file || title, number === undefined ? "" : `page ${number}`, heading];
  return parts.filter(Boolean).join(", ");
}

function follow() {
  if (pinned) main.scrollTop = main.scrollHeight;
}

function note(message) {
  at("note").textContent = message;
  at("note").hidden = !message;
}

// Whether it may be sent; says why not.
function fits(asked) {
  const length = [...asked].length, shown = (n) => n.toLocaleString("en");
  const tooLong = length > longest;
  note(tooLong ? `A question may have at most ${shown(longest)} characters; this one has ${shown(length)}. Please shorten it.` : "");
  return !tooLong;
}

// The events of a response: [name, data] each.
async function* events(response, alive) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    alive();
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const name = /^event: (.*)$/m.exec(block), data = /^data: (.*)$/m.exec(block);
      if (name && data) yield [name[1], JSON.parse(data[1])];
    }
  }
}

class Told extends Error {}
class Refused extends Told {} // the question itself: it has to be changed

function problem(body, retryAfter) {
  const wait = Number(body.retry_after_s || retryAfter);
  const kind = body.status === 413 || body.status === 422 ? Refused : Told;
  return new kind((body.detail || "The service failed.") + (wait > 1 ? ` Try again in ${wait} seconds.` : ""));
}

// Asked again with the same name, a turn whose answer was lost on its way is there once.
// (crypto.randomUUID is there only with https.)
function newTurn() {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

async function post(asked, name, signal) {
  const body = { question: asked, session_id: talk.session, turn_id: name };
  const response = await fetch("chat/stream", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal,
  });
  if (response.ok) return response;
  throw problem(await response.json().catch(() => ({})), response.headers.get("Retry-After"));
}

async function answer(asked, name, turn, alive, signal) {
  let sources = [];
  for await (const [kind, data] of events(await post(asked, name, signal), alive)) {
    if (kind === "sources") {
      talk.session = data.session_id;
      sources = data.sources.map(({ text, metadata }) => ({ text, name: named(metadata) }));
    } else if (kind === "token") {
      turn.text.textContent += data.text;
      follow();
    } else if (kind === "error") {
      throw problem(data);
    } else if (kind === "done") {
      turn.sources(sources);
      turn.cut(data.finish_reason);
      return { question: asked, answer: data.answer, sources, cut: data.finish_reason };
    }
  }
  throw new Told("The answer broke off.");
}

async function ask(asked, name = newTurn()) {
  const turn = show(asked), control = new AbortController();
  let timer, silent = false;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { silent = true; control.abort(); }, SILENCE_MS);
  };
  running = control;
  busy(true);
  pinned = true;
  follow();
  alive();
  try {
    const whole = await answer(asked, name, turn, alive, control.signal);
    if (running !== control) return; // a new conversation has begun
    talk.turns.push(whole);
    keep();
    turn.done();
    status.textContent = whole.answer;
  } catch (error) {
    const again = () => { turn.item.remove(); if (!running) ask(asked, name); };
    if (error instanceof Refused) giveBack(asked, turn, error.message);
    else if (control.signal.aborted && !silent) turn.fail("Stopped.", again);
    else turn.fail(said(error, silent), again);
    status.textContent = "";
  } finally {
    clearTimeout(timer);
    if (running === control) {
      running = null;
      busy(false);
    }
    follow();
  }
}

function giveBack(asked, turn, message) {
  turn.item.remove();
  question.value = asked;
  fit();
  note(message);
}

function said(error, silent) {
  if (error instanceof Told) return error.message;
  if (!navigator.onLine) return "You are offline.";
  return silent ? "The service does not answer." : "The connection to the service was lost.";
}

function busy(is) {
  at("send").hidden = is;
  at("stop").hidden = !is;
  turns.setAttribute("aria-busy", String(is));
  if (is) status.textContent = "Answering…";
  else question.focus({ preventScroll: true });
}

function fit() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight + 2}px`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = question.value.trim();
  if (!asked || running || !fits(asked)) return;
  question.value = "";
  fit();
  ask(asked);
});
question.addEventListener("input", () => { fit(); fits(question.value.trim()); });
main.addEventListener("scroll", () => { pinned = main.scrollHeight - main.scrollTop - main.clientHeight < 160; });
question.addEventListener("keydown", (event) => {
  // Shift makes a line; 229: Safari still composes a character.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
    event.preventDefault();
    form.requestSubmit();
  }
});
at("stop").addEventListener("click", () => running && running.abort());
at("new").addEventListener("click", () => {
  const session = talk.session, control = running;
  running = null;
  if (control) control.abort();
  talk = { session: null, turns: [] };
  keep();
  turns.replaceChildren();
  at("welcome").hidden = false;
  busy(false);
  status.textContent = "New conversation.";
  if (session) fetch(`sessions/${session}`, { method: "DELETE" }).catch(() => {});
});

for (const kept of talk.turns) {
  const turn = show(kept.question);
  turn.text.textContent = kept.answer;
  turn.sources(kept.sources);
  turn.cut(kept.cut);
  turn.done();
}
follow();
question.focus({ preventScroll: true });
