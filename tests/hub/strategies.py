"""Facts as no maker would state them, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from swatchbook.hub.facts import Facts, Parent
from swatchbook.hub.licences import book

words = st.text(max_size=30)
maybe = st.none() | words
several = st.lists(words, max_size=4).map(tuple)
repos = st.from_regex(r"[a-z]{1,3}/[a-z]{1,3}", fullmatch=True)
on_file = sorted(name for entry in book().licences for name in (*entry.ids, *entry.named))
licences = (
    st.none()
    | words
    | st.lists(st.sampled_from([*on_file, "other", "unknown"]), min_size=1, max_size=3).map(" and ".join)
)
relations = st.sampled_from(["finetune", "quantized", "adapter", "merge", "unknown"])

facts = st.builds(
    Facts,
    repo=repos,
    gated=maybe,
    task=maybe,
    library=maybe,
    architecture=maybe | st.sampled_from(["llama", "bert", "t5", "gpt2", "rwkv"]),
    licence=licences,
    licence_name=maybe | st.sampled_from(on_file),
    licence_link=maybe | st.sampled_from(["https://example.org/licence", "javascript:alert(1)", "http://[", "//x"]),
    languages=several,
    datasets=several,
    parents=st.lists(st.builds(Parent, repos, relations), max_size=3).map(tuple),
    numbers=st.lists(st.tuples(words, st.integers(0, 10**12)), max_size=3).map(tuple),
    quantised=maybe,
    needs_code=st.booleans(),
    tags=st.lists(words | st.sampled_from(["gguf", "peft", "onnx", "mlx", "merge"]), max_size=4).map(tuple),
)
