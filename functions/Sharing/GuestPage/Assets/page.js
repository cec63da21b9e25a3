// The guest's page with script: plays through hls.js, keeps the video's address alive, and writes comments. Rules are the API's; a list
// of comments is always the server's own HTML.
const player = document.getElementById("player");
const video = document.getElementById("video");
const say = document.getElementById("say");
const { api, page, hls: hlsFile, worker, renewIn, endsIn, version } = player.dataset;
const frameRate = Number(player.dataset.frameRate) || 0;
const shortestGap = 2_000;
const lookEvery = 60_000;
const swapLead = 15_000;
const retryGap = 5_000;
const mostFailures = 6;

let over = false;
let saying = 0;

function tell(text) {
  clearTimeout(saying);
  say.textContent = text;
  saying = setTimeout(() => { say.textContent = ""; }, 8_000);
}

const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  return whole >= 3600
    ? `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
    : `${Math.floor(whole / 60)}:${two(whole % 60)}`;
};

function show(root) {
  for (const part of root.querySelectorAll("[data-js]")) part.hidden = false;
  for (const time of root.querySelectorAll("time[data-local]")) {
    const style = time.dataset.local === "long" ? { dateStyle: "full", timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
    time.textContent = new Intl.DateTimeFormat("en-AU", style).format(new Date(time.dateTime));
  }
}

// ---- The link's end: nothing plays any more, nothing can be written, and the page says why.

function end(problem) {
  if (over) return;
  over = true;
  clearTimeout(renewal);
  clearTimeout(swapping);
  video.pause();
  stream?.destroy();
  video.removeAttribute("src");
  video.removeAttribute("poster");
  video.load();
  if (document.fullscreenElement) document.exitFullscreen();
  player.hidden = true;
  document.querySelector("section.comments")?.remove();
  document.querySelector(".facts").remove();
  say.textContent = "";
  const notice = document.getElementById("over");
  notice.hidden = false;
  if (problem.status === 401) notice.querySelector("h2").textContent = problem.title;
  document.getElementById("why").textContent = problem.status === 401 ? "Load this page again to go on." : problem.detail;
  notice.focus();
}

/** Whether an answer says that the guest is let in no more; if so, the page is over. */
async function isOver(answer) {
  if (![401, 403, 404].includes(answer.status)) return false;
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 403 && !["share-link-unavailable", "not-addressed", "share-link-not-opened"].includes(slug(problem))) return false;
  end({ title: "This link has ended", detail: "This link is no longer available.", ...problem, status: answer.status });
  return true;
}

const slug = (problem) => (problem.type ?? "").split("/").pop();

// ---- Playing.

let Hls = null;
let stream = null;
let address = document.querySelector("#video source")?.src;
let fresh = null;
let started = false;
let recovered = false;
let failures = 0;
let renewal = 0;
let swapping = 0;
let asking = null;
let looked = 0;
let broken = false;
let until = performance.now() + 1_000 * endsIn;

// How the playback goes, by a number that is made here and kept nowhere: nothing of it says who watches. A browser may drop what is sent.
const playbackSessionId = crypto.randomUUID?.();
const said = new Set();
let pressed = 0;
let stalled = 0;
let rebuffers = 0;
let rebufferMs = 0;
let trouble = "other";

function report(type, figures) {
  if (!playbackSessionId || said.has(type)) return;
  said.add(type);
  navigator.sendBeacon?.(`${api}/playback-events`, JSON.stringify({ playbackSessionId, type, ...figures }));
}

function flows() {
  if (pressed) report("started", { startupMs: Math.min(600_000, Math.round(performance.now() - pressed)) });
  if (!stalled) return;
  rebuffers = Math.min(10_000, rebuffers + 1);
  rebufferMs = Math.min(86_400_000, rebufferMs + Math.round(performance.now() - stalled));
  stalled = 0;
}

/** Whoever leaves while it is being mended has seen it fail. */
function leave() {
  if (over) return;
  if (broken) report("failed", { errorCode: trouble });
  if (!said.has("started")) return;
  flows();
  report("ended", { rebuffers, rebufferMs });
}

video.addEventListener("play", () => { pressed ||= performance.now(); });
video.addEventListener("playing", flows);
video.addEventListener("waiting", () => { if (said.has("started") && !video.seeking) stalled ||= performance.now(); });
// Whoever stops before it starts does not wait for it.
video.addEventListener("pause", () => { if (!said.has("started")) pressed = 0; });
video.addEventListener("ended", leave);
addEventListener("pagehide", leave);

function fail() {
  report("failed", { errorCode: trouble });
  const download = player.querySelector("a[href$='/download']");
  tell(download ? "The video does not play in this browser. Download it instead." : "The video does not play in this browser.");
}

function attach(at) {
  if (!Hls) {
    video.src = address;
    if (at > 0) video.addEventListener("loadedmetadata", () => { video.currentTime = at; }, { once: true });
    return;
  }

  const rate = video.playbackRate;
  stream?.destroy();
  const made = new Hls({ workerPath: worker, startPosition: at > 0 ? at : -1 });
  made.on(Hls.Events.ERROR, (_, error) => { if (made === stream) void mend(error); });
  stream = made;
  stream.loadSource(address);
  stream.attachMedia(video);
  video.playbackRate = rate;
}

/** Nothing of the video is fetched before somebody plays it. */
async function begin(at = 0) {
  if (started) return;
  started = true;
  pressed = performance.now();
  await loaded;
  if (over) return;
  document.getElementById("play").hidden = true;
  video.controls = true;
  attach(at);
  video.focus();
  await video.play().catch(() => {
    pressed = 0;
    tell("Press play to go on.");
  });
}

async function mend(error) {
  if (over) return;
  const refused = [401, 403, 404, 410].includes(error.response?.code);
  if (!error.fatal && !refused) return;
  trouble = refused ? "refused" : error.type === Hls.ErrorTypes.NETWORK_ERROR ? "network" : "media";
  if (error.type === Hls.ErrorTypes.MEDIA_ERROR && !recovered) {
    recovered = true;
    stream.recoverMediaError();
    return;
  }

  await again(error.type === Hls.ErrorTypes.NETWORK_ERROR);
}

/**
 * Asks for a new address, and goes on where the video stopped once there is one. Each is a token of the guest's: where none of them plays,
 * it is asked for less and less often, and in the end no more.
 */
async function again(mayHelp) {
  if (over || broken) return;
  if (!mayHelp || failures === mostFailures) return fail();
  broken = true;
  failures += 1;
  if (failures === 1) return renew();
  tell("The video has stopped. Trying again …");
  plan(retryGap * 2 ** (failures - 2));
}

/** Plays on from another address; for a moment the picture stands still. */
function swap() {
  clearTimeout(swapping);
  if (over || !fresh) return;
  const at = video.currentTime;
  const playing = started && !video.paused && !video.ended;
  address = fresh;
  fresh = null;
  broken = false;
  attach(at);
  if (playing) video.play().catch(() => tell("Press play to go on."));
}

const isAllThere = () => {
  const { buffered, currentTime, duration } = video;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime && buffered.end(i) >= duration - 0.5) return true;
  }
  return false;
};

function plan(milliseconds) {
  clearTimeout(renewal);
  renewal = setTimeout(renew, Math.max(1_000, milliseconds));
}

/** A new address before this one ends: the same open, not counted again. Several who ask at once are answered by one. */
function renew() {
  asking ??= ask().finally(() => { asking = null; });
  return asking;
}

async function ask() {
  let answer;
  try {
    answer = await fetch(api);
  } catch {
    return plan(10_000);
  }

  if (await isOver(answer)) return;
  if (!answer.ok) return plan(1_000 * (Number(answer.headers.get("Retry-After")) || 10));

  const link = await answer.json();
  if (link.versionNumber !== Number(version)) return change();

  // By the server's clock, not by the one of this device.
  const now = Date.parse(answer.headers.get("Date")) || Date.now();
  const left = until - performance.now();
  fresh = link.playbackUrl;
  until = performance.now() + Date.parse(link.urlExpiresAt) - now;
  plan(Date.parse(link.renewAt) - now);
  if (!started) {
    address = fresh;
  } else if (broken) {
    swap();
  } else if (isAllThere()) {
    // What is here needs no address.
  } else if (video.paused) {
    swap();
  } else {
    swapping = setTimeout(swap, Math.max(0, left - swapLead));
  }
}

/** A link to the newest version has got a newer one: this page is about the one before, which is not swapped under whoever watches it. */
function change() {
  if (!started && !form?.body.value) return location.reload();
  clearTimeout(saying);
  say.textContent = "There is a newer version of this video. Load this page again to see it.";
}

/** Whether the link still lets this guest in: at play, when the page comes back into sight, and now and then while it plays. */
async function look() {
  if (over || Date.now() - looked < shortestGap) return;
  looked = Date.now();
  const answer = await fetch(api, { method: "HEAD" }).catch(() => null);
  if (answer && [401, 403, 404].includes(answer.status)) await renew();
}

/** The player is fetched while nobody waits for it. Where it does not run the browser's own is left. */
async function load() {
  const module = await import(hlsFile).catch(() => null);
  if (module?.default.isSupported()) Hls = module.default;
  const native = video.canPlayType("application/vnd.apple.mpegurl");
  video.querySelector("source").remove();
  if (!Hls && !native) {
    trouble = "unsupported";
    return fail();
  }
  video.controls = false;
  const play = document.getElementById("play");
  play.hidden = false;
  play.addEventListener("click", () => { void begin(); });
}

const loaded = load();

video.addEventListener("play", () => { void look(); });
video.addEventListener("playing", () => { failures = 0; });
video.addEventListener("error", () => {
  if (!started || Hls || over) return;
  trouble = ["other", "other", "network", "media"][video.error?.code ?? 0] ?? "other";
  void again(true);
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) void look(); });
setInterval(() => { if (!video.paused) void look(); }, lookEvery);

function jump(at) {
  if (!started) return void begin(at);
  video.currentTime = at;
  video.focus();
}

// ---- Keys and speed.

const speed = document.getElementById("speed");
speed.addEventListener("change", () => { video.playbackRate = Number(speed.value); });
const faster = (by) => {
  speed.selectedIndex = Math.min(speed.options.length - 1, Math.max(0, speed.selectedIndex + by));
  video.playbackRate = Number(speed.value);
  tell(`Speed ${speed.value}`);
};
const move = (seconds) => { video.currentTime = Math.max(0, video.currentTime + seconds); };
const keys = {
  " ": () => (video.paused ? video.play().catch(() => {}) : video.pause()),
  ArrowLeft: () => move(-5),
  ArrowRight: () => move(5),
  ",": () => { video.pause(); move(-1 / (frameRate || 25)); },
  ".": () => { video.pause(); move(1 / (frameRate || 25)); },
  "<": () => faster(-1),
  ">": () => faster(1),
  m: () => { video.muted = !video.muted; },
  f: () => (document.fullscreenElement ? document.exitFullscreen() : video.requestFullscreen?.()),
};
keys.k = keys[" "];
// Only while the video has the focus: nobody who types or speaks to the page sets them off.
video.addEventListener("keydown", (event) => {
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  act();
});

// ---- Comments.

const section = document.querySelector("section.comments");
const form = document.getElementById("write");
let moment = 0;

async function send(method, under, body, version, key) {
  const headers = { "Content-Type": "application/json" };
  if (version) headers["If-Match"] = `"${version}"`;
  if (key) headers["Idempotency-Key"] = key;
  let answer;
  try {
    answer = await fetch(`${api}/comments${under}`, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    tell("Not sent: there is no connection. Try again.");
    return false;
  }

  // 404 may be about the comment alone.
  if (answer.status !== 404 && await isOver(answer.clone())) return false;
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    tell(problem.errors?.map((error) => error.message).join(" ") || problem.detail || "Not sent. Try again.");
  }
  return answer.ok;
}

async function fetchList(from) {
  const answer = await fetch(from).catch(() => null);
  if (!answer?.ok) return null;
  const list = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("comments");
  if (list) show(list);
  return list;
}

async function reload() {
  const list = await fetchList(`${page}/comments`);
  if (list) document.getElementById("comments").replaceWith(list);
}

async function more(link) {
  const list = await fetchList(link.href);
  if (!list) return tell("No more came. Try again.");
  const first = list.querySelector("li");
  document.querySelector("#comments > ol").append(...list.querySelectorAll("ol > li"));
  link.parentElement.remove();
  const next = list.querySelector("#more");
  if (next) document.getElementById("comments").append(next.parentElement);
  first?.setAttribute("tabindex", "-1");
  first?.focus();
}

/** A small form under a comment: its words are sent, the list is read again. */
function openForm(item, label, text, submit) {
  const before = item.querySelector("form");
  if (before) return before.querySelector("textarea").focus();
  const own = document.createElement("form");
  const title = document.createElement("label");
  const area = document.createElement("textarea");
  const row = document.createElement("div");
  area.id = `words-${item.dataset.id}`;
  area.rows = 3;
  area.maxLength = 4000;
  area.required = true;
  area.value = text;
  title.htmlFor = area.id;
  title.textContent = label;
  row.className = "row";
  row.append(button("Cancel", "quiet", "button"), button("Send", "button", "submit"));
  row.firstChild.addEventListener("click", () => { own.remove(); item.querySelector("button")?.focus(); });
  own.append(title, area, row);
  own.addEventListener("submit", async (event) => {
    event.preventDefault();
    row.lastChild.disabled = true;
    const sent = await submit(area.value);
    row.lastChild.disabled = false;
    if (sent) {
      await reload();
      tell("Sent.");
    }
  });
  item.append(own);
  area.focus();
}

function button(text, kind, type) {
  const made = document.createElement("button");
  made.textContent = text;
  made.className = kind;
  made.type = type;
  return made;
}

const author = () => document.getElementById("name")?.value.trim() || "me";

/** A guest is asked for a name once: the page has it from what they wrote, and nothing is stored here. */
function showName() {
  const input = document.getElementById("name");
  if (!input) return;
  const known = input.value.trim().length > 0;
  document.getElementById("name-row").hidden = known;
  document.getElementById("as").hidden = !known;
  document.querySelector("#as strong").textContent = input.value.trim();
}

function startComments() {
  const name = document.getElementById("name");
  showName();
  document.getElementById("rename")?.addEventListener("click", () => {
    document.getElementById("name-row").hidden = false;
    document.getElementById("as").hidden = true;
    name.focus();
  });

  const here = document.getElementById("moment");
  const mark = () => {
    // What is being written is about the moment at which it was begun.
    if (form.body.value) return;
    moment = video.currentTime || 0;
    here.textContent = clock(moment);
  };
  video.addEventListener("timeupdate", mark);
  video.addEventListener("seeked", mark);

  let key = null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    key ??= crypto.randomUUID?.();
    const frame = frameRate && form.here.checked ? { frame: Math.floor(moment * frameRate + 0.001) } : {};
    const submit = form.querySelector("button.button");
    submit.disabled = true;
    const sent = await send("POST", "", { name: author(), body: form.body.value, ...frame }, null, key);
    submit.disabled = false;
    if (!sent) return;
    key = null;
    form.body.value = "";
    mark();
    showName();
    await reload();
    tell("Your comment is there.");
  });
  form.addEventListener("input", () => { key = null; });

  section.addEventListener("click", (event) => {
    const at = event.target.closest("[data-at]");
    const act = event.target.closest("[data-act]");
    const item = event.target.closest("li");
    if (at) {
      event.preventDefault();
      jump(Number(at.dataset.at));
    } else if (event.target.id === "more") {
      event.preventDefault();
      void more(event.target);
    } else if (act?.dataset.act === "reply") {
      if (name && !name.value.trim()) return tell("Say your name above first.");
      // The same reply again is the same request; another one is not.
      let unsent, about;
      openForm(item, "Your reply", "", (body) => {
        if (body !== about) [about, unsent] = [body, crypto.randomUUID?.()];
        return send("POST", "", { name: author(), body, parentId: item.dataset.id }, null, unsent);
      });
    } else if (act?.dataset.act === "edit") {
      openForm(item, "Your comment", act.dataset.body, (body) => send("PATCH", `/${item.dataset.id}`, { body }, item.dataset.version));
    } else if (act?.dataset.act === "delete" && confirm("Delete this comment?")) {
      void send("DELETE", `/${item.dataset.id}`, null, item.dataset.version).then((done) => done && reload());
    }
  });
}

show(document);
plan(1_000 * renewIn);
if (form) startComments();
