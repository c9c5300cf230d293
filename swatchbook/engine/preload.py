"""What the fork server imports once, so that every worker starts with it.

The first thing here is the tie to the app's life: when the app dies, however it
dies, the fork server is killed with it. Never imported by the web process.
"""

from swatchbook.engine import lifeline

lifeline.die_with_parent()
lifeline.scrub_environment()

import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer  # noqa: E402, F401

import swatchbook.engine.decode  # noqa: E402
import swatchbook.engine.load  # noqa: E402, F401

torch.set_num_threads(1)
transformers.utils.logging.set_verbosity_error()
