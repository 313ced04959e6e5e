// Tokens that stay keep their element, so that a text which grows does not blink. Text is only ever set as textContent.
const visible = (text) => text.replace(/\n/g, "⏎").replace(/ /g, "␣").replace(/\t/g, "⇥");

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".written");
  const [text, prompt, box] = [".text", ".prompt", ".tokens"].map((name) => root.querySelector(name));
  root.classList.toggle("clickable", data.clickable);
  text.style.maxHeight = `${data.maxHeight}px`;
  text.setAttribute("aria-label", data.labels.text);
  prompt.textContent = data.prompt;
  box.setAttribute("role", data.clickable ? "listbox" : "presentation");
  if (data.clickable) box.setAttribute("aria-label", data.labels.text);
  else text.tabIndex = 0; // so that it can be scrolled by keys

  const before = box.children.length;
  fill(box, data);
  if (data.clickable && box.children.length > before) text.scrollTop = text.scrollHeight;
  legend(root.querySelector(".legend"), data);
  number(root.querySelector(".number"), data);
  box.onclick = box.onkeydown = null;
  if (data.clickable) listen(box, data, setTriggerValue);
}

function fill(box, { texts, names, copied, chosen, selected, clickable, labels }) {
  const inside = new Set(copied.flatMap(([begin, end]) => Array.from({ length: end - begin }, (_, step) => begin + step)));
  const own = new Set(chosen);
  while (box.children.length > texts.length) box.lastChild.remove();
  texts.forEach((text, position) => {
    const node = box.children[position] ?? box.appendChild(document.createElement("span"));
    if (node.told !== text) {
      node.told = text;
      node.replaceChildren(...text.split(/(\n)/).filter(Boolean).map(part));
    }
    node.dataset.position = position;
    node.className = ["token", inside.has(position) && "copied", own.has(position) && "chosen", position === selected && "selected", text === "" && "part"]
      .filter(Boolean)
      .join(" ");
    if (!clickable) return;
    node.tabIndex = position === (selected ?? texts.length - 1) ? 0 : -1;
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", String(position === selected));
    const said = [visible(names[position]), own.has(position) && labels.chosen, inside.has(position) && labels.copied].filter(Boolean).join(", ");
    node.setAttribute("aria-label", said);
    node.title = said;
  });
}

// A line break can be clicked too, so it gets a sign.
function part(text) {
  if (text !== "\n") return document.createTextNode(text);
  const sign = document.createElement("i");
  sign.textContent = "⏎\n";
  return sign;
}

function listen(box, data, setTriggerValue) {
  const nodes = box.children;
  box.onclick = (event) => {
    const node = event.target.closest(".token");
    if (node) setTriggerValue("clicked", Number(node.dataset.position));
  };
  box.onkeydown = (event) => {
    const position = Number(event.target.dataset.position);
    const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key];
    if (move) {
      event.preventDefault();
      const next = Math.min(nodes.length - 1, Math.max(0, position + move));
      nodes[position].tabIndex = -1;
      nodes[next].tabIndex = 0;
      nodes[next].focus();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      setTriggerValue("clicked", position);
    }
  };
}

function legend(element, { copied, chosen, labels }) {
  const entries = [copied.length && "copied", chosen.length && "chosen"].filter(Boolean);
  element.replaceChildren(
    ...entries.map((name) => {
      const entry = document.createElement("span");
      const sample = document.createElement("span");
      sample.className = `token ${name}`;
      sample.textContent = "abc";
      entry.append(sample, labels[name]);
      return entry;
    }),
  );
}

// The intervals of [0, 1) side by side, the most likely first, and the random number as a needle.
function number(element, { bar }) {
  element.classList.toggle("none", !bar);
  if (!bar) return;
  element.querySelector(".intervals").replaceChildren(
    ...bar.intervals.map(({ text, low, high, part }) => {
      const node = document.createElement("div");
      node.className = `interval ${part}`;
      node.style.left = `${100 * low}%`;
      node.style.width = `${100 * (high - low)}%`;
      if (high - low > 0.05) node.textContent = part === "rest" ? text : visible(text);
      node.title = part === "rest" ? text : visible(text);
      return node;
    }),
  );
  const needle = element.querySelector(".needle");
  needle.style.display = bar.number === null ? "none" : "";
  if (bar.number !== null) {
    needle.style.left = `${100 * bar.number}%`;
    needle.className = ["needle", bar.number < 0.1 && "left", bar.number > 0.9 && "right"].filter(Boolean).join(" ");
    needle.firstChild.textContent = bar.number.toFixed(4);
  }
  element.querySelector(".said").textContent = bar.said;
  element.querySelector(".track").setAttribute("aria-label", bar.said);
}
