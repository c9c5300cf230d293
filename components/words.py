"""The words of the house: what this is, and what its terms mean."""

from __future__ import annotations

from collections.abc import Mapping

from components import render
from swatchbook.hub.licences import NOT_STATED
from swatchbook.runs import MAX_FILLINGS, MAX_LANES, MAX_RUN_TOKENS, MAX_SAMPLES, MAX_TOKENS

INTRO = (
    "Swatchbook lays language models side by side, as a designer lays out swatches of a material. "
    "Give them all one prompt, and read how each goes on with it: its voice, its habits, its failures."
)

RUNNING = {
    "Model": "A program that has learned from texts which word is likely to come next. The house models here are small "
    "toys, cooked for this project from invented texts.",
    "Prompt": "The words a model is given to go on from.",
    "Slot": "A place in the prompt with several words to try, written {nurse|engineer}. Each word is taken in turn.",
    "Filling": "The prompt with one word in each slot.",
    "Sample": "One text by one model. A model asked twice may write two different texts, so one sample tells little.",
    "Token": "The piece of text a model writes in one step: a word, a part of a word, or a single byte.",
    "Temperature": "How freely words are drawn. At 0 the likeliest word is taken every time; at 1 words are drawn as "
    "often as the model holds them likely; above that, unlikely ones come up more.",
    "Seed": "The number that decides the draws. The same seed, prompt and settings give the same text again.",
    "Top-p, top-k, min-p": "Ways to leave out unlikely words before one is drawn.",
    "Surprisal": "How little a model expected a word, in bits: 1 bit is a coin toss, 10 bits one chance in a thousand.",
    "Lane": "One model's column in a run.",
    "Palette": "The models you have picked.",
    "Kept, draft": "A kept run lies in the archive under a link, and never changes. A draft is one that only your "
    "browser has.",
    "Child, family": "What came of a kept run: the same with notes or votes, asked again, or asked otherwise. A run "
    "with all that came of it is a family.",
    "Contest": "A note that objects: to another note, or to a tag such as loop.",
    "Read blind, placebo": "To read without names, so that one reads texts and not reputations. A placebo is a model "
    "that is there twice: whoever tells it from itself was reading chance.",
    "Drift": "What is no longer the same when a run is asked again: the texts, or what surrounds them.",
    "Packed link": "An address that holds a run's prompt, models, settings and notes itself, so that nothing has to be "
    "kept.",
    "Completion, chat": "A model may go on with your text (completion), or answer it as a message (chat) when it was "
    "made for that.",
}

MATERIAL = {
    "Parameters": "The numbers that a model has learned. More of them need more room and more time.",
    "Architecture": "The plan by which those numbers are used. Models of one architecture differ in their numbers.",
    "Dataset": "The texts that a model has learned from, or that it was tested on.",
    "Finetune": "A model trained further, on other texts, from one that was there before.",
    "Adapter": "A small addition to a model. It does nothing without the model that it was made for.",
    "Quantised": "Stored with fewer bits for each number: lighter, and not quite the same model any more.",
    "bf16, 16-bit": "Each number is stored in 16 bits, which is two bytes. It is how most models are published.",
    "fp32, f32": "Each number is stored in 32 bits, which is four bytes: twice the room.",
    "Tensor": "A table of numbers. A model's weights are some tens or hundreds of them.",
    "Chat template": "The pattern by which a message becomes the text that a chat model goes on from.",
    "Encoder": "A model that reads a text to sort or compare it, and does not go on with it.",
    "Safetensors": "A file that holds a model's numbers and nothing that could run. It is the only kind read here.",
    "GGUF": "Another kind of file for a model's numbers, made for llama.cpp. It is not read here.",
    "Commit": "One state of a model's files, named by a long number. A model pinned to one stays as it is when its "
    "maker changes it.",
    "Gate": "What a maker puts before the files: one agrees to terms on the Hub, or asks, and is let in or not.",
}
"""What the words on swatches and dossiers mean."""

GLOSSARY = RUNNING | MATERIAL

UNSAID = f'<span class="unsaid">{NOT_STATED}</span>'
"""An absent fact, in the colour for what nobody says."""

LARGEST = (
    f"The largest run: {MAX_LANES} lanes, {MAX_FILLINGS} fillings, {MAX_SAMPLES} samples and {MAX_TOKENS} tokens, "
    f"and no more than {MAX_RUN_TOKENS:,} tokens in all (the four multiplied)."
)


def intro_html() -> str:
    return f'<p class="intro">{render.text(INTRO)}</p>'


def glossary_html(terms: Mapping[str, str] = GLOSSARY) -> str:
    rows = "".join(f"<dt>{render.text(term)}</dt><dd>{render.text(said)}</dd>" for term, said in terms.items())
    return f'<dl class="glossary">{rows}</dl>'
