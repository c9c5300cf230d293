"""What the fork server imports once, so that every worker starts with it.

The first thing here is the tie to the app's life: when the app dies, however it
dies, the fork server is killed with it. Never imported by the web process.
"""

import os

from swatchbook.engine import lifeline

lifeline.die_with_parent()
lifeline.scrub_environment()
os.environ[lifeline.PARENT] = str(os.getpid())

import gc  # noqa: E402

import torch  # noqa: E402
import transformers  # noqa: E402
import transformers.models.llama.modeling_llama  # noqa: E402

# The library imports lazily: what is not touched here, every worker would import again.
from transformers import (  # noqa: E402, F401
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationMixin,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

import swatchbook.engine.worker  # noqa: E402, F401

torch.set_num_threads(1)
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

# Otherwise a worker's first collection writes to, and so copies, every page it shares with us.
gc.collect()
gc.freeze()
