const STILL = 5, NEAR = 4; // pixels: a click moves no further; a finger is not exact

// One state per element: the figure that is drawn, the one to be drawn, and whether a finger or a button is down on it.
const states = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".plot");
  if (!states.has(element)) states.set(element, newState(element));
  const state = states.get(element);
  state.choose = (number) => setTriggerValue("chosen", number);
  state.wanted = data.figure;
  state.options = data.options;
  element.setAttribute("aria-label", data.summary);
  draw(element, state);
}

function newState(element) {
  const state = { held: false, drawing: Promise.resolve() };
  element.addEventListener("pointerdown", (down) => {
    state.held = true;
    const ended = new AbortController();
    for (const ending of ["pointerup", "pointercancel"])
      window.addEventListener(ending, (up) => {
        ended.abort();
        const still = ending === "pointerup" && Math.hypot(up.clientX - down.clientX, up.clientY - down.clientY) < STILL;
        const number = still ? numberAt(element, up.clientX, up.clientY) : undefined;
        if (number !== undefined) state.choose(number);
        setTimeout(() => { state.held = false; draw(element, state); });
      }, { signal: ended.signal });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => draw(element, state), 500));
  return state;
}

// The point under the pointer, found without Plotly's own click: that one needs a pointer that has moved since the last drawing.
function numberAt(element, x, y) {
  const within = (box) => x > box.left - NEAR && x < box.right + NEAR && y > box.top - NEAR && y < box.bottom + NEAR;
  const points = [...element.querySelectorAll(".scatterlayer .point")].reverse(); // the uppermost first
  return points.find((point) => within(point.getBoundingClientRect()))?.__data__.data; // its customdata
}

// A drawing between pressing and letting go would take the point away: it waits, and one drawing waits for the other.
function draw(element, state) {
  state.drawing = state.drawing.then(async () => {
    const Plotly = await loadPlotly();
    if (state.held || !element.isConnected) return;
    const text = textColour(element), drawn = text + state.wanted;
    if (state.drawn === drawn) return;
    state.drawn = drawn;
    const { data, layout } = JSON.parse(state.wanted);
    await Plotly.react(element, data, { ...layout, ...ground(element, layout, text) }, state.options);
  }).catch(console.error);
}

const textColour = (element) => getComputedStyle(element).getPropertyValue("--st-text-color").trim() || getComputedStyle(element).color;

// The colours and letters of the page.
function ground(element, layout, text) {
  const style = getComputedStyle(element);
  const font = { color: text, family: style.getPropertyValue("--st-font").trim() || style.fontFamily, size: 13 };
  return {
    font,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "rgba(128,128,128,0.7)", activecolor: text },
    hoverlabel: { bgcolor: style.getPropertyValue("--st-background-color").trim() || "#fff", font },
    xaxis: { ...layout.xaxis, linecolor: "rgba(128,128,128,0.4)" },
    yaxis: { ...layout.yaxis, linecolor: "rgba(128,128,128,0.4)", automargin: true },
  };
}
