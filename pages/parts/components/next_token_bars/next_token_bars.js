// Rows are reused from update to update, so that bars move instead of blinking. Text is only ever set as textContent.
const visible = (text) => text.replace(/\n/g, "⏎").replace(/^ | $/g, "␣").replace(/^ +$/g, (spaces) => "␣".repeat(spaces.length));

export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".bars");
  box.setAttribute("aria-label", data.labels.summary);
  const tag = data.clickable ? "BUTTON" : "DIV";
  const rows = data.rest ? [...data.rows, { ...data.rest, rest: true }] : data.rows;
  while (box.children.length > rows.length) box.lastChild.remove();
  rows.forEach((row, index) => {
    const wanted = row.rest ? "DIV" : tag;
    let node = box.children[index];
    if (!node || node.tagName !== wanted) {
      const made = rowNode(wanted);
      node ? node.replaceWith(made) : box.appendChild(made);
      node = made;
    }
    fill(node, row, data);
    node.onclick = row.rest || !data.clickable ? null : () => setTriggerValue("clicked", row.id);
  });
  showKey(parentElement.querySelector(".key"), data);
}

// What the two tones mean, where there are two.
function showKey(key, { rows, labels }) {
  const twoTones = rows.some((row) => row.q !== null && row.q !== undefined);
  key.replaceChildren(...(twoTones ? ["before", "after"] : []).map((part) => {
    const entry = document.createElement("span");
    entry.className = `of-${part}`;
    entry.textContent = labels[part];
    return entry;
  }));
}

function rowNode(tag) {
  const node = document.createElement(tag);
  if (tag === "BUTTON") node.type = "button";
  const [name, track, value] = ["name", "track", "value"].map((part) => {
    const child = document.createElement("span");
    child.className = part;
    return child;
  });
  for (const part of ["before", "after"]) {
    const bar = document.createElement("span");
    bar.className = part;
    bar.style.width = "0";
    track.appendChild(bar);
  }
  node.append(name, track, value);
  return node;
}

function fill(node, row, { labels }) {
  const changed = row.q !== null && row.q !== undefined;
  node.className = ["row", row.rest && "rest", changed && "changed", row.cut && "cut"].filter(Boolean).join(" ");
  node.setAttribute("role", "listitem");
  const [name, track, value] = node.children;
  name.textContent = visible(row.text);
  track.children[0].style.width = `${100 * row.p}%`;
  track.children[1].style.width = changed && !row.cut ? `${100 * row.q}%` : "0";
  track.children[1].style.display = changed && !row.cut ? "" : "none";
  value.textContent = row.cut ? labels.cut : row.shown;
  const said = `${row.text}: ${row.cut ? labels.cut : row.shown}`;
  node.title = said;
  node.setAttribute("aria-label", said);
}
