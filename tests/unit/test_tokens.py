"""Token bytes: every kind of tokenizer spells its text, and spans never lose a byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from swatchbook.engine.tokens import byte_ends, byte_table

CORPUS = ["The lamp was lit at dusk.", "naïve café, 灯台の光", "one two three four", "a\r\nb\tc  d", "🙂🙃 emoji"] * 3


def byte_level(trim: bool = False) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=trim)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet))
    return tokenizer


def metaspace(prefix: str = "never") -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prefix)
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme=prefix)])
    specials = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    tokenizer.train_from_iterator(CORPUS[:1], trainers.BpeTrainer(vocab_size=400, special_tokens=specials))
    return tokenizer


def composed() -> Tokenizer:
    tokenizer = byte_level()
    tokenizer.normalizer = normalizers.NFKC()
    return tokenizer


KINDS = {
    "byte level": byte_level(),
    "byte level, trimmed offsets": byte_level(trim=True),
    "metaspace": metaspace(),
    "metaspace with a dummy space": metaspace("first"),
    "NFKC": composed(),
}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(CORPUS)


def cut(tokenizer: Tokenizer, text: str) -> tuple[list[bytes], list[int]]:
    encoding = tokenizer.encode(text, add_special_tokens=False)
    table = byte_table(tokenizer.to_str())
    pieces = [table[token] for token in encoding.ids]
    return pieces, byte_ends(text, pieces, encoding.offsets)


@given(TEXTS)
def test_byte_level_pieces_spell_the_text(text: str) -> None:
    pieces, ends = cut(KINDS["byte level"], text)
    assert b"".join(pieces) == text.encode()
    assert ends == [sum(map(len, pieces[: at + 1])) for at in range(len(pieces))]


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS)
def test_spans_cover_every_byte_and_never_fall(kind: str, text: str) -> None:
    pieces, ends = cut(KINDS[kind], text)
    assert ends == sorted(ends)
    if pieces:
        assert ends[-1] == len(text.encode())


def test_byte_fallback_is_cut_between_bytes() -> None:
    pieces, ends = cut(KINDS["metaspace"], "é a")
    assert pieces[:2] == [b"\xc3", b"\xa9"]
    assert ends[:2] == [1, 2]


def test_a_dummy_space_is_no_part_of_the_text() -> None:
    pieces, ends = cut(KINDS["metaspace with a dummy space"], "The lamp")
    assert b"".join(pieces) == b" The lamp"
    assert ends[-1] == 8


def test_a_composed_character_counts_its_own_bytes() -> None:
    _, ends = cut(KINDS["NFKC"], "ﬁn ½")
    assert ends[-1] == len("ﬁn ½".encode())


def test_added_tokens_stand_as_they_are() -> None:
    tokenizer = byte_level()
    tokenizer.add_special_tokens([AddedToken("<|ende é|>", special=True)])
    assert byte_table(tokenizer.to_str())[tokenizer.token_to_id("<|ende é|>")] == "<|ende é|>".encode()


def test_a_suffix_that_ends_words_is_a_space() -> None:
    """As in the first GPT: without it, its texts would show the suffix and no spaces."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    trainer = trainers.BpeTrainer(vocab_size=80, special_tokens=["<unk>"], end_of_word_suffix="</w>")
    tokenizer.train_from_iterator(["one two three four"] * 3, trainer)
    table = byte_table(tokenizer.to_str())
    ids = tokenizer.encode("two three one").ids
    assert b"".join(table[at] for at in ids) == b"two three one "
    assert tokenizer.decode(ids).strip() == "two three one"
