"""Small faults, one at a time, in a module's source: what a tired programmer might have written instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
}
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
METHODS = {
    "startswith": "endswith",
    "endswith": "startswith",
    "partition": "rpartition",
    "setdefault": "__setitem__",
    "add": "discard",
    "fullmatch": "match",
    "lower": "upper",
}
LADDERS = {
    "Standing": ("OUTSIDE", "POSSIBLE", "INSIDE", "CONFIRMED"),
    "Certainty": ("ANYONE", "POSSIBLE", "INSIDE", "CONFIRMED"),
    "State": ("ACTIVE", "SHADOW", "OFF"),
    "Door": ("HTML", "JSON", "FEED", "LISTING", "SITEMAP", "MEDIA"),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one fault. `name` says which, and stays the same while lines move; `line` is where it is now."""

    name: str
    line: int
    source: str


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines. The same source gives the same ones."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        _without_docstring(node)
    found: list[Mutant] = []
    names: dict[str, int] = {}
    for where, line, was, put in _places(tree, "module"):
        original = ast.unparse(was)
        for fault in _faults(was):
            name = f"{where}: {original}  ->  {ast.unparse(fault)}" if fault else f"{where}: without  {original}"
            names[name] = names.get(name, 0) + 1
            if names[name] > 1:
                name = f"{name}  #{names[name]}"
            put(fault or ast.Pass())
            found.append(Mutant(name, line, ast.unparse(ast.fix_missing_locations(tree))))
            put(was)
    return sorted(found, key=lambda mutant: mutant.line)


class _Put:
    """Sets one node of the tree."""

    def __init__(self, parent: ast.AST, field: str, index: int | None) -> None:
        self.parent, self.field, self.index = parent, field, index

    def __call__(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def _places(node: ast.AST, where: str) -> Iterator[tuple[str, int, ast.AST, _Put]]:
    """Every node that may be changed: no docstring, annotation, decorator or import is."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        where = node.name if where == "module" else f"{where}.{node.name}"
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases") or isinstance(
            node, ast.Import | ast.ImportFrom
        ):
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in list(children):
            if isinstance(child, ast.AST):
                if hasattr(child, "lineno"):
                    yield where, child.lineno, child, _Put(node, field, index)
                yield from _places(child, where)


def _without_docstring(node: ast.AST) -> None:
    body = getattr(node, "body", None)
    if isinstance(body, list):
        kept = [one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
        node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]


def _faults(node: ast.AST) -> Iterator[ast.AST | None]:
    """What may stand in a node's place; None: nothing."""
    match node:
        case ast.Compare(left, [operator], comparators):
            for other in COMPARED.get(type(operator), ()):
                yield ast.Compare(left, [other()], comparators)
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.And() if isinstance(operator, ast.Or) else ast.Or(), values)
            for index in range(len(values)):
                rest = [*values[:index], *values[index + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.If(test, body, orelse):
            if not isinstance(test, ast.Compare | ast.UnaryOp):
                yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.comprehension(target, over, ifs) if ifs:
            yield ast.comprehension(target, over, ifs[1:], 0)
        case ast.BinOp(left, operator, right) if type(operator) in COMPUTED:
            yield ast.BinOp(left, COMPUTED[type(operator)](), right)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(str() as value):
            yield ast.Constant(f"{value}X")
        case ast.Return(ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.AugAssign() | ast.Expr(ast.Call() | ast.Yield()):
            yield None
        case _:
            yield from _faults_of_calls(node)


def _faults_of_calls(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Call(ast.Name(name) as called, arguments, keywords):
            if name in CALLED:
                yield ast.Call(ast.Name(CALLED[name], called.ctx), arguments, keywords if name != "sorted" else [])
            yield from _without_one(node)
        case ast.Call():
            yield from _without_one(node)
        case ast.Attribute(ast.Name(owner) as named, attribute, ctx) if attribute in LADDERS.get(owner, ()):
            ladder = LADDERS[owner]
            yield ast.Attribute(named, ladder[(ladder.index(attribute) + 1) % len(ladder)], ctx)
        case ast.Attribute(value, attribute, ctx) if attribute in METHODS:
            yield ast.Attribute(value, METHODS[attribute], ctx)


def _without_one(call: ast.Call) -> Iterator[ast.AST]:
    """The call without one of its named arguments."""
    for index in range(len(call.keywords)):
        yield ast.Call(call.func, call.args, [*call.keywords[:index], *call.keywords[index + 1 :]])
