const OPTIONS = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };

// One state per element: the figure that is drawn, the one to be drawn, and whether a finger or a button is down on it.
const states = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".plot");
  if (!states.has(element)) states.set(element, newState(element));
  const state = states.get(element);
  state.choose = (place) => setTriggerValue("chosen", place);
  state.wanted = data.figure;
  element.setAttribute("aria-label", data.summary);
  draw(element, state);
}

function newState(element) {
  const state = { held: false, drawing: Promise.resolve() };
  element.addEventListener("pointerdown", () => {
    state.held = true;
    for (const ending of ["pointerup", "pointercancel"])
      window.addEventListener(ending, () => setTimeout(() => { state.held = false; draw(element, state); }), { once: true });
  });
  return state;
}

// A drawing between pressing and letting go would take the click away: it waits, and one drawing waits for the other.
function draw(element, state) {
  state.drawing = state.drawing.then(async () => {
    const Plotly = await loadPlotly();
    if (state.held || state.drawn === state.wanted || !element.isConnected) return;
    const { data, layout } = JSON.parse((state.drawn = state.wanted));
    const first = !element.classList.contains("js-plotly-plot");
    await Plotly.react(element, data, { ...layout, ...ground(element, layout) }, OPTIONS);
    if (first) element.on("plotly_click", ({ points }) => state.choose(points[0].customdata));
  }).catch(console.error);
}

// The colours and letters of the page.
function ground(element, layout) {
  const style = getComputedStyle(element);
  const text = style.getPropertyValue("--st-text-color").trim() || style.color;
  const font = { color: text, family: style.getPropertyValue("--st-font").trim() || style.fontFamily, size: 13 };
  return {
    font,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "rgba(128,128,128,0.7)", activecolor: text },
    hoverlabel: { bgcolor: style.getPropertyValue("--st-background-color").trim() || "#fff", font },
    xaxis: { ...layout.xaxis, linecolor: "rgba(128,128,128,0.4)" },
    yaxis: { ...layout.yaxis, linecolor: "rgba(128,128,128,0.4)", automargin: true },
  };
}
