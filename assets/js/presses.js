swatchbook.presses(element, trigger);
