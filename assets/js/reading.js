// A token's own figures, when it is pointed at or reached by keyboard.
function tell(event) {
  const about = event.target.dataset?.about;
  const line = element.querySelector('.about');
  if (about && line) line.textContent = about;
}
element.addEventListener('mouseover', tell);
element.addEventListener('focusin', tell);
watch('value', () => element.querySelector('.reading')?.focus());
