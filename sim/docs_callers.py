"""Reads the source of agents, markets and observers: who calls a function, and which entries reach its arguments.

Names are followed through locals all the way, and through attributes of objects a stated number of steps. Only the
generated pages use this.
"""

import ast
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

SIM = Path(__file__).parent
ABOUT_A_ROW = {"name", "title", "source", "confidence", "known", "note"}
CALLERS = ("agents", "markets", "observers", "mechanisms")


@dataclass
class Method:
    """A function or method: where it stands, its source tree, and what each local name was set from."""

    file: str
    owner: str
    node: ast.FunctionDef
    locals: dict[str, list[ast.expr]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """File and name, as a page prints them (text)."""
        return f"`{self.file}`: " + (f"`{self.owner}.{self.node.name}`" if self.owner else f"`{self.node.name}`")


def _assignments(node):
    """(target, value) of every assignment in a function, tuples taken apart."""
    for at in ast.walk(node):
        if isinstance(at, ast.Assign):
            for target in at.targets:
                yield from _pairs(target, at.value)
        elif isinstance(at, ast.AugAssign):
            yield at.target, at.value
        elif isinstance(at, ast.For):
            yield from _pairs(at.target, at.iter)
        elif isinstance(at, ast.comprehension):
            yield from _pairs(at.target, at.iter)
        elif isinstance(at, ast.Call):  # a field filled by name when an object is made
            for keyword in at.keywords:
                if keyword.arg and isinstance(at.func, ast.Name) and at.func.id[:1].isupper():
                    yield ast.Attribute(ast.Name("self"), keyword.arg), keyword.value


def _pairs(target, value):
    if isinstance(target, ast.Tuple | ast.List):
        taken_apart = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        for at, part in enumerate(target.elts):
            yield from _pairs(part, value.elts[at] if taken_apart else value)
    elif isinstance(target, ast.Subscript):
        yield from _pairs(target.value, value)
    else:
        yield target, value


def _last_name(node):
    """The last part of a dotted name (text), or nothing."""
    return getattr(node, "attr", getattr(node, "id", ""))


class Source:
    """The callers' source: methods, what each attribute is set from, and which entries an expression reads.

    Parameters
    ----------
    entries, columns : sets of names ``section.leaf`` and ``record.column``
    """

    def __init__(self, entries, columns):
        self.entries, self.columns = entries, columns
        self.sections = {name.split(".")[0] for name in entries | columns}
        self.methods: list[Method] = []
        self.attributes: dict[str, list[tuple[Method, ast.expr]]] = {}
        self.by_name: dict[str, list[Method]] = {}
        self._found_behind: dict[tuple[str, int], set[str]] = {}
        self.tables: dict[str, set[str]] = {}  # forms chosen by name: table → functions
        for folder in CALLERS:
            for path in sorted((SIM / folder).glob("*.py")):
                self._read(path, folder)
        for method in self.methods:
            self.by_name.setdefault(method.node.name, []).append(method)

    def _read(self, path, folder):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
                self.tables.setdefault(_last_name(node.targets[0]), set()).update(map(_last_name, node.value.values))
        places = [("", tree), *((node.name, node) for node in tree.body if isinstance(node, ast.ClassDef))]
        for owner, place in places:
            for node in place.body:
                if not isinstance(node, ast.FunctionDef):
                    continue
                method = Method(f"{folder}/{path.name}", owner, node)
                for target, value in _assignments(node):
                    if isinstance(target, ast.Name):
                        method.locals.setdefault(target.id, []).append(value)
                    elif isinstance(target, ast.Attribute):
                        self.attributes.setdefault(target.attr, []).append((method, value))
                self.methods.append(method)

    def calls(self, name):
        """Every call of a mechanism's function: (method, call)."""
        for method in self.methods:
            for node in ast.walk(method.node):
                if isinstance(node, ast.Call) and name in self._called(method, node.func):
                    yield method, node

    def _called(self, method, func):
        """Names of the functions that a call may reach: by its own name, or through a table of forms."""
        if isinstance(func, ast.Name):
            found = {func.id}
            for value in method.locals.get(func.id, ()):
                if isinstance(value, ast.Subscript):
                    found |= self._called(method, value)
            return found
        if isinstance(func, ast.Subscript):
            return self.tables.get(_last_name(func.value), set())
        return {func.attr} if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) else set()

    def reads(self, method, expr, hops=1, names=None):
        """Entries and columns an expression reads, names ``section.leaf``: through locals, and ``hops`` attributes."""
        names = set() if names is None else names  # locals that were followed already
        found: set[str] = set()
        for node in ast.walk(expr):
            if isinstance(node, ast.Attribute):
                name = self._entry(method, node)
                found |= {name} if name else self._behind(node.attr, hops) if hops else set()
            elif isinstance(node, ast.Name) and node.id not in names:
                names.add(node.id)
                for value in method.locals.get(node.id, ()):
                    found |= self.reads(method, value, hops, names)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "getattr":
                    found |= self._by_pattern(method, node)
                elif hops:
                    found |= self._in_function(node.func.id)
        return found

    def _behind(self, attribute, hops):
        """What an attribute is set from, or what a method of that name reads, where only one class has it."""
        if (attribute, hops) not in self._found_behind:
            found = self._found_behind[attribute, hops] = set()
            set_by = self.attributes.get(attribute, [])
            if len({method.owner for method, _ in set_by}) == 1:
                for method, value in set_by:
                    found |= self.reads(method, value, hops - 1)
            made_by = self.by_name.get(attribute, [])
            if len(made_by) == 1 and made_by[0].owner:
                found |= self.read_in(made_by[0])
        return self._found_behind[attribute, hops]

    def _in_function(self, name):
        """What a plain function of agents, markets or observers reads, where only one has the name."""
        made_by = [at for at in self.by_name.get(name, ()) if not at.owner and not at.file.startswith("mechanisms")]
        return self.read_in(made_by[0]) if len(made_by) == 1 else set()

    def _entry(self, method, node):
        """The name an attribute stands for, as ``p.section.leaf`` or through a local alias of ``p.section``."""
        base = node.value
        bases = method.locals.get(base.id, ()) if isinstance(base, ast.Name) else (base,)
        for at in bases:
            if isinstance(at, ast.Attribute) and at.attr in self.sections:
                name = f"{at.attr}.{node.attr}"
                if name in self.entries or name in self.columns:
                    return name
        return None

    def _by_pattern(self, method, node):
        """Names read with a changing part, as in ``getattr(p.clouds, f"site_{region}")``."""
        table, wanted = node.args[0], node.args[1]
        tables = method.locals.get(table.id, ()) if isinstance(table, ast.Name) else (table,)
        if isinstance(wanted, ast.JoinedStr):
            pattern = "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*"
                              for part in wanted.values)
        else:
            pattern = re.escape(str(wanted.value)) if isinstance(wanted, ast.Constant) else ".*"
        return {name for at in tables if isinstance(at, ast.Attribute) and at.attr in self.sections
                for name in self.entries | self.columns if re.fullmatch(rf"{re.escape(at.attr)}\.{pattern}", name)}

    def read_in(self, method):
        """Entries and columns that a method reads itself (set of names)."""
        return self.reads(method, ast.Module(method.node.body, []), hops=0)


@lru_cache(maxsize=1)
def source() -> Source:
    """The callers' source, read once."""
    from .parameters.records import load_records
    from .parameters.register import load_register

    columns = {f"{record.name}.{column}" for record in load_records().values() for column in record.columns
               if column not in ABOUT_A_ROW}
    return Source(set(load_register().entries), columns)
