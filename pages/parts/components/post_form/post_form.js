// Built once for its data: what is typed stays while the page's script runs again.
const made = (tag, values) => Object.assign(document.createElement(tag), values);

export default function ({ data, parentElement }) {
  const form = parentElement.querySelector("form");
  if (form.dataset.of === JSON.stringify(data)) return;
  form.dataset.of = JSON.stringify(data);
  form.action = data.action;
  form.replaceChildren(
    ...Object.entries(data.hidden).map(([name, value]) => made("input", { type: "hidden", name, value })),
  );
  if (data.field) {
    const label = made("label", { textContent: data.label });
    const field = { type: "text", name: data.field, required: true, maxLength: 100, autocomplete: "off", spellcheck: false };
    label.append(made("input", field));
    form.append(label);
  }
  form.append(made("button", { textContent: data.button }));
}
