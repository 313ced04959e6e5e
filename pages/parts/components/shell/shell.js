// Streamlit's own words, translated where they stand as a name or a tooltip of an element, or as a text of its own menus.
const ATTRIBUTES = ["aria-label", "title", "data-title", "placeholder"];
const OWN = "[data-testid=stTooltipContent], [data-testid=stElementToolbar], [data-testid=stDataFrameColumnMenu], [role=listbox], [role=menu], [data-testid=stHeader], a[href^='#']";

const NARROW = 768; // pixels: below it Streamlit lays the menu over the page

let current = { words: {}, beginnings: {} };
let observer;

export default function ({ data }) {
  current = data;
  document.documentElement.lang = data.language;
  if (!observer) {
    observer = new MutationObserver((changes) => changes.forEach(({ type, target, addedNodes }) => {
      if (type === "childList") addedNodes.forEach(translate);
      else translate(target);
    }));
    new MutationObserver(() => requestAnimationFrame(markWideTables)).observe(document.body, { subtree: true, childList: true });
    document.addEventListener("click", closeMenu);
    addEventListener("resize", markWideTables);
    foldMenu();  // Streamlit remembers that it was open
    observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });
  }
  translate(document.body);
}

function closeMenu({ target }) {
  if (target.closest("[data-testid=stSidebar] [data-testid=stPageLink]")) foldMenu();
}

function foldMenu() {
  if (innerWidth <= NARROW && document.querySelector("[data-testid=stSidebar][data-collapsed=false]"))
    document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
}

function markWideTables() {  // those that scroll sideways: the style sheet says so on a narrow window
  for (const code of document.querySelectorAll("[data-testid=stMain] pre:not([tabindex])")) code.tabIndex = 0; // keys scroll it
  for (const table of document.querySelectorAll("[data-testid=stDataFrame]")) {
    const scroller = table.querySelector(".dvn-scroller");
    table.toggleAttribute("data-wide", Boolean(scroller) && scroller.scrollWidth > scroller.clientWidth + 1);
  }
}

const said = (text) => {
  if (Object.hasOwn(current.words, text)) return current.words[text];
  const beginning = Object.keys(current.beginnings).find((start) => text.startsWith(start));
  return beginning && current.beginnings[beginning].replace("{name}", () => text.slice(beginning.length));
};

function translate(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    const words = node.parentElement?.closest(OWN) && current.words[node.data.trim()];
    if (words && words !== node.data) node.data = words;
  } else if (node.nodeType === Node.ELEMENT_NODE) {
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let at = node; at; at = walker.nextNode()) {
      if (at.nodeType === Node.TEXT_NODE) { translate(at); continue; }
      for (const name of ATTRIBUTES) {
        const words = at.hasAttribute(name) && said(at.getAttribute(name));
        if (words && words !== at.getAttribute(name)) at.setAttribute(name, words);
      }
    }
  }
}
