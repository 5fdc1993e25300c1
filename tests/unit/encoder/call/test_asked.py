"""What calls make of their options: unknown names, names of other calls, values out of range."""

import inspect
import typing

import numpy as np
import pytest

import nnc
from nnc.cli.main import USAGE, run
from nnc.encoder.call import keywords
from nnc.encoder.call.asked import all_rows, asked, names_for
from nnc.encoder.call.tables import TABLES
from nnc.encoder.options.keywords import TensorKeywords
from nnc.encoder.options.tensor import TensorOptions
from nnc.model.options import EVERY, rows_of

MODEL = {"w": np.eye(3, dtype=np.float32)}
KEYWORDS = {
    "encode": keywords.EncodeKeywords,
    "save_file": keywords.SaveFileKeywords,
    "encode_file": keywords.EncodeFileKeywords,
    "Encoder": keywords.EncoderKeywords,
}


@pytest.fixture
def model_file(tmp_path):
    np.savez(tmp_path / "m.npz", **MODEL)
    return str(tmp_path / "m.npz")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("bitdepth", "bit_depth"), ("tensor_qps", "tensor_qp"), ("thread", "threads")],
)
def test_a_misspelt_option_names_the_right_one_everywhere(tmp_path, model_file, wrong, right):
    path = tmp_path / "m.nnc"
    for call in (
        lambda: nnc.encode(MODEL, **{wrong: 5}),
        lambda: nnc.save_file(MODEL, path, **{wrong: 5}),
        lambda: nnc.encode_file(model_file, path, **{wrong: 5}),
        lambda: nnc.Encoder(**{wrong: 5}),
    ):
        with pytest.raises(nnc.UnknownOptionError, match=f"{wrong!r}; did you mean {right!r}") as e:
            call()
        assert isinstance(e.value, nnc.InputError)
        assert isinstance(e.value, TypeError)
    assert not path.exists()


def test_a_misspelt_option_of_decoding_names_the_right_one(tmp_path):
    data, path = nnc.encode(MODEL), tmp_path / "m.nnc"
    path.write_bytes(data)
    for call in (
        lambda: nnc.decode(data, thread=2),
        lambda: nnc.decode_levels(data, thread=2),
        lambda: nnc.load_file(path, thread=2),
        lambda: nnc.load_model(path, thread=2),
        lambda: nnc.decode_file(path, tmp_path / "m.npz", thread=2),
        lambda: nnc.Decoder(thread=2),
    ):
        with pytest.raises(nnc.UnknownOptionError, match="'thread'; did you mean 'threads'"):
            call()
    with pytest.raises(nnc.UnknownOptionError, match="did you mean 'dimensions'"):
        nnc.trace(data, dimension={})


def test_a_misspelt_option_of_a_tensor_names_the_right_one():
    with pytest.raises(nnc.UnknownOptionError, match=r"tensors\['w'\].*did you mean 'bit_depth'"):
        nnc.encode(MODEL, tensors={"w": {"bitdepth": 5}})


@pytest.mark.parametrize(
    ("text", "right"),
    [("bitdepth = 5", "bit_depth"), ("[tensors.w]\nbitdepth = 5", "bit_depth")],
)
def test_a_misspelt_option_of_a_file_names_the_right_one(tmp_path, model_file, capsys, text, right):
    (tmp_path / "o.toml").write_text(text)
    told = ["--options", str(tmp_path / "o.toml")]
    assert run(["encode", model_file, "-o", str(tmp_path / "m.nnc"), *told]) == USAGE
    assert f"did you mean {right!r}" in capsys.readouterr().err


def test_a_name_like_none_lists_all_that_there_are():
    with pytest.raises(nnc.UnknownOptionError, match="there are accuracy_drop, aggregates"):
        nnc.encode(MODEL, xyzzy=1)


@pytest.mark.parametrize("internal", ["named_qp", "exact", "row_axes"])
@pytest.mark.parametrize("call", EVERY)
def test_what_is_internal_cannot_be_given(call, internal):
    with pytest.raises(nnc.UnknownOptionError, match=internal):
        asked(call, {internal: {}})


def test_options_of_other_calls_say_where_they_belong():
    with pytest.raises(nnc.InputError, match=r"memory is an option of nnc\.encode_file"):
        nnc.encode(MODEL, memory=1 << 20)
    with pytest.raises(nnc.InputError, match="psnr is for single models"):
        nnc.Encoder(psnr=40)


@pytest.mark.parametrize("call", EVERY)
def test_the_keywords_of_a_call_are_the_options_that_it_takes(call):
    assert sorted(KEYWORDS[call].__annotations__) == sorted(names_for(call))


def test_the_keywords_of_tensors_are_their_options():
    assert list(TensorKeywords.__annotations__) == list(rows_of(TensorOptions))


@pytest.mark.parametrize("call", EVERY)
def test_the_docstring_of_a_call_lists_its_options(call):
    function = nnc.Encoder.__init__ if call == "Encoder" else getattr(nnc, call)
    _, _, section = inspect.getdoc(function).partition("Options:\n")
    assert [line.split(":")[0].strip() for line in section.splitlines()] == names_for(call)


def test_every_option_is_in_one_table_and_has_a_sentence():
    names = [name for table in TABLES for name in rows_of(table)]
    assert len(names) == len(set(names))
    for _, row in all_rows().values():
        assert row.option.text.endswith("."), row.name
        assert "\n" not in row.option.text, row.name


def test_types_of_keywords_can_be_looked_up():
    assert typing.get_type_hints(TensorOptions)["qp"] == int | None
