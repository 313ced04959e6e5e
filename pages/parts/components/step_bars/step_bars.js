// Rows are reused from update to update, so that bars move instead of blinking. Text is only ever set as textContent.
const PANELS = ["p", "slope", "after"];
const ENDS = { p: ["0", "+"], slope: ["−", "0", "+"], after: ["0", "+"] }; // the sign: where the axis ends

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".step-bars");
  box.setAttribute("aria-label", data.labels.summary);
  if (!box.children.length) box.append(headNode(), axisNode());
  const [head, axis] = [box.firstChild, box.lastChild];
  head.children[0].textContent = data.labels.token;
  head.children[1].textContent = data.labels.logit;
  PANELS.forEach((panel, index) => {
    const [long, short] = head.children[index + 2].children;
    long.textContent = data.labels.panels[index];
    short.textContent = data.labels.short[index];
  });
  for (const end of axis.querySelectorAll("[data-sign]")) end.textContent = `${end.dataset.sign}${1 / data.magnified}`;
  while (box.children.length - 2 > data.rows.length) axis.previousSibling.remove();
  data.rows.forEach((row, index) => {
    if (box.children[index + 1] === axis) axis.before(rowNode());
    fill(box.children[index + 1], row, data.magnified);
  });
}

function element(className, ...children) {
  const node = document.createElement("span");
  node.className = className;
  node.append(...children);
  return node;
}

function headNode() {
  const node = element("row head", element("name"), element("logit"));
  for (const panel of PANELS) node.append(element(`panel ${panel}`, element("long"), element("short")));
  node.setAttribute("role", "row");
  for (const cell of node.children) cell.setAttribute("role", "columnheader");
  return node;
}

function axisNode() {
  const node = element("row axis", element("name"), element("logit"));
  for (const panel of PANELS) {
    const ends = ENDS[panel].map((text) => {
      const end = element("", text);
      if (text !== "0") end.dataset.sign = text === "+" ? "" : text;
      return end;
    });
    node.append(element(`cell ${panel}`, element("ends", ...ends), element("value")));
  }
  node.setAttribute("aria-hidden", "true");
  return node;
}

function rowNode() {
  const node = element("row", element("name"), element("logit"));
  for (const panel of PANELS) {
    const bar = element("bar");
    bar.style.width = "0";
    if (panel === "slope") bar.style.left = "50%";
    node.append(element(`cell ${panel}`, element("track", bar, element("one"), element("mark")), element("value")));
  }
  node.setAttribute("role", "row");
  for (const cell of node.children) cell.setAttribute("role", "cell");
  return node;
}

// p - y between -1 and 1 begins in the middle of its track, which is twice as wide as the others.
function fill(node, row, magnified) {
  node.className = ["row", row.target && "target", row.logit === "" && "rest"].filter(Boolean).join(" ");
  const [name, logit, p, slope, after] = node.children;
  name.textContent = row.name;
  name.title = row.name;
  logit.textContent = row.logit;
  [p, slope, after].forEach((cell, index) => (cell.lastChild.textContent = row.shown[index]));
  const draw = (cell, value, whole, zero) => {
    const length = Math.min(1, magnified * Math.abs(value));
    const bar = cell.firstChild.firstChild;
    bar.classList.toggle("cut", magnified * Math.abs(value) > 1);
    bar.style.width = `${whole * length}%`;
    bar.style.left = `${zero - (value < 0 ? whole * length : 0)}%`;
  };
  draw(p, row.p, 100, 0);
  draw(slope, row.slope, 50, 50);
  draw(after, row.after, 100, 0);
  slope.className = `cell slope${row.slope < 0 ? " down" : ""}`;
  after.querySelector(".mark").style.left = `${Math.min(100, 100 * magnified * row.p)}%`;
}
