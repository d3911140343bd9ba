"""The two small grammars: what they read, what they refuse, and that they count as Python does."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generator.catalogue import cost, shapes

# ---- shapes ----------------------------------------------------------------------------------------------------------

_SIZES = {"B": 2, "C": 6, "C1": 5, "H": 14, "W": 10, "N": 35, "D": 12}


@pytest.mark.parametrize(
    ("text", "inputs", "outputs"),
    [
        ("B C H W -> B C H W", ((2, 6, 14, 10),), ((2, 6, 14, 10),)),
        ("B C H W -> B 2*C H/2 3*W/2", ((2, 6, 14, 10),), ((2, 12, 7, 15),)),
        ("B N D, B C1 D -> ()", ((2, 35, 12), (2, 5, 12)), ((),)),
        ("[B C, B C1] -> (B 1, B 10)", ([(2, 6), (2, 5)],), (((2, 1), (2, 10)),)),
        ("B C -> B C, ()", ((2, 6),), ((2, 6), ())),
        ("[[B, C], (H, [W])] -> B", ([[(2,), (6,)], ((14,), [(10,)])],), ((2,),)),
    ],
)
def test_shapes_are_bound(text: str, inputs: object, outputs: object) -> None:
    bound = shapes.bind(shapes.parse(text), _SIZES)
    assert bound.inputs == inputs
    assert bound.outputs == outputs


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "shape, position 1: expected an axis such as B, 3, 2*C or H/2, or a bracket, found the end"),
        ("B C", "shape, position 4: expected '->', found the end"),
        ("B C -> ", "shape, position 7: expected an axis such as B, 3, 2*C or H/2, or a bracket, found the end"),
        ("-> B", "shape, position 1: expected an axis such as B, 3, 2*C or H/2, or a bracket, found '->'"),
        ("B -> C -> D", "shape, position 8: expected the end ('->' stands once), found '->'"),
        ("B] -> C", "shape, position 2: expected '->', found ']'"),
        ("[B -> C", "shape, position 4: expected an axis, ',' or ']', found '->'"),
        ("B -> C]", "shape, position 7: expected ',' or the end, found ']'"),
        ("B, -> C", "shape, position 4: expected an axis such as B, 3, 2*C or H/2, or a bracket, found '->'"),
        ("[] -> C", "shape, position 2: expected an axis such as B, 3, 2*C or H/2, or a bracket, found ']'"),
        ("B é -> C", "shape, position 3: unexpected 'é'"),
        ("B -> C;", "shape, position 7: unexpected ';'"),
        (
            "B 2C -> C",
            "shape, position 3: '2C' is not an axis; expected a letter (C, C1), a number, "
            "or a multiple or quotient of a letter (2*C, H/2)",
        ),
        ("B 100001 -> C", "shape, position 3: '100001' is larger than 100000"),
        ("[[[[B]]]] -> C", "shape, position 4: brackets are nested more than 3 deep"),
    ],
)
def test_a_broken_shape_names_its_position(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"^shape, position [0-9]+: ") as caught:
        shapes.parse(text)
    assert str(caught.value) == says


def test_letters_and_divisors() -> None:
    signature = shapes.parse("B C H W, [C1 B] -> B C H/4 3*H/6 2*W/2")
    assert signature.letters() == ("B", "C", "H", "W", "C1")
    assert signature.divisors() == {"B": 1, "C": 1, "H": 4, "W": 1, "C1": 1}


def test_what_cannot_be_bound_is_named() -> None:
    signature = shapes.parse("B C H -> B H/2")
    with pytest.raises(ValueError, match=r"^no size for C, H of B C H -> B H/2$"):
        shapes.bind(signature, {"B": 2})
    with pytest.raises(ValueError, match=r"^axis H/2: H = 7 does not divide by 2$"):
        shapes.bind(signature, {"B": 2, "C": 3, "H": 7})


_AXES = st.builds(
    shapes.Axis, st.integers(1, 9), st.none() | st.sampled_from(["B", "C", "C1", "H", "W"]), st.integers(1, 6)
).map(lambda axis: axis if axis.letter else shapes.Axis(axis.factor))
_ITEMS = st.recursive(
    st.lists(_AXES, max_size=4).map(lambda axes: shapes.Tensor(tuple(axes))),
    lambda inner: st.builds(
        shapes.Group, st.sampled_from(["list", "tuple"]), st.lists(inner, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=3,
)
_SIDES = st.lists(_ITEMS, min_size=1, max_size=3).map(tuple)


@given(st.builds(shapes.Signature, _SIDES, _SIDES))
def test_a_signature_comes_back_from_its_text(signature: shapes.Signature) -> None:
    assert shapes.parse(str(signature)) == signature


@given(st.builds(shapes.Signature, _SIDES, _SIDES), st.dictionaries(st.sampled_from("BCHW"), st.integers(1, 8)))
def test_chosen_sizes_bind_and_differ(signature: shapes.Signature, multiple_of: dict[str, int]) -> None:
    sizes = shapes.choose(signature, {}, multiple_of)
    shapes.bind(signature, sizes)
    assert len(set(sizes.values())) == len(sizes) == len(signature.letters())
    assert all(sizes[letter] % multiple == 0 for letter, multiple in multiple_of.items() if letter in sizes)


def test_known_sizes_are_kept_and_others_avoided() -> None:
    signature = shapes.parse("B C H W -> B C H/2 W/2")
    assert shapes.choose(signature, {"C": 64}, {"W": 7}) == {"B": 2, "C": 64, "H": 10, "W": 70}
    assert shapes.choose(signature, {"C": 64}, {}, avoid={10, 14}) == {"B": 2, "C": 64, "H": 22, "W": 26}


@given(st.text(max_size=30) | st.text(alphabet="BCH12*/[](),-> ", max_size=30))
def test_any_text_is_a_signature_or_a_value_error(text: str) -> None:
    try:
        signature = shapes.parse(text)
    except ValueError:
        return
    assert shapes.parse(str(signature)) == signature


# ---- cost ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "tree"),
    [
        ("0", 0, 0),
        ("2*C*C/r + 2*C", 640, ["+", ["/", ["*", ["*", 2, "C"], "C"], "r"], ["*", 2, "C"]]),
        ("C//3", 21, ["//", "C", 3]),
        ("ceil(C/3)", 22, ["ceil", ["/", "C", 3]]),
        ("max(C/r, 8, k)", 8, ["max", ["/", "C", "r"], 8, "k"]),
        ("-k**2", -9, ["neg", ["**", "k", 2]]),
        ("C*bias", 64, ["*", "C", "bias"]),
        ("1.5*C", 96, ["*", 1.5, "C"]),
    ],
)
def test_costs(text: str, value: float, tree: object) -> None:
    expression = cost.parse(text)
    assert expression.evaluate({"C": 64, "r": 16, "k": 3, "bias": True}) == value
    assert expression.to_json() == tree


def test_a_division_without_rest_is_whole() -> None:
    value = cost.parse("C/r").evaluate({"C": 64, "r": 16})
    assert (value, type(value)) == (4, int)


def test_names_of_a_cost() -> None:
    assert cost.parse("2*C*k + max(C, H) * C1").names() == ("C", "k", "H", "C1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "'' is not an arithmetic expression such as 'C*C/r + 2*C'"),
        ("2*", "'2*' is not an arithmetic expression such as 'C*C/r + 2*C'"),
        ("2C", "expression, position 1: unexpected '2'"),
        ("010", "expression, position 1: unexpected '0'"),
        ("C^2", "expression, position 2: unexpected '^'"),
        ("C\n+1", "expression, position 2: unexpected '\\n'"),
        ("x.y", "expression, position 2: unexpected '.'"),
        ("C if k else 1", "only numbers, names, + - * / // **, ceil, floor, min and max are allowed in an expression"),
        ("True", "only numbers, names, + - * / // **, ceil, floor, min and max are allowed in an expression"),
        ("(1, 2)", "only numbers, names, + - * / // **, ceil, floor, min and max are allowed in an expression"),
        ("len(C)", "only the functions ceil, floor, min and max can be called in an expression"),
        ("ceil(1)(2)", "only the functions ceil, floor, min and max can be called in an expression"),
        ("ceil", "'ceil' is a function here and needs arguments in brackets"),
        ("ceil(1, 2)", "ceil takes one argument"),
        ("min(C)", "min takes two arguments or more"),
        ("min(*C, 1)", "only numbers, names, + - * / // **, ceil, floor, min and max are allowed in an expression"),
        ("C**9", "power 9; at most 8 is allowed"),
        ("-" * 60 + "C", "expression nested more than 50 deep"),
        ("+".join("C" * 60), "expression nested more than 50 deep"),
        ("1" * 601, "expression of 601 characters; at most 600 are allowed"),
    ],
)
def test_what_is_no_cost(text: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the whole message is compared below
        cost.parse(text)
    assert str(caught.value) == says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("C/k", "division by zero"),
        ("C//k", "division by zero"),
        ("C*r", "no value for 'r'"),
        ("C*name", "name = 'avg' is not a number"),
        ("2**C", "power 64; it must lie between 0 and 8"),
        ("(0-C)**0.5", "a negative number to a broken power"),
        ("(((9**8)**8)**8)**8", "result beyond 1e+30"),
    ],
)
def test_what_cannot_be_evaluated(text: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the whole message is compared below
        cost.parse(text).evaluate({"C": 64, "k": 0, "name": "avg"})
    assert str(caught.value) == says


_NUMBERS = st.integers(0, 99).map(str) | st.sampled_from(["1.5", "0.25"])
_EXPRESSIONS = st.recursive(
    _NUMBERS | st.sampled_from(["C", "k", "C1"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", " * "]), inner).map("".join),
        inner.map("({})".format),
        inner.map("-{}".format),
        inner.map("ceil({})".format),
        st.tuples(inner, inner).map(lambda pair: f"max({pair[0]}, {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"min({pair[0]}, {pair[1]})"),
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(_EXPRESSIONS, st.integers(1, 512), st.integers(1, 9), st.integers(1, 99))
@example("2*C/3//k", 1, 1, 1)
def test_costs_are_counted_as_python_counts(text: str, channels: int, kernel: int, other: int) -> None:
    values = {"C": channels, "k": kernel, "C1": other}
    functions = {"ceil": math.ceil, "floor": math.floor, "min": min, "max": max, "__builtins__": {}}
    try:
        wanted = eval(text, functions, dict(values))  # noqa: S307 -- text of this test's own making
    except ZeroDivisionError:
        with pytest.raises(ValueError, match="division by zero"):
            cost.parse(text).evaluate(values)
        return
    assert cost.parse(text).evaluate(values) == pytest.approx(wanted, rel=1e-12)


@given(st.text(max_size=30) | st.text(alphabet="Ck12+-*/(),. ceilmax", max_size=40))
def test_any_text_is_a_cost_or_a_value_error(text: str) -> None:
    try:
        expression = cost.parse(text)
        expression.evaluate(dict.fromkeys(expression.names(), 3))
    except ValueError:
        pass
