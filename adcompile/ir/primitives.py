"""The primitive: one row of data for each operation that the IR knows.

Dead code, recomputation, reordering, symbolic zeros and code generation look at this row and
nowhere else. Rules (tangents and transposes) hang on `rule`, so that `np.sin` and `math.sin`
share one.
"""

from __future__ import annotations

import math
import re
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """A parameter of a primitive.

    accepted  False for one that must keep its default
    static    whether it must be known at compile time
    covered   False for one in which no derivative is known: a rule may use its value alone
    whole     a tuple stays one, where others become arrays
    """

    name: str
    required: bool
    default: Any = None
    accepted: bool = True
    static: bool = False
    covered: bool = True
    whole: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """One operation.

    spelling  how generated code writes it: an operator ("+"), a function ("np.sin"), a method
              (".sum": of an array, else the function of `np`), an item of what a function gives
              ("np.modf[]": the last operand says which), or "@name" for a special form
    shape     which shape function applies: a key of `analysis.infer`, or a signature
    linear    groups of operand positions; the operation is linear in each group jointly
    alias     "fresh"; "view": shares memory with operand 0; "layout": may share; "kept": of an
              effect that holds on to its operands; "stored": memory that may be read again
    effect    "pure"; "writes": consumes operand 0; "effect": happens once, in order;
              "draw": so too, and gives a value; "fresh": gives an object that changes, so it is
              made where it is used
    offsets   optional operands that are added to what is linear in the others
    ordered   a fresh result is in C order, whatever the operands' memory layout
    readonly  a view that NumPy does not let one write
    distinct  tells of a statement whether its result holds different, non-negative integers
    trial     what is called instead of fn on samples, to find the shape of the result
    cost      0 metadata and views, 1 cheap per element, 2 transcendental, 3 a contraction
    """

    name: str
    fn: Callable[..., Any]
    params: tuple[Param, ...]
    spelling: str
    shape: str = "elementwise"
    linear: tuple[tuple[int, ...], ...] = ()
    alias: str = "fresh"
    effect: str = "pure"
    cost: int = 1
    rule: str = ""
    differentiable: bool = True
    variadic: bool = False
    offsets: tuple[str, ...] = ()
    ordered: bool = False
    readonly: bool = False
    distinct: Callable[[Any], bool] | None = None
    trial: Callable[..., Any] | None = None

    @property
    def elementwise(self) -> bool:
        return self.shape == "elementwise"

    @property
    def metadata(self) -> bool:
        """Whether it reads the shape of its operand only, never the content."""
        return self.shape in ("shape", "dim", "zeros_like")

    @property
    def repeatable(self) -> bool:
        """Whether running it again, on the same operands, gives the same and does nothing else.

        Not of draws and effects, nor of the user's code that is called and not seen.
        """
        unseen = self.shape == "opaque" and self.spelling != "@getitem"
        return self.effect in ("pure", "writes") and not unseen

    def __repr__(self) -> str:
        return self.name


def signature(text: str) -> tuple[Param, ...]:
    """Parses "a, k$, axis=None, dtype=None!".

    A `!` marks a parameter that must keep its default, a `$` one that must be known at compile
    time (which those in STATIC always are), a `~` one in which no derivative is known, a `&` one
    that is a tuple.
    """
    params = []
    for part in filter(None, (p.strip() for p in re.split(r",(?![^(]*\))", text))):
        name, has_default, default = part.rstrip("!$~&").partition("=")
        value = eval(default, {}) if has_default else None
        static = part.endswith("$") or name in STATIC
        covered = not part.endswith("~")
        accepted, whole = not part.endswith("!"), part.endswith("&")
        params.append(Param(name, not has_default, value, accepted, static, covered, whole))
    return tuple(params)


STATIC = frozenset(
    """axis keepdims dtype axes axis1 axis2 decimals order offset deg subscripts optimize ord UPLO
    upper full_matrices ind norm hermitian""".split()
)
"""Names of parameters that must be known at compile time wherever they occur."""


@dataclass
class Registry:
    """What is known of functions: primitives by callable, rules by primitive.

    compositions  the plain Python function that stands for a library's function
    constants     those of them whose results carry no derivative
    static        functions of dtypes and other static values, called at compile time
    refused_differentiable   those of the refused that have a derivative
    refused       what to do instead of calling a function that is not supported
    objects       classes of libraries: as what function a call of an object is looked up
    complex_rules the rules of other libraries that hold for complex numbers
    later         modules of other libraries whose rows and rules are loaded when first met
    by_users      what was registered by modules other than the package's own
    """

    by_name: dict[str, Primitive] = field(default_factory=dict)
    by_callable: dict[Any, Primitive] = field(default_factory=dict)
    tangents: dict[str, Any] = field(default_factory=dict)
    transposes: dict[tuple[str, str], Any] = field(default_factory=dict)
    adjoints: dict[str, Any] = field(default_factory=dict)
    compositions: dict[Any, Callable[..., Any]] = field(default_factory=dict)
    constants: set[Any] = field(default_factory=set)
    static: set[Any] = field(default_factory=set)
    refused: dict[Any, str] = field(default_factory=dict)
    refused_differentiable: set[Any] = field(default_factory=set)
    stacked: dict[tuple[str, str], Any] = field(default_factory=dict)
    axes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    version: int = 0
    by_users: list[tuple[Any, ...]] = field(default_factory=list)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    python_twin: dict[str, Primitive] = field(default_factory=dict)
    objects: dict[type, Any] = field(default_factory=dict)
    complex_rules: set[str] = field(default_factory=set)
    later: dict[str, Callable[[], Any]] = field(default_factory=dict)
    loading: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, prim: Primitive, callables: Iterable[Any] = ()) -> Primitive:
        if prim.name in self.by_name:
            raise ValueError(f"primitive {prim.name!r} is registered twice")
        self.by_name[prim.name] = prim
        for fn in callables:
            self.by_callable[fn] = prim
        return prim

    def row(
        self,
        name: str,
        fn: Callable[..., Any],
        params: str,
        spelling: str,
        shape: str = "elementwise",
        linear: tuple[tuple[int, ...], ...] = (),
        callables: Iterable[Any] = (),
        **more: Any,
    ) -> Primitive:
        """Add a primitive that has its name's rule: the form of most rows of the table."""
        more = {"rule": name, **more}
        row = Primitive(name, fn, signature(params), spelling, shape, linear, **more)
        return self.add(row, callables)

    def composition(self, fn: object) -> Callable[..., Any] | None:
        """The plain Python that a library function stands for."""
        self.meet(fn)
        try:
            return self.compositions.get(fn)
        except TypeError:  # unhashable
            return None

    def changed(self, by: str, *what: Any) -> None:
        """A module registered something: what was compiled without it is out of date.

        Rules that are loaded with their library are older than any program that calls it.
        """
        if self.loading:
            return
        self.version += 1
        if not by.startswith("adcompile."):
            self.by_users.append(what)
        for notify in self.listeners:
            notify()

    def meet(self, fn: object) -> None:
        """Load what is known of the library module that `fn` is of, the first time it is met.

        A function can only be met if its module is imported, which this never does.
        """
        for module in tuple(self.later):
            if module in sys.modules and _is_of(fn, module):
                self.load(module)

    def load(self, module: str) -> None:
        """Load the rows and rules of a library module, once; it is imported."""
        with self.lock:  # another thread waits until all is there
            if module in self.later and module not in self.loading:
                self.loading.append(module)
                try:
                    self.later[module]()
                finally:
                    self.loading.remove(module)
                del self.later[module]

    def called(self, cls: type) -> Any:
        """The function that a call of an object of a class is, with the object as first operand."""
        return next((self.objects[c] for c in cls.__mro__ if c in self.objects), None)

    def lookup(self, fn: object) -> Primitive | None:
        self.meet(fn)
        try:
            return self.by_callable.get(fn)
        except TypeError:  # unhashable
            return None


def _is_of(fn: object, module: str) -> bool:
    """Whether a function or an object comes from a module of a library or from below it."""
    home = getattr(fn, "__module__", None)
    if isinstance(home, str):
        if home == module or home.startswith(f"{module}."):
            return True
        if home.partition(".")[0] != module.partition(".")[0]:
            return False
    # A ufunc does not say where it is from.
    name = getattr(fn, "__name__", None)
    return isinstance(name, str) and vars(sys.modules[module]).get(name) is fn


def scalar_twin(name: str) -> Callable[..., Any] | None:
    """The function of `math` that does on Python floats what `np.<name>` does on arrays."""
    return getattr(math, MATH_NAMES.get(name, name), None) if name in MATH_NAMES else None


MATH_NAMES = {
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "exp": "exp",
    "expm1": "expm1",
    "log": "log",
    "log1p": "log1p",
    "log2": "log2",
    "log10": "log10",
    "sqrt": "sqrt",
    "cbrt": "cbrt",
    "fabs": "fabs",
    "arctan2": "atan2",
    "hypot": "hypot",
    "copysign": "copysign",
    "fmod": "fmod",
    "floor": "floor",
    "ceil": "ceil",
    "trunc": "trunc",
}
"""NumPy's names for the functions of `math` that adcompile differentiates."""


def not_here(*_: Any) -> Any:
    """The function of a primitive that only generated code can run."""
    raise NotImplementedError
