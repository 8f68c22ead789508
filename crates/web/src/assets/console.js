// The console's script: everything works without it, and better with it. No framework, no evaluated text.
//
//   data-get / data-post      fetch a fragment (a link, button or form) and put it at data-target as data-swap says
//   data-stream               server-sent events; each "fragment" replaces the elements of the same ids
//   data-suggest              search as you type; data-pick puts the chosen id into the field instead of going there
//   data-dialog, data-close   open and close dialogs; data-reveal asks why before a number is shown
//   data-expand, data-copy, data-copy-from, data-tip, data-key, data-drop, data-relative, data-theme-toggle

const root = document.documentElement;
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);

function announce(words) {
  const place = byId("announce");
  if (place) place.textContent = words;
}

// Fragments

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

function ready(within) {
  relative(within);
  all("[data-stream]", within).forEach(listen);
}

// A fragment may ask for the focus: once, and after its dialog has closed, for behind one nothing takes it.
function settle() {
  const element = find("[data-focus]");
  element?.removeAttribute("data-focus");
  element?.focus();
}

function swap(target, html, how) {
  const content = parse(html);
  const added = [...content.children];
  if (how === "outer") target.replaceWith(content);
  else if (how === "append") target.append(content);
  else if (how === "prepend") target.prepend(content);
  else if (how !== "none") target.replaceChildren(content);
  added.forEach((element) => ready(element.parentElement ?? document));
}

async function request(method, url, body, signal) {
  const headers = { "x-fragment": "1" };
  const token = find('meta[name="csrf-token"]')?.content;
  if (method !== "GET" && token) headers["x-csrf-token"] = token;
  const response = await fetch(url, { method, body, headers, signal, credentials: "same-origin" });
  const elsewhere = response.headers.get("x-location");
  if (elsewhere) location.assign(elsewhere);
  if (response.status === 401) location.reload();
  return { ok: response.ok, html: await response.text() };
}

// A refusal is a fragment too: it is shown where the person is, not in the target.
async function load(source, method, url, body) {
  source.setAttribute("aria-busy", "true");
  try {
    const answer = await request(method, url, body);
    const target = source.dataset.target ? find(source.dataset.target) : source;
    if (answer.ok && target) swap(target, answer.html, source.dataset.swap);
    else if (!answer.ok) refuse(source, answer.html);
    return answer.ok;
  } catch {
    refuse(source, "");
    return false;
  } finally {
    source.removeAttribute("aria-busy");
  }
}

function refuse(source, html) {
  const words = parse(html).querySelector("h1, p")?.textContent || "That did not work. Check the connection and try again.";
  const notice = document.createElement("p");
  notice.className = "notice tone-bad";
  notice.setAttribute("role", "alert");
  notice.textContent = words;
  const place = find(".dialog-body", source) ?? byId("main");
  find(":scope > .notice[data-refusal]", place)?.remove();
  notice.dataset.refusal = "";
  place?.prepend(notice);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.get === undefined && form.dataset.post === undefined) return;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  const post = form.dataset.post !== undefined;
  const url = new URL((post ? form.dataset.post : form.dataset.get) || form.action, location.href);
  if (!post) new URLSearchParams(data).forEach((value, name) => url.searchParams.set(name, value));
  const body = post ? (form.enctype === "multipart/form-data" ? data : new URLSearchParams(data)) : undefined;
  const done = await load(form, post ? "POST" : "GET", url, body);
  if (!done) return;
  form.closest("dialog")?.close();
  settle();
});

// Live updates

const streams = new Map();

function listen(element) {
  const url = element.dataset.stream;
  if (!url || streams.has(url)) return;
  const source = new EventSource(url);
  streams.set(url, source);
  source.addEventListener("fragment", (event) => {
    for (const fresh of [...parse(event.data).children]) {
      const old = fresh.id && byId(fresh.id);
      if (old) old.replaceWith(fresh);
      relative(fresh);
    }
  });
  source.addEventListener("end", () => {
    source.close();
    streams.delete(url);
    location.reload();
  });
}

addEventListener("pagehide", () => streams.forEach((source) => source.close()));

// Search as you type

function suggest(input) {
  const list = byId(input.getAttribute("aria-controls"));
  let timer = 0;
  let running = null;
  let chosen = -1;

  const options = () => all('[role="option"]', list);
  const close = () => {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (at) => {
    const items = options();
    if (items.length === 0) return;
    chosen = (at + items.length) % items.length;
    items.forEach((item, index) => item.setAttribute("aria-selected", String(index === chosen)));
    items[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items[chosen].id);
  };
  const take = (item) => {
    if (input.dataset.pick === undefined) return false;
    input.value = item.dataset.id;
    const hint = byId(input.getAttribute("aria-describedby"));
    if (hint) hint.textContent = `Chosen: ${item.dataset.name}`;
    close();
    return true;
  };
  const ask = async () => {
    const query = input.value.trim();
    running?.abort();
    if (query.length < 2) return close();
    running = new AbortController();
    try {
      const answer = await request("GET", `${input.dataset.suggest}?q=${encodeURIComponent(query)}`, undefined, running.signal);
      if (!answer.ok) return close();
      list.replaceChildren(parse(answer.html));
      // Two boxes on a page must not share ids.
      options().forEach((item, index) => (item.id = `${list.id}-${index}`));
      list.hidden = false;
      chosen = -1;
      input.setAttribute("aria-expanded", "true");
      const count = options().length;
      announce(count === 1 ? "1 customer found" : `${count} customers found`);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 140);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      const item = options()[chosen];
      if (!take(item)) item.click();
    }
  });
  list.addEventListener("click", (event) => {
    const item = event.target.closest('[role="option"]');
    if (item && take(item)) event.preventDefault();
  });
  input.addEventListener("blur", () => setTimeout(() => list.contains(document.activeElement) || close(), 150));
}

// Clicks

const clicks = {
  async "[data-get], [data-post]"(element, event) {
    if (element.tagName === "FORM") return;
    event.preventDefault();
    const post = element.dataset.post !== undefined;
    const url = (post ? element.dataset.post : element.dataset.get) || element.href;
    if (await load(element, post ? "POST" : "GET", url)) settle();
  },
  "[data-dialog]"(element, event) {
    event.preventDefault();
    byId(element.dataset.dialog)?.showModal();
  },
  "[data-close]"(element, event) {
    const dialog = element.closest("dialog");
    if (!dialog?.open) return;
    event.preventDefault();
    dialog.close();
  },
  "[data-reveal]"(element, event) {
    const dialog = byId("reveal");
    if (!dialog) return;
    event.preventDefault();
    const form = find("form", dialog);
    all(".number[id='number-revealed']").forEach((old) => old.removeAttribute("id"));
    element.closest(".number").id = "number-revealed";
    form.action = element.href;
    form.dataset.target = "#number-revealed";
    form.dataset.swap = "outer";
    form.reset();
    dialog.showModal();
    find("textarea", form).focus();
  },
  "[data-expand]"(element) {
    const row = byId(element.dataset.expand);
    row.hidden = !row.hidden;
    element.setAttribute("aria-expanded", String(!row.hidden));
  },
  async "[data-copy], [data-copy-from]"(element) {
    const text = element.dataset.copy ?? byId(element.dataset.copyFrom)?.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
      announce("Copied");
      tip(element, "Copied");
    } catch {
      announce("Copying is not allowed here");
      tip(element, "Select it and copy by hand");
    }
  },
  "[data-theme-toggle]"() {
    const dark = getComputedStyle(root).colorScheme === "dark" || (root.dataset.theme === undefined && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
    try {
      localStorage.setItem("trunkline-theme", root.dataset.theme);
    } catch {
      // Then the choice holds for this page only.
    }
  },
};

document.addEventListener("click", (event) => {
  for (const [selector, act] of Object.entries(clicks)) {
    const element = event.target.closest(selector);
    if (element) act(element, event);
  }
  // The phone's sheet closes when something else is touched.
  all("details.dock-more[open]").forEach((sheet) => sheet.contains(event.target) || sheet.removeAttribute("open"));
  // A click on the veil closes the dialog.
  if (event.target instanceof HTMLDialogElement) event.target.close();
});

// Keys

function isTyping(target) {
  return target.closest?.("input, select, textarea, [contenteditable]") !== null && target !== document.body;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || find("dialog[open]")) return;
  if (event.key === "/") {
    event.preventDefault();
    const search = find("[data-search]");
    search?.focus();
    search?.select();
    return;
  }
  const wanted = all("[data-key]").find((element) => element.dataset.key === event.key.toLowerCase());
  if (wanted) {
    event.preventDefault();
    wanted.click();
  }
});

// Tips

let bubble = null;

function tip(element, words) {
  bubble ??= document.body.appendChild(Object.assign(document.createElement("div"), { className: "tip" }));
  bubble.setAttribute("aria-hidden", "true");
  bubble.textContent = words;
  bubble.hidden = false;
  const at = element.getBoundingClientRect();
  const size = bubble.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left + at.width / 2 - size.width / 2), innerWidth - size.width - 8);
  const above = at.top - size.height - 8;
  bubble.style.left = `${left}px`;
  bubble.style.top = `${above < 8 ? at.bottom + 8 : above}px`;
}

function untip() {
  if (bubble) bubble.hidden = true;
}

for (const name of ["pointerover", "focusin"]) {
  document.addEventListener(name, (event) => {
    const element = event.target.closest?.("[data-tip]");
    if (element) tip(element, element.dataset.tip);
    else untip();
  });
}
addEventListener("scroll", untip, { passive: true });

// Relative times

const words = new Intl.RelativeTimeFormat(root.lang || "en-GB", { numeric: "auto" });
const steps = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30]];

function relative(within = document) {
  for (const time of all("time[data-relative]", within.parentElement ?? within)) {
    let amount = (new Date(time.dateTime) - Date.now()) / 1000;
    // What is more than a month old reads better as its date.
    for (const [unit, size] of steps) {
      if (Math.abs(amount) < size) {
        time.textContent = words.format(Math.round(amount), unit);
        break;
      }
      amount /= size;
    }
  }
}

setInterval(relative, 30000);

// Files

function droppable(zone) {
  const input = find('input[type="file"]', zone);
  const name = find("[data-drop-name]", zone);
  const say = () => {
    const file = input.files[0];
    if (file) name.textContent = `${file.name} · ${(file.size / 1e6).toFixed(1)} MB`;
  };
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    input.files = event.dataTransfer.files;
    say();
  });
  input.addEventListener("change", say);
}

relative();
all("[data-stream]").forEach(listen);
all("[data-suggest]").forEach(suggest);
all("[data-drop]").forEach(droppable);
