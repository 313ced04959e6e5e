// Text is only ever set as textContent: a token may look like HTML.
const HUES = [205, 35, 150, 320, 265, 90];
const SCALE = [0, 1, 2, 4, 8, 16]; // bits, for the legend

const visible = (text) => text.replace(/\n/g, "⏎").replace(/ /g, "␣").replace(/\t/g, "⇥");
// From clear to strong orange: one hue, more of it the more surprising.
const surprise = (bits) => `rgba(213, 94, 0, ${Math.min(0.85, bits / 16).toFixed(3)})`;
const HARDLY = 0.5; // nats: where nothing matters more than this, no underline is thick
const RAISES = "0, 114, 178", LOWERS = "213, 94, 0"; // Okabe and Ito
const fill = (labels, name, values) => Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), labels[name] ?? "");

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".token-view");
  const box = root.querySelector(".tokens");
  root.className = `token-view ${data.mode}`;
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", data.name);
  box.style.maxHeight = `${data.maxHeight}px`;
  legend(root.querySelector(".legend"), data);

  const focused = [...box.children].findIndex((node) => node === parentElement.activeElement);
  data.most = Math.max(HARDLY, ...data.tokens.map((token) => Math.abs(token.value ?? 0)));
  box.replaceChildren(...data.tokens.map((token, index) => tokenNode(token, index, data)));
  const nodes = [...box.children];
  let current = Math.max(0, focused >= 0 ? focused : data.selected ?? 0);
  if (nodes[current]) nodes[current].tabIndex = 0;
  if (focused >= 0) nodes[current]?.focus();

  box.onclick = (event) => {
    const node = event.target.closest(".token");
    if (node) setTriggerValue("clicked", Number(node.dataset.index));
  };
  box.onkeydown = (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key];
    if (move) {
      event.preventDefault();
      nodes[current].tabIndex = -1;
      current = Math.min(nodes.length - 1, Math.max(0, current + move));
      nodes[current].tabIndex = 0;
      nodes[current].focus();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      setTriggerValue("clicked", current);
    }
  };
}

function tokenNode(token, index, { mode, selected, labels, most }) {
  const node = document.createElement("span");
  node.className = ["token", token.unknown && "unknown", token.special && "special", token.text === "" && "part", index === selected && "selected"].filter(Boolean).join(" ");
  node.textContent = visible(token.text);
  node.dataset.index = index;
  node.tabIndex = -1;
  node.setAttribute("role", "option");
  node.setAttribute("aria-selected", String(index === selected));
  const words = [fill(labels, "token", { text: token.name ?? token.text, id: token.id })];
  if (mode === "ids") {
    const id = document.createElement("small");
    id.textContent = token.id;
    node.appendChild(id);
    node.style.background = `hsla(${HUES[token.id % HUES.length]}, 70%, 55%, 0.22)`;
  } else if (mode === "influence") {
    const share = Math.abs(token.value ?? 0) / most;
    const colour = token.value < 0 ? LOWERS : RAISES;
    node.style.borderBottom = `${Math.round(1 + 6 * share)}px solid rgba(${colour}, ${(0.15 + 0.85 * share).toFixed(3)})`;
    const value = token.value === null ? "?" : `${token.value > 0 ? "+" : ""}${token.value.toFixed(2)}`;
    words.push(fill(labels, "value", { value }));
  } else {
    node.style.background = surprise(token.value ?? Infinity);
    words.push(fill(labels, "value", { value: token.value === null ? "∞" : token.value.toFixed(2) }));
  }
  if (token.unknown) words.push(labels.unknown);
  node.setAttribute("aria-label", words.join(", "));
  node.title = words.join(", ");
  return node;
}

function legend(element, { mode, labels }) {
  element.replaceChildren();
  if (mode === "influence") {
    for (const [colour, label] of [[RAISES, labels.raises], [LOWERS, labels.lowers]]) {
      const patch = document.createElement("i"), name = document.createElement("span");
      patch.style.background = `rgb(${colour})`;
      patch.className = "line";
      name.textContent = label;
      element.append(patch, name);
    }
  }
  if (mode !== "surprise") return;
  const name = document.createElement("span");
  name.textContent = labels.legend;
  element.append(name);
  for (const bits of SCALE) {
    const patch = document.createElement("i");
    patch.style.background = surprise(bits);
    const number = document.createElement("span");
    number.textContent = bits === 16 ? "16+" : bits;
    element.append(patch, number);
  }
}
