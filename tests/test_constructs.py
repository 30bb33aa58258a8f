"""Every construct of the table has zoo cases, in both modes and at order 2, that contain it."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable

import pytest

from tests.checks import Probe
from tests.zoo import CASES
from tests.zoo.constructs import CONSTRUCTS

BY_NAME = {case.name: case for case in CASES}
ROWS = """if_else ternary bool_ops early_return early_return_in_loop for_range for_array for_zip
for_enumerate for_list_literal for_reversed nested_loops for_else while while_counter break continue
break_while nested_def nested_def_closure closure closure_function lambda_inside lambda_toplevel
call_helper higher_order listcomp listcomp_np listcomp_filter genexp dictcomp tuple_unpack
tuple_swap nested_unpack star_unpack tuple_return_inner list_append list_pop list_setitem
list_concat
dict_literal dict_setitem dict_items augassign augassign_alias setitem setitem_overwrite
setitem_slice setitem_aug setitem_mask setitem_view ufunc_out slice slice_neg_step fancy_index
bool_index newaxis ellipsis default_arg kwargs_call np_kwargs varargs kwargs star_call recursion
class_inside class_active_attr inheritance global_object_method callable_object bound_method
attribute_store property_of_array array_methods matmul with try try_finally raise_guard assert print
fstring docstring annotations global_const global_stmt nonlocal module_attr local_import decorated
call_decorated generator del chained_compare chained_assign in_operator is_none floordiv_mod_int
pass math_module builtin_sum_abs_max map len_range np_where np_linalg_solve np_einsum
np_concatenate_stack np_random_const walrus match posonly_kwonly dict_merge fstring_debug""".split()


def test_no_row_is_missing():
    assert sorted(CONSTRUCTS) == sorted(ROWS)
    assert len(CONSTRUCTS) == len(ROWS) == 113


@pytest.mark.parametrize("construct", ROWS)
def test_a_row_has_cases_in_both_modes_at_order_two(construct):
    for name in CONSTRUCTS[construct].split():
        case = BY_NAME[name]
        assert {*case.modes} == {"fwd", "rev"}
        assert case.order >= 2
        probe = Probe(case.function, case.args, case.argnums, dict(case.kwargs))
        assert probe.scalar, "second order is only tested of functions that return a number"


def text_of(name: str) -> str:
    function = inspect.unwrap(BY_NAME[name].function)
    return ast.unparse(ast.parse(textwrap.dedent(inspect.getsource(function))))


def parts(text: str, kind: type[ast.AST]) -> list[ast.AST]:
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, kind)]


def has(*kinds: type[ast.AST]) -> Callable[[str], bool]:
    return lambda text: all(parts(text, kind) for kind in kinds)


def matches(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.search(pattern, text) is not None


def within(outer: type[ast.AST], inner: type[ast.AST]) -> Callable[[str], bool]:
    return lambda text: any(
        isinstance(node, inner) and node is not around
        for around in parts(text, outer)
        for node in ast.walk(around)
    )


def arguments(field: str) -> Callable[[str], bool]:
    return lambda text: any(getattr(a, field) for a in parts(text, ast.arguments))


CONTAINS: dict[str, Callable[[str], bool]] = {
    "if_else": lambda t: any(n.orelse for n in parts(t, ast.If)),  # type: ignore[attr-defined]
    "ternary": has(ast.IfExp),
    "bool_ops": has(ast.BoolOp),
    "early_return": lambda t: len(parts(t, ast.Return)) > 1,
    "early_return_in_loop": within(ast.For, ast.Return),
    "for_range": matches(r"for \w+ in range\("),
    "for_array": matches(r"for \w+ in \w+:"),
    "for_zip": matches(r"in zip\("),
    "for_enumerate": matches(r"in enumerate\("),
    "for_list_literal": matches(r"in \["),
    "for_reversed": matches(r"in reversed\("),
    "nested_loops": within(ast.For, ast.For),
    "for_else": lambda t: any(n.orelse for n in parts(t, ast.For)),  # type: ignore[attr-defined]
    "while": has(ast.While),
    "while_counter": matches(r"\+= 1"),
    "break": within(ast.For, ast.Break),
    "continue": within(ast.For, ast.Continue),
    "break_while": within(ast.While, ast.Break),
    "nested_def": within(ast.FunctionDef, ast.FunctionDef),
    "nested_def_closure": within(ast.FunctionDef, ast.FunctionDef),
    "lambda_inside": has(ast.Lambda),
    "listcomp": has(ast.ListComp),
    "listcomp_np": matches(r"np\.array\(\["),
    "listcomp_filter": lambda t: any(c.ifs for c in parts(t, ast.comprehension)),  # type: ignore[attr-defined]
    "genexp": has(ast.GeneratorExp),
    "dictcomp": has(ast.DictComp),
    "walrus": has(ast.NamedExpr),
    "star_unpack": has(ast.Starred),
    "list_append": matches(r"\.append\("),
    "list_pop": matches(r"\.pop\("),
    "dict_items": matches(r"\.items\("),
    "dict_merge": matches(r"\{\*\*|\} \| \{"),
    "augassign": has(ast.AugAssign),
    "augassign_alias": has(ast.AugAssign),
    "setitem_slice": matches(r"\[\d*:\d*\] = "),
    "setitem_aug": matches(r"\] [+*-]= "),
    "setitem_mask": matches(r"\[\w+ [<>] [\d.]+\] (\*)?= "),
    "ufunc_out": matches(r"out="),
    "slice": has(ast.Slice),
    "slice_neg_step": matches(r":-1\]"),
    "newaxis": matches(r"None|newaxis"),
    "ellipsis": matches(r"\.\.\."),
    "default_arg": matches(r"\w=|helper|shifted\("),
    "varargs": arguments("vararg"),
    "kwargs": arguments("kwarg"),
    "star_call": has(ast.Starred),
    "posonly_kwonly": lambda t: arguments("posonlyargs")(t) and arguments("kwonlyargs")(t),
    "class_inside": has(ast.ClassDef),
    "attribute_store": matches(r"\w\.\w+ = "),
    "matmul": matches(r" @ "),
    "with": has(ast.With),
    "try": has(ast.Try),
    "try_finally": lambda t: any(n.finalbody for n in parts(t, ast.Try)),  # type: ignore[attr-defined]
    "raise_guard": has(ast.Raise),
    "assert": has(ast.Assert),
    "print": matches(r"print\("),
    "fstring": has(ast.JoinedStr),
    "fstring_debug": matches(r"f'[\w\[\]]+="),
    "docstring": lambda t: ast.get_docstring(ast.parse(t).body[0]) is not None,  # type: ignore[arg-type]
    "annotations": has(ast.AnnAssign),
    "global_stmt": has(ast.Global),
    "nonlocal": has(ast.Nonlocal),
    "local_import": has(ast.Import),
    "decorated": matches(r"@logged"),
    "del": has(ast.Delete),
    "chained_compare": lambda t: any(len(n.ops) > 1 for n in parts(t, ast.Compare)),  # type: ignore[attr-defined]
    "chained_assign": lambda t: any(len(n.targets) > 1 for n in parts(t, ast.Assign)),  # type: ignore[attr-defined]
    "in_operator": lambda t: has(ast.In)(t) or has(ast.NotIn)(t),
    "is_none": matches(r"is (not )?None"),
    "floordiv_mod_int": matches(r" // .* % "),
    "pass": has(ast.Pass),
    "match": has(ast.Match),
    "math_module": matches(r"math\."),
    "module_attr": matches(r"(math|np)\.(pi|e)\b"),
    "map": matches(r"map\("),
    "len_range": matches(r"range\(len\("),
    "np_where": matches(r"np\.where\("),
    "np_linalg_solve": matches(r"np\.linalg\.solve\("),
    "np_einsum": matches(r"np\.einsum\("),
    "np_concatenate_stack": matches(r"np\.(concatenate|stack)\("),
    "np_random_const": matches(r"np\.random"),
}
"""What is seen in the text of each of a row's cases; the rest is seen in what they call."""


@pytest.mark.parametrize("construct", CONTAINS)
def test_a_row_is_in_the_text_of_its_first_case(construct):
    first = CONSTRUCTS[construct].split()[0]
    assert CONTAINS[construct](text_of(first)), text_of(first)
