// A list or a line with buttons in it: presses, marks for what is on the palette, and the focus after a press.
swatchbook.presses(element, trigger);
const focus = swatchbook.keepFocus(element);
watch('value', () => {
  swatchbook.pick();
  focus();
  if (element.closest('#kept') && !element.querySelector('button')) document.querySelector('#disk-order input:checked')?.focus();
});
