// The page to try a model: pictures that are dropped, pasted, chosen or taken -> a card
// each. Whatever comes from a file or the server is set as text, never as HTML.

const AT_ONCE = 3; // Requests; the server computes them together.
const SHOWN = 5; // Classes of a task, before all are asked for.
const SIDE = 640; // Pixels that a picture is kept with here.
const TRIES = 20;

const get = (id) => document.getElementById(id);
const waiting = [];
let busy = 0;
let total = 0;
let done = 0;
const model = fetch("model").then((response) => response.json());

function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function percent(probability) {
  if (probability < 0.001) return "< 0.1 %";
  if (probability > 0.999) return "> 99.9 %";
  return `${(100 * probability).toFixed(1)} %`;
}

// ---- What is asked -------------------------------------------------------------------

async function ask(address, file, signal) {
  for (let tries = 1; ; tries++) {
    let response;
    try {
      const headers = { "Content-Type": "application/octet-stream" };
      response = await fetch(address, { method: "POST", body: file, headers, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Error("The server does not answer. Is it still running?");
    }
    // Others ask, too; it says when to come again.
    if (response.status === 429 && tries < TRIES) {
      const seconds = Number(response.headers.get("Retry-After")) || 1;
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      continue;
    }
    const answer = await response.json();
    if (!response.ok) throw new Error(sentence(answer.error));
    return answer;
  }
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function add(files) {
  const cards = Array.from(files, (file) => new Card(file));
  if (cards.length === 0) return;
  get("results").prepend(...cards.map((card) => card.item));
  total += cards.length;
  waiting.push(...cards);
  tell();
  work();
}

function work() {
  while (busy < AT_ONCE && waiting.length > 0) {
    const card = waiting.shift();
    if (card.removed) continue;
    busy++;
    card.fill().finally(() => {
      busy--;
      if (!card.removed) done++;
      tell(card);
      work();
    });
  }
}

function tell(card) {
  get("pictures").hidden = total === 0;
  const last = card && !card.removed ? ` ${card.file.name}: ${card.said}` : "";
  const text = total === 1 ? "1 picture" : `${total} pictures`;
  get("status").textContent =
    total === 0 ? "" : done < total ? `${done} of ${text} done` : text;
  get("said").textContent = last;
}

// ---- A picture and what is said of it ------------------------------------------------

class Card {
  constructor(file) {
    this.file = file;
    this.said = "";
    this.removed = false;
    this.aborter = new AbortController();
    this.view = make("div", { className: "view waiting" });
    this.answer = make("div", { className: "answer" }, make("p", { className: "quiet" }, "Looking…"));
    this.why = make("div", { className: "why" });
    const remove = make("button", { type: "button", className: "plain", ariaLabel: `Remove ${file.name}` }, "Remove");
    remove.addEventListener("click", () => this.remove(true));
    this.foot = make("div", { className: "foot" }, remove);
    const side = make("div", { className: "side" }, this.view, make("p", { className: "name" }, file.name));
    const told = make("div", { className: "told" }, this.answer, this.why, this.foot);
    this.article = make("article", { ariaLabel: file.name }, side, told);
    this.item = make("li", {}, this.article);
  }

  remove(alone) {
    this.removed = true;
    this.aborter.abort();
    const next = this.item.nextElementSibling || this.item.previousElementSibling;
    if (alone && next) next.querySelector(".foot button").focus();
    else if (alone) get("choose").focus();
    total--;
    if (this.said) done--;
    this.item.remove();
    cards.delete(this.item);
    if (alone) tell();
  }

  async fill() {
    cards.set(this.item, this);
    await this.show();
    try {
      const { megabytes, tasks } = await model;
      if (this.file.size > megabytes * 1e6) {
        throw new Error(`A picture must be at most ${megabytes} MB, got ${(this.file.size / 1e6).toFixed(1)} MB. Choose a smaller one.`);
      }
      const answer = await ask("predict?top=1000", this.file, this.aborter.signal);
      const parts = tasks.map((task) => describeTask(task, answer.tasks[task.name], tasks.length));
      this.said = tasks.map((task) => headline(answer.tasks[task.name])).join("; ");
      if (Object.values(answer.tasks).some((found) => found.unlike)) parts.unshift(describeUnlike(answer));
      this.answer.replaceChildren(...parts);
      this.foot.prepend(this.offer());
    } catch (error) {
      if (!this.removed) this.fail(error);
    }
  }

  // Small, so that a thousand pictures take little memory.
  async show() {
    try {
      const bitmap = await createImageBitmap(this.file);
      const share = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
      const canvas = make("canvas", { role: "img", ariaLabel: this.file.name });
      canvas.width = Math.max(1, Math.round(share * bitmap.width));
      canvas.height = Math.max(1, Math.round(share * bitmap.height));
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      this.ratio = bitmap.width / bitmap.height;
      bitmap.close();
      this.view.replaceChildren(canvas);
    } catch {
      this.view.replaceChildren(make("span", { className: "quiet" }, "This browser cannot show it."));
    }
    this.view.classList.remove("waiting");
  }

  fail(error) {
    this.said = error.message;
    const again = make("button", { type: "button", className: "second" }, "Try again");
    again.addEventListener("click", () => {
      this.said = "";
      done--;
      again.remove();
      this.answer.replaceChildren(make("p", { className: "quiet" }, "Looking…"));
      waiting.push(this);
      work();
    });
    this.answer.replaceChildren(make("p", { className: "note" }, error.message));
    this.foot.prepend(again);
  }

  offer() {
    const button = make("button", { type: "button", className: "second" }, "Why?");
    button.ariaLabel = `Why? ${this.file.name}`;
    button.addEventListener("click", () => this.explain(button));
    return button;
  }

  async explain(button) {
    const text = "Covering one square after the other, to see what changes. This takes some seconds…";
    button.remove();
    this.why.replaceChildren(make("p", { className: "working", role: "status" }, text));
    try {
      const { resize } = await model;
      const answer = await ask("explain", this.file, this.aborter.signal);
      const figures = Object.values(answer.tasks).map((found) => this.figure(found, resize));
      this.why.replaceChildren(make("div", { className: "maps" }, ...figures));
    } catch (error) {
      if (this.removed) return;
      this.why.replaceChildren(make("p", { className: "note", role: "status" }, error.message));
      this.foot.prepend(button);
    }
  }

  figure(found, resize) {
    const picture = make("img", { src: found.picture, alt: `What speaks for ${found.class} in ${this.file.name}` });
    const figure = make("figure", {}, picture);
    // The model sees a square; what was squashed into it is drawn as it was.
    if (resize === "squash" && this.ratio) {
      picture.style.aspectRatio = this.ratio;
      if (this.ratio < 1) figure.style.maxWidth = `${18 * this.ratio}rem`;
    }
    const legend = make(
      "figcaption",
      { role: "status" },
      make("span", { className: "for" }, `speaks for ${found.class}`),
      make("span", { className: "against" }, "against it"),
    );
    figure.append(legend);
    return figure;
  }
}

const cards = new Map();

function headline(answer) {
  const best = answer.top[0];
  if (answer.classes.length === 0) return "none of these";
  if (answer.classes.length > 1) return answer.classes.join(", ");
  const own = answer.top.find((each) => each.class === answer.classes[0]) || best;
  return `${own.class}, ${percent(own.probability)}`;
}

function describeUnlike({ nearest }) {
  const like = nearest ? ` Most like it is ${nearest}.` : "";
  return make("p", { className: "note" }, `This is unlike the pictures that were learned from.${like}`);
}

function describeTask(task, answer, numTasks) {
  const chosen = new Set(answer.classes);
  const several = task.kind === "multilabel";
  const title = chosen.size > 0 ? answer.classes.join(", ") : "none of these";
  const bars = answer.top.map((each) => bar(each, chosen.has(each.class), task.thresholds[each.class]));
  // A single one takes no more room than the line that would hide it.
  const enough = bars.length <= SHOWN + 1 ? bars.length : Math.max(SHOWN, chosen.size);
  const few = make("ul", { className: "bars" }, ...bars.slice(0, enough));
  const rest = bars.slice(few.children.length);
  const parts = [
    make("h3", {}, make("span", { className: "quiet", hidden: numTasks === 1 }, task.name), make("span", { className: "class" }, title)),
    few,
  ];
  if (rest.length > 0) {
    const hidden = task.num_classes - answer.top.length;
    const all = make("ul", { className: "bars" }, ...rest);
    const text = hidden > 0 ? `${rest.length} more of ${task.num_classes}` : `${rest.length} more`;
    parts.push(make("details", {}, make("summary", {}, text), all));
  }
  if (several) parts.push(make("p", { className: "quiet small" }, "The mark is where a class begins to count."));
  return make("section", {}, ...parts);
}

function bar({ class: name, probability }, isChosen, threshold) {
  const fill = make("span", { className: "fill" });
  fill.style.width = `${100 * probability}%`;
  const track = make("span", { className: "track", ariaHidden: "true" }, fill);
  if (threshold !== undefined) {
    const mark = make("span", { className: "mark" });
    mark.style.left = `${100 * threshold}%`;
    track.append(mark);
  }
  return make(
    "li",
    { className: isChosen ? "chosen" : "" },
    make("span", { className: "of" }, name),
    track,
    make("span", { className: "number" }, percent(probability)),
  );
}

// ---- Where pictures come from --------------------------------------------------------

const chooser = get("chooser");
let depth = 0;

get("choose").addEventListener("click", () => get("files").click());
for (const id of ["files", "shots"]) {
  get(id).addEventListener("change", (event) => {
    add(event.target.files);
    event.target.value = ""; // The same file may be chosen again.
  });
}
get("clear").addEventListener("click", () => {
  for (const card of [...waiting.splice(0), ...cards.values()]) card.remove(false);
  total = done = 0;
  tell();
  get("choose").focus();
});
document.addEventListener("paste", (event) => add(event.clipboardData.files));
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    depth += { dragenter: 1, dragleave: -1 }[kind] || 0;
    if (kind === "drop") {
      depth = 0;
      add(event.dataTransfer.files);
    }
    chooser.classList.toggle("over", depth > 0);
  });
}

let stream = null;
let numShots = 0;

get("take").addEventListener("click", async () => {
  // Where a page may not use the camera itself, a phone takes the picture.
  if (!navigator.mediaDevices) return get("shots").click();
  const problem = get("camera-problem");
  problem.hidden = true;
  get("camera").showModal();
  try {
    const video = { facingMode: "environment", width: { ideal: 1920 } };
    const opened = await navigator.mediaDevices.getUserMedia({ video });
    if (!get("camera").open) return opened.getTracks().forEach((track) => track.stop());
    stream = opened;
    get("view").srcObject = stream;
    get("view").hidden = get("shoot").hidden = false;
    get("shoot").focus();
  } catch (error) {
    get("view").hidden = get("shoot").hidden = true;
    problem.textContent = `There is no camera that this page may use (${error.name}). Allow it in the browser, or choose a file.`;
    problem.hidden = false;
  }
});
get("close").addEventListener("click", () => get("camera").close());
get("camera").addEventListener("close", () => {
  if (stream) stream.getTracks().forEach((track) => track.stop());
  stream = get("view").srcObject = null;
});
get("shoot").addEventListener("click", () => {
  const view = get("view");
  if (!view.videoWidth) return;
  const canvas = make("canvas");
  canvas.width = view.videoWidth;
  canvas.height = view.videoHeight;
  canvas.getContext("2d").drawImage(view, 0, 0);
  get("camera").close();
  const name = `picture ${++numShots}.jpg`;
  canvas.toBlob((blob) => add([new File([blob], name, { type: blob.type })]), "image/jpeg", 0.92);
});
