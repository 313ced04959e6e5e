// One state per element: the frame that is shown, and whether the film plays. Text is only ever set as textContent.
const PACE = 450; // milliseconds a frame
const COLOURS = { training: "#0072B2", validation: "#D55E00", text: "#009E73" }; // Okabe and Ito: safe for colour-blind eyes
const BEGINNING = 0.7; // where step 0 lies on a logarithmic axis

const states = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".film-view");
  let state = states.get(root);
  if (!state || state.film !== data.film) {
    stop(root, state);
    state = { film: data.film, index: 0, timer: null, plotted: false };
    states.set(root, state);
  }
  state.data = data;
  state.index = Math.min(state.index, data.frames.length - 1);
  wire(root, state);
  rows(root, data);
  show(root, state);
  loadPlotly().then((Plotly) => draw(Plotly, root, state));
  return () => stop(root, states.get(root));
}

function wire(root, state) {
  const { labels, frames } = state.data;
  const [play, slider] = [root.querySelector(".play"), root.querySelector(".slider")];
  slider.max = frames.length - 1;
  slider.setAttribute("aria-label", labels.slider);
  slider.oninput = () => {
    stop(root, state);
    go(root, state, Number(slider.value));
  };
  play.onclick = () => (state.timer ? stop(root, state) : start(root, state));
  root.querySelector(".next").textContent = labels.next;
  button(root, state);
}

function start(root, state) {
  if (state.index >= state.data.frames.length - 1) go(root, state, 0);
  state.timer = setInterval(() => {
    if (!root.isConnected || state.index >= state.data.frames.length - 1) return stop(root, state);
    go(root, state, state.index + 1);
  }, PACE);
  button(root, state);
}

function stop(root, state) {
  if (!state?.timer) return;
  clearInterval(state.timer);
  state.timer = null;
  button(root, state);
  show(root, state);
}

function button(root, state) {
  const play = root.querySelector(".play");
  play.textContent = state.timer ? `❚❚ ${state.data.labels.pause}` : `▶ ${state.data.labels.play}`;
}

function go(root, state, index) {
  state.index = index;
  show(root, state);
  cursor(root, state);
}

function rows(root, data) {
  const bars = root.querySelector(".bars");
  bars.replaceChildren(
    ...[...data.tokens, data.labels.rest].map((name, index) => {
      const row = document.createElement("div");
      row.className = index === data.tokens.length ? "row rest" : "row";
      row.setAttribute("role", "listitem");
      for (const part of ["name", "track", "value"]) {
        const child = document.createElement("span");
        child.className = part;
        row.appendChild(child);
      }
      row.children[0].textContent = name;
      const fill = document.createElement("div");
      fill.className = "fill";
      row.children[1].appendChild(fill);
      return row;
    }),
  );
}

function show(root, state) {
  const { frames, samples, labels } = state.data;
  const frame = frames[state.index];
  root.querySelector(".slider").value = state.index;
  const where = labels.where.replace("{step}", frame.step.toLocaleString("en"));
  root.querySelector(".slider").setAttribute("aria-valuetext", where);
  root.querySelector(".where").textContent = where;
  const said = root.querySelector(".said");
  said.setAttribute("aria-live", state.timer ? "off" : "polite"); // a screen reader hears where the film stops
  said.textContent = frame.said;
  const shares = [...frame.p, frame.rest];
  [...root.querySelector(".bars").children].forEach((row, index) => {
    row.querySelector(".fill").style.width = `${100 * shares[index]}%`;
    row.children[2].textContent = frame.shown[index];
    row.classList.toggle("best", index === frame.best);
  });
  const sample = frame.sample === null ? null : samples[frame.sample];
  root.querySelector(".wrote").textContent = sample ? labels.wrote.replace("{step}", sample.step.toLocaleString("en")) : "";
  root.querySelector(".sample").textContent = sample?.text ?? "";
  root.querySelector(".sample").hidden = !sample;
}

const at = (step) => Math.max(step, BEGINNING);

function line(state) {
  const x = at(state.data.frames[state.index].step);
  return { type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", line: { color: "#CC79A7", width: 3 } };
}

async function draw(Plotly, root, state) {
  const element = root.querySelector(".plot");
  const { curve, validation, frames, labels } = state.data;
  const style = getComputedStyle(element);
  const trace = (points, name, more) => ({
    x: points.map(([step]) => at(step)), y: points.map(([, loss]) => loss), customdata: points.map(([step]) => step), name: labels[name],
    type: "scatter", mode: "lines", line: { color: COLOURS[name], width: 1.6 }, hovertemplate: `${labels.step} %{customdata}: %{y:.3f}`, ...more,
  });
  const ofText = frames.filter((frame) => frame.loss !== null).map((frame) => [frame.step, frame.loss]);
  const traces = [
    trace(curve, "training", { opacity: 0.5 }),
    trace(validation, "validation", { mode: "lines+markers", marker: { size: 5 } }),
    trace(ofText, "text", { mode: "lines+markers", marker: { size: 5 } }),
  ].filter((one) => one.x.length);
  const last = frames.at(-1).step;
  const powers = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].filter((power) => power <= last);
  const ticks = { tickvals: [BEGINNING, ...powers], ticktext: ["0", ...powers.map((power) => power.toLocaleString("en"))] };
  const grid = { gridcolor: "rgba(128,128,128,0.18)", zeroline: false };
  await Plotly.react(element, traces, {
    margin: { l: 46, r: 8, t: 24, b: 38 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: style.color, family: style.fontFamily, size: 12 }, showlegend: true,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
    xaxis: { type: "log", ...ticks, title: { text: labels.step }, ...grid }, yaxis: { title: { text: labels.loss }, ...grid },
    shapes: [line(state)],
  }, { responsive: true, displayModeBar: false });
  state.plotted = true;
  element.removeAllListeners?.("plotly_click");
  element.on?.("plotly_click", ({ points }) => {
    const step = points[0].customdata;
    const distance = (frame) => Math.abs(Math.log(at(frame.step) / at(step)));
    stop(root, state);
    go(root, state, state.data.frames.reduce((best, frame, index, all) => (distance(frame) < distance(all[best]) ? index : best), 0));
  });
}

function cursor(root, state) {
  if (state.plotted) window.Plotly.relayout(root.querySelector(".plot"), { shapes: [line(state)] });
}
