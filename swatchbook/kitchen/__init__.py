"""The kitchen: corpora written as grammars, and the small models cooked from them."""
