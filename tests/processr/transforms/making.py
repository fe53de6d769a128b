"""Value transforms as parts of plans, without a database."""

from itertools import count

from processr.plans.plan import PlannedTransform
from processr.transforms import TransformResult, apply_transforms
from processr.transforms.definitions import Definition

_number = count(1)


def known(source: str, new: str, values: dict[str, str], **config) -> PlannedTransform:
    n = next(_number)
    return PlannedTransform(n, f"Known {n}", "transform", source, new, {"values": values, **config})


def manipulate(source: str, new: str, *steps: dict) -> PlannedTransform:
    n = next(_number)
    return PlannedTransform(n, f"Manipulate {n}", "manipulate", source, new, {"steps": list(steps)})


def replace(find: str, replacement: str = "") -> dict:
    return {"kind": "replace", "find": find, "replacement": replacement}


def join(*parts: dict, separator: str = " ") -> dict:
    return {"kind": "join", "parts": list(parts), "separator": separator}


def case(to: str) -> dict:
    return {"kind": "case", "to": to}


def trim(inner: bool = False) -> dict:
    return {"kind": "trim", "inner": inner}


def date(reads: str, writes: str) -> dict:
    return {"kind": "date", "reads": reads, "writes": writes}


def field(name: str) -> dict:
    return {"field": name}


def text(words: str) -> dict:
    return {"text": words}


def over(captured: dict, *transforms: PlannedTransform, **meta: str) -> TransformResult:
    return apply_transforms(transforms, captured, meta=meta)


def result(value: str, *steps: dict) -> str | None:
    """Return the result of a Manipulate over one value."""
    done = over({"in": value}, manipulate("in", "out", *steps))
    assert done.problems == {}
    return done.values.get("out")


def definition(source: str = "country", new: str = "code", **columns) -> Definition:
    columns = {"label": f"{source} to {new}", "type": "transform", "config": {"values": {"UK": "GB"}}, **columns}
    return Definition(source_field=source, new_field=new, **columns)


def manipulation(source: str, new: str, *steps: dict, **columns) -> Definition:
    return definition(source, new, type="manipulate", config={"steps": list(steps or [case("upper")])}, **columns)
