// One state per element: every step the browser has, what is shown of it, and the plot that grows.
const COLUMNS = ["step", "tokens", "seconds", "loss", "gradient_norm", "learning_rate", "tokens_per_second"];
const QUANTITIES = ["loss", "perplexity", "gradient_norm", "learning_rate", "tokens_per_second"];
const AXES = ["step", "tokens", "seconds"];
const COLOURS = { training: "#0072B2", validation: "#D55E00", best: "#009E73", floor: "#009E73", evidence: "#E69F00", old: "#CC79A7" }; // Okabe and Ito: safe for colour-blind eyes
const SMOOTHING = 0.8;

const states = new WeakMap();

// What comes is kept at once; the plot follows, one drawing after another, however fast it comes.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".live-chart");
  const element = root.querySelector(".plot");
  let state = states.get(element);
  if (!state || state.run !== data.run || (data.after === 0 && state.last > (data.steps.step.at(-1) ?? 0))) {
    state = { run: data.run, last: 0, columns: Object.fromEntries(COLUMNS.map((name) => [name, []])), smooth: [], quantity: state?.quantity ?? "loss", axis: state?.axis ?? "step", log: state?.log ?? false, drawing: state?.drawing ?? Promise.resolve() };
    states.set(element, state);
    if (!data.steps.step.length) setTriggerValue("missing", { run: data.run, last: 0 }); // the first steps are waited for there
  }
  if (data.after > state.last) {
    setTriggerValue("missing", { run: data.run, last: state.last });
    return; // nothing: what a component returns is called when it goes
  }
  data.steps.step.forEach((step, i) => {
    if (step <= state.last) return;
    for (const name of COLUMNS) state.columns[name].push(data.steps[name][i]);
    const loss = data.steps.loss[i];
    const before = state.smooth.at(-1);
    state.smooth.push(loss === null || before === undefined ? loss : SMOOTHING * before + (1 - SMOOTHING) * loss);
    state.last = step;
  });
  const outline = JSON.stringify([data.references, data.marks, data.evidence, data.labels]);
  if (state.outline !== outline) Object.assign(state, { outline, references: data.references, marks: data.marks, evidence: data.evidence, labels: data.labels, drawn: false });
  Object.assign(state, { evaluations: data.evaluations, old: data.old, best: data.best, options: data.options, shown: false });
  element.setAttribute("aria-label", data.summary);
  state.drawing = state.drawing.then(() => show(root, element, state)).catch(console.error);
}

async function show(root, element, state) {
  const Plotly = await loadPlotly();
  if (state.shown || states.get(element) !== state) return; // an earlier drawing had it already; or it is of another run
  const { drawn } = state;
  Object.assign(state, { drawn: true, shown: true });
  if (drawn) return grow(Plotly, element, state);
  drawBar(Plotly, root, element, state);
  return draw(Plotly, element, state);
}

const perplexity = (loss) => (loss === null ? null : Math.exp(Math.min(loss, 50)));

function series(state) {
  const x = state.columns[state.axis].slice();
  if (state.quantity === "loss") return { x, raw: state.columns.loss.slice(), smooth: state.smooth.slice() };
  if (state.quantity === "perplexity") return { x, raw: state.columns.loss.map(perplexity), smooth: state.smooth.map(perplexity) };
  return { x, raw: state.columns[state.quantity].slice(), smooth: [] };
}

// Where an evaluation lies on the axis that is shown: at the step the browser knows, or at the nearest before it.
function position(state, step) {
  if (state.axis === "step") return step;
  const steps = state.columns.step;
  let low = 0, high = steps.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (steps[middle] <= step) low = middle; else high = middle - 1;
  }
  return state.columns[state.axis][low];
}

function validation(state, evaluations = state.evaluations) {
  if (state.quantity !== "loss" && state.quantity !== "perplexity") return { x: [], y: [] };
  const y = evaluations.loss;
  return { x: evaluations.step.map((step) => position(state, step)), y: state.quantity === "loss" ? y : y.map(perplexity) };
}

function best(state) {
  const shown = validation(state);
  const index = state.evaluations.step.indexOf(state.best);
  return index < 0 || !shown.x.length ? { x: [], y: [] } : { x: [shown.x[index]], y: [shown.y[index]] };
}

// What counting models reach, as lines across the chart with their names at the right end.
function references(state, text, ground) {
  const shown = state.quantity === "loss" || state.quantity === "perplexity" ? state.references ?? [] : [];
  const lines = shown.map((line) => ({ ...line, y: state.quantity === "loss" ? line.loss : perplexity(line.loss) })).sort((a, b) => b.y - a.y);
  const height = (y) => (state.log ? Math.log10(y) : y);
  const shownLosses = state.columns.loss.filter(Number.isFinite).map((loss) => (state.quantity === "loss" ? loss : perplexity(loss)));
  const heights = [...lines.map(({ y }) => y), ...shownLosses].map(height);
  const span = Math.max(...heights) - (state.log ? Math.min(...heights) : 0);
  let named = Infinity; // the height of the last line that has its name: where the next is too near, it goes below, or has none
  const anchors = lines.map(({ y }) => {
    const gap = named - height(y);
    if (gap < 0.03 * span) return null;
    named = height(y);
    return gap < 0.06 * span ? "top" : "bottom";
  });
  return {
    lines,
    shapes: lines.map(({ y, floor }) => ({
      type: "line", xref: "paper", x0: 0, x1: 1, y0: y, y1: y, layer: "below",
      line: { width: floor ? 1.6 : 1, dash: floor ? "solid" : "dot", color: floor ? COLOURS.floor : "rgba(128,128,128,0.9)" },
    })),
    annotations: lines.flatMap(({ y, name }, index) => (anchors[index] === null ? [] : [{
      xref: "paper", x: 1, xanchor: "right", y: height(y), yanchor: anchors[index], showarrow: false, text: name,
      font: { size: 11, color: text }, opacity: 0.75, bgcolor: ground,
    }])),
  };
}

// What was changed while it ran, as upright lines with their names; of several at one step the last is named.
function marks(state, text) {
  const named = new Map((state.marks ?? []).map(({ step, name }) => [step, name]));
  const lines = [...named].map(([step, name]) => ({ x: position(state, step), name })).filter(({ x }) => x !== undefined);
  return {
    shapes: lines.map(({ x }) => ({ type: "line", yref: "paper", y0: 0, y1: 1, x0: x, x1: x, layer: "below", line: { width: 1.2, dash: "dash", color: text } })),
    annotations: lines.map(({ x, name }) => ({ x, yref: "paper", y: 1, xanchor: "left", yanchor: "top", textangle: 90, showarrow: false, text: name, font: { size: 11, color: text } })),
  };
}

// The steps where a fault is seen, shaded, with its name.
function evidence(state, text, ground) {
  if (!state.evidence) return { shapes: [], annotations: [] };
  const { begin, end, name } = state.evidence;
  const [x0, x1] = [begin, end].map((step) => position(state, step));
  const box = { type: "rect", yref: "paper", y0: 0, y1: 1, x0, x1, layer: "below", fillcolor: COLOURS.evidence, opacity: 0.2, line: { width: 0 } };
  return {
    shapes: [box, ...[x0, x1].map((x) => ({ type: "line", yref: "paper", y0: 0, y1: 1, x0: x, x1: x, layer: "below", line: { width: 1, dash: "dot", color: text } }))],
    annotations: [{ x: (x0 + x1) / 2, yref: "paper", y: 0.98, xanchor: "center", yanchor: "top", showarrow: false, text: `<b>${name}</b>`, font: { size: 12, color: text }, bgcolor: ground }],
  };
}

// One redrawing, the zoom kept.
function grow(Plotly, element, state) {
  const { x, raw, smooth } = series(state), shown = validation(state), marked = best(state), old = validation(state, state.old);
  const traces = [[x, raw], [smooth.length ? x : [], smooth], [shown.x, shown.y], [marked.x, marked.y], [old.x, old.y]];
  return Plotly.restyle(element, { x: traces.map(([x]) => x), y: traces.map(([, y]) => y) }, [0, 1, 2, 3, 5]);
}

async function draw(Plotly, element, state) {
  const style = getComputedStyle(element);
  const text = style.getPropertyValue("--st-text-color").trim() || style.color;
  const labels = state.labels, { x, raw, smooth } = series(state), shown = validation(state), marked = best(state), old = validation(state, state.old);
  const single = !["loss", "perplexity"].includes(state.quantity);
  const line = (more) => ({ mode: "lines", type: "scatter", hovertemplate: "%{y:.4g}", ...more });
  const grid = { gridcolor: "rgba(128,128,128,0.18)", zeroline: false, linecolor: "rgba(128,128,128,0.4)" };
  const ground = style.getPropertyValue("--st-background-color").trim() || "#fff";
  const { lines, shapes, annotations } = references(state, text, ground);
  const fault = evidence(state, text, ground);
  const changed = marks(state, text);
  const traces = [
    line({ x, y: raw, name: single ? labels[state.quantity] : labels.training, line: { color: COLOURS.training, width: single ? 2 : 1 }, opacity: single ? 1 : 0.28 }),
    line({ x: smooth.length ? x : [], y: smooth, name: labels.smoothed, line: { color: COLOURS.training, width: 2.4 }, showlegend: !single }),
    line({ x: shown.x, y: shown.y, name: labels.validation, mode: "lines+markers", line: { color: COLOURS.validation, width: 2.4 }, marker: { size: 6 }, showlegend: !single }),
    line({ x: marked.x, y: marked.y, name: labels.best, mode: "markers", marker: { symbol: "star", size: 14, color: COLOURS.best }, showlegend: !single }),
    line({ x: lines.map(() => 0), y: lines.map(({ y }) => y), mode: "markers", marker: { opacity: 0 }, showlegend: false, hoverinfo: "skip", hovertemplate: undefined }), // the axis makes room for the lines
    line({ x: old.x, y: old.y, name: labels.old, mode: "lines+markers", line: { color: COLOURS.old, width: 2.4, dash: "dash" }, marker: { size: 7, symbol: "diamond" }, showlegend: !single && old.x.length > 0 }),
  ];
  const layout = {
    shapes: [...fault.shapes, ...shapes, ...changed.shapes], annotations: [...annotations, ...changed.annotations, ...fault.annotations],
    uirevision: `${state.run}/${state.quantity}/${state.axis}/${state.log}`,
    margin: { l: 56, r: 12, t: 34, b: 44 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: text, family: style.fontFamily, size: 13 },
    hovermode: "x unified",
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "rgba(128,128,128,0.7)", activecolor: text },
    hoverlabel: { bgcolor: style.getPropertyValue("--st-background-color").trim() || "#fff", font: { color: text } },
    legend: { orientation: "h", x: 0, xanchor: "left", y: 1.01, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
    xaxis: { title: { text: labels[state.axis] }, ...grid, rangemode: "tozero" },
    yaxis: { title: { text: labels[state.quantity] }, type: state.log ? "log" : "linear", ...grid, automargin: true },
  };
  await Plotly.react(element, traces, layout, state.options);
}

function drawBar(Plotly, root, element, state) {
  const bar = root.querySelector(".bar");
  const group = (names, current, choose) => {
    const box = document.createElement("div");
    box.className = "group";
    box.setAttribute("role", "group");
    for (const name of names) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = state.labels[`button_${name}`] ?? state.labels[name];
      button.dataset.name = name;
      button.setAttribute("aria-pressed", String(current() === name));
      button.onclick = async () => {
        choose(name);
        drawBar(Plotly, root, element, state);
        await draw(Plotly, element, state);
      };
      box.appendChild(button);
    }
    return box;
  };
  bar.replaceChildren(
    group(QUANTITIES, () => state.quantity, (name) => (state.quantity = name)),
    group(AXES, () => state.axis, (name) => (state.axis = name)),
    group(["log"], () => (state.log ? "log" : ""), () => (state.log = !state.log)),
  );
}
