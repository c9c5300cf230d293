// Makes the files that a run is taken along as: each comes from the server as text, and is saved by the browser.
const menu = element.querySelector('details');
const said = element.querySelector('[role=status]');
let done = 0;
swatchbook.presses(element, () => {});
swatchbook.inside(element);

menu.addEventListener('click', (event) => {
  const button = event.target.closest('[data-format]');
  if (!button) return;
  menu.open = false;
  menu.querySelector('summary').focus();
  said.textContent = 'Being written …';
  trigger('click', { format: button.dataset.format });
});

function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

watch('value', async () => {
  const file = props.value;
  if (!file || file.number === done) return;
  done = file.number;
  if (file.problem) { said.textContent = file.problem; return; }
  try {
    const blob = file.media === 'image/png' ? await picture(file.content, 1200) : new Blob([file.content], { type: file.media });
    save(blob, file.name);
    said.textContent = `Saved as ${file.name}.`;
  } catch (error) {
    said.textContent = `This browser could not draw the picture (${error.message}); take the page instead.`;
  }
});
