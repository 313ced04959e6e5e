// Finds the first place of each term in the page's text and marks it; shows its definition to a pointer, a tap, and in a list.
const SKIPPED = "a, button, input, textarea, select, code, pre, svg, h1, [contenteditable], [data-testid=stDataFrame], [data-testid=stText], [data-testid=stBidiComponentRegular], .no-terms";
const MAIN = "[data-testid=stMain]";
const GAP = 300; // milliseconds for the way from the word to its definition

let data = { terms: [], words: {} };
let send = () => {};
let pattern, byForm, list, tip, hiding, waiting;
let places = new Map(); // term -> Range

export default function ({ data: given, parentElement, setTriggerValue }) {
  data = given;
  send = setTriggerValue;
  list = parentElement.querySelector("details");
  const forms = data.terms.flatMap((term) => term.forms.map((form) => [form, term]));
  forms.sort(([one], [other]) => other.length - one.length);
  byForm = new Map(forms.map(([form, term]) => [form.toLowerCase(), term]));
  const escaped = forms.map(([form]) => form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  pattern = new RegExp(escaped.map((form) => (/[a-z]/i.test(form) ? `(?<![\\w-])${form}(?![\\w-])` : form)).join("|"), "gi");
  if (!tip) begin();
  mark();
}

function begin() {
  tip = document.createElement("div");
  tip.className = "next-word-tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  new MutationObserver(() => { clearTimeout(waiting); waiting = setTimeout(mark, 250); })
    .observe(document.querySelector(MAIN) ?? document.body, { subtree: true, childList: true, characterData: true });
  document.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") point(event, false); }, { passive: true });
  document.addEventListener("click", (event) => { if (!tip.contains(event.target)) point(event, true); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("scroll", hide, { capture: true, passive: true });
}

function mark() {
  places = new Map();
  const main = document.querySelector(MAIN);
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && places.size < data.terms.length; node = walker.nextNode()) {
    if (!node.data.trim() || node.parentElement.closest(SKIPPED) || !node.parentElement.getClientRects().length) continue;
    for (const found of node.data.matchAll(pattern)) {
      const term = byForm.get(found[0].toLowerCase());
      if (!term || places.has(term)) continue;
      const range = document.createRange();
      range.setStart(node, found.index);
      range.setEnd(node, found.index + found[0].length);
      places.set(term, range);
    }
  }
  if (globalThis.Highlight) CSS.highlights.set("next-word-term", new Highlight(...places.values()));
  fillList();
  if (!tip.hidden && !places.has(tip.term)) hide();
}

function point({ clientX: x, clientY: y, target }, tapped) {
  if (tip.contains(target)) { clearTimeout(hiding); return; }
  const over = target.closest?.(MAIN) && [...places].find(([, range]) =>
    [...range.getClientRects()].some((box) => x >= box.left && x <= box.right && y >= box.top - 2 && y <= box.bottom + 2));
  if (over) { clearTimeout(hiding); hiding = undefined; show(...over); }
  else if (tapped) hide();
  else if (!tip.hidden && hiding === undefined) hiding = setTimeout(hide, GAP);
}

function show(term, range) {
  if (!tip.hidden && tip.term === term) return;
  tip.term = term;
  tip.replaceChildren(...described(term, "div"));
  tip.hidden = false;
  const box = range.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8))}px`;
  const below = box.bottom + 4;
  tip.style.top = `${below + tip.offsetHeight > innerHeight ? Math.max(8, box.top - tip.offsetHeight - 4) : below}px`;
}

function hide() {
  clearTimeout(hiding);
  hiding = undefined;
  if (tip) tip.hidden = true;
}

function described(term, kind) {
  const name = document.createElement(kind === "dl" ? "dt" : "strong");
  name.textContent = term.name;
  const others = document.createElement("span");
  others.textContent = term.others;
  const says = document.createElement(kind === "dl" ? "dd" : "p");
  says.textContent = `${term.definition} `;
  const see = document.createElement("button");
  see.textContent = data.words.see.replace("{page}", () => term.title);
  see.onclick = () => { hide(); send("chosen", { page: term.page, view: term.view }); };
  says.append(see);
  if (kind === "dl") { name.append(others); return [name, says]; }
  return [name, others, says];
}

function fillList() {
  list.hidden = !places.size;
  list.querySelector("summary").textContent = data.words.list.replace("{count}", places.size);
  const found = [...places.keys()];
  const body = list.querySelector("dl");
  if (body.found?.length === found.length && body.found.every((term, index) => term === found[index])) return;
  body.found = found;
  body.replaceChildren(...found.flatMap((term) => described(term, "dl")));
}
