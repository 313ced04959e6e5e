// Text is only ever set as textContent: a token may look like HTML.
const HOWS = ["first", "later", "missed"];

const made = (name, text, kind = "span") => {
  const node = document.createElement(kind);
  node.className = name;
  node.textContent = text;
  return node;
};

function tokenNode({ text, how }, labels) {
  const node = made(`token ${how}`, text.replace(/\n/g, "⏎"));
  node.title = labels[how];
  return node;
}

export default function ({ data: { before, tokens, left, labels }, parentElement }) {
  const root = parentElement.querySelector(".guessed-line");
  const context = root.querySelector(".before");
  context.textContent = before;
  context.scrollTop = context.scrollHeight;
  const nodes = tokens.map((token) => tokenNode(token, labels));
  if (left > 0) {
    const gap = made("gap", "?");
    gap.title = labels.gap;
    nodes.push(gap, made("hidden", ` ${"·".repeat(Math.min(left - 1, 40))}`));
  }
  const line = root.querySelector(".line");
  line.setAttribute("role", "group");
  line.setAttribute("aria-label", labels.line);
  line.replaceChildren(...nodes);
  root.querySelector(".key")?.remove();
  const key = made("key", "", "div");
  key.append(...HOWS.map((how) => made(`token ${how}`, labels[how])));
  root.append(key);
}
