"""Reads and writes of models in the source of a module, for the tests of the laws."""

import ast
import re
from collections.abc import Iterator

from tests.sources import nodes_of

WRITING = {
    prefix + name for prefix in ("", "a") for name in ("update", "create", "update_or_create", "get_or_create", "bulk_create", "bulk_update")
} | {"save", "asave"}  # fmt: skip
MANAGERS = {"objects", "_default_manager", "_base_manager", "default_manager", "base_manager"}
SHORTCUTS = {"get_object_or_404", "aget_object_or_404", "get_list_or_404", "aget_list_or_404", "QuerySet"}
UPDATE_OF_LEADS = re.compile(
    r"""\b(update|merge\s+into)\s+(only\s+)?
    ( ("?public"?\.)?"?leads_lead"?(?!\w) | (?=\S*[\0%{])\S+\s+(as\s+)?(\w+\s+)?(set|using)\b )""",
    re.IGNORECASE | re.VERBOSE,
)
HOLE = "\0"
UNKNOWN = "?"


def writes_of(columns: set[str], module: ast.Module) -> Iterator[int]:
    """Yield the lines that write one of these columns by its name: assignments of any kind, methods of querysets, setattr."""
    for node in nodes_of(module):
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()) if name in columns:
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr=method)) if method in WRITING and columns & set(_names_in(node)):
                yield node.lineno
            case ast.Call(func=ast.Name(id="setattr") | ast.Attribute(attr="__setattr__")) if columns & set(_names_in(node)):
                yield node.lineno


def _names_in(call: ast.Call) -> Iterator[str]:
    """Yield what is named in the arguments: keywords, keys of dictionaries, entries of lists."""
    for argument in (*call.args, *call.keywords):
        for node in ast.walk(argument):
            match node:
                case ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
                    yield name


def writes_of_unnamed_columns(module: ast.Module) -> Iterator[int]:
    """Yield the lines that write columns whose names do not stand there."""
    for node in nodes_of(module):
        match node:
            case ast.Call(func=ast.Name(id="setattr") | ast.Attribute(attr="__setattr__"), args=args):
                if not isinstance(args[-2], ast.Constant):
                    yield node.lineno
            case ast.Call(func=ast.Attribute(attr="bulk_update" | "abulk_update"), args=args, keywords=keywords):
                fields = [*args[1:2], *(keyword.value for keyword in keywords if keyword.arg == "fields")]
                if not all(_is_spelt_out(field) for field in fields):
                    yield node.lineno
            case ast.Call(func=ast.Attribute(attr=method, value=owner), keywords=keywords) if method in WRITING:
                by_dictionary = [keyword.value for keyword in keywords if keyword.arg in (None, "defaults", "create_defaults")]
                if not all(_is_spelt_out(dictionary) for dictionary in by_dictionary) or _is_dict_of_a_row(owner):
                    yield node.lineno


def _is_spelt_out(node: ast.expr) -> bool:
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.Dict(keys=parts):
            return all(isinstance(part, ast.Constant) for part in parts)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return all(keyword.arg for keyword in keywords)
    return False


def _is_dict_of_a_row(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr="__dict__") | ast.Call(func=ast.Name(id="vars")):
            return True
    return False


def updates_of_leads(module: ast.Module) -> Iterator[int]:
    """Yield the lines with SQL that updates leads, or a table whose name does not stand there."""
    for node in nodes_of(module):
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) and UPDATE_OF_LEADS.search(_text(node)):
            yield node.lineno


def _text(node: ast.expr) -> str:
    """Return the text as far as it stands there."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_text, parts))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left) + _text(right)
    return HOLE


def bare_reads(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and model of each read that begins with all rows of a model, under its own name, whatever it is called here."""
    aliases = _aliases(module)
    for node in nodes_of(module):
        match node:
            case ast.Attribute(attr=manager, value=model) if manager in MANAGERS:
                yield node.lineno, _model(model, aliases)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in SHORTCUTS:
                first = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg in ("klass", "model"))][:1]
                if first and (_is_a_model(first[0], aliases) or name == "QuerySet"):
                    yield node.lineno, _model(first[0], aliases)
            case ast.Call(func=ast.Name(id="get_model") | ast.Attribute(attr="get_model")):
                yield node.lineno, UNKNOWN


def _aliases(module: ast.Module) -> dict[str, str]:
    """Return the names under which the module knows classes."""
    aliases = {}
    for node in nodes_of(module):
        match node:
            case ast.ImportFrom(names=names):
                aliases |= {name.asname or name.name: name.name for name in names}
            case ast.Assign(targets=[ast.Name(id=alias)], value=ast.Name(id=name) | ast.Attribute(attr=name)):
                aliases[alias] = aliases.get(name, name)
    return aliases


def _is_a_model(node: ast.expr, aliases: dict[str, str]) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and re.fullmatch(r"[A-Z]\w*[a-z]\w*", _model(node, aliases)) is not None


def _model(node: ast.expr, aliases: dict[str, str]) -> str:
    match node:
        case ast.Name(id=name):
            model = aliases.get(name, name)
            return model if model[:1].isupper() else UNKNOWN
        case ast.Attribute(attr="_meta", value=model):
            return _model(model, aliases)
        case ast.Attribute(attr=name) if name[:1].isupper():
            return name
    return UNKNOWN
