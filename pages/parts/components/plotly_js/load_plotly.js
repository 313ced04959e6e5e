function loadPlotly() {
  window.nextWordPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "PLOTLY_ROUTE";
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.nextWordPlotly = undefined; // the next one tries again
      reject(new Error("Plotly.js could not be loaded"));
    };
    document.head.appendChild(script);
  });
  return window.nextWordPlotly;
}

