// A token's own figures, when it is pointed at or reached by keyboard.
const panel = element.querySelector('.panel');
function tell(event) {
  const about = event.target.dataset?.about;
  const line = element.querySelector('.about');
  if (about && line) line.textContent = about;
}
element.addEventListener('mouseover', tell);
element.addEventListener('focusin', tell);
watch('value', () => {
  const { value } = props;
  if (swatchbook.newer(element, value) && swatchbook.put(panel, value?.html ?? '')) panel.querySelector('.reading')?.focus();
});
