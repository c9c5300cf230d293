"""The files of this repository that a published piece holds, byte for byte.

The modules are those that its app.py and the workers of its models import, all of them
and no others; what a page loads besides are the assets.
"""

from __future__ import annotations

_MODULES = {
    "components": "colour guard launch numbered piece_actions render space standalone theme visit",
    "components/views": "__init__ cards piece",
    "swatchbook": (
        "__init__ bounded calibrate estimate house live markup notes provenance random_model runner runs "
        "samples settings strict template"
    ),
    "swatchbook/engine": (
        "__init__ architectures backend cache check config_rules decode draw engine events fused headers "
        "joined lifeline limits linear load memory preload process rows score solo tokens turns vet worker "
        "worker_main"
    ),
    "swatchbook/hub": "__init__ errors facts plan room transport ways",
    "swatchbook/kitchen": "__init__ recipe",
    "swatchbook/measures": "__init__ failure",
    "swatchbook/sketch": (
        "__init__ alone cells columns dice faults fits glance grammar kept lead memo mistakes names nodes parts pick "
        "piece play purse reader record strand stumbles symbols template to_run values"
    ),
    "swatchbook/sketch/publish": "__init__ contents stock",
}
MODULES = tuple(f"{folder}/{name}.py" for folder, names in _MODULES.items() for name in names.split())
ASSETS = (
    "assets/css/archive.css",
    "assets/css/browse.css",
    "assets/css/sketch.css",
    "assets/css/swatchbook.css",
    "assets/favicon.svg",
    "assets/fonts/NOTICE.md",
    "assets/fonts/OFL.txt",
    "assets/fonts/fraunces.woff2",
    "assets/fonts/inter.woff2",
    "assets/fonts/jetbrains-mono.woff2",
    "assets/js/markup.js",
    "assets/js/page.js",
    "assets/js/piece.js",
)
MOVED = {"app.py": "assets/piece/app.py"}
"""Where a file lies here that has another place in a piece."""
FILES = (*MOVED, *MODULES, *ASSETS)
HOUSE_FILES = (
    "README.md",
    "chat_template.jinja",
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "recipe.yaml",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
)
"""The files of a house model, as far as it has them."""
