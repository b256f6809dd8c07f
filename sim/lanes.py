"""Eight numbers at a time inside compiled code: one vector of floats or of whole numbers, as a value.

A loop over rows of eight is written out with these, so that it compiles to vector instructions whatever the compiler
makes of loops. Every operation is that of one number, lane by lane, so a machine with narrower vectors gives the same
bytes.

Leaves out
----------
* Numbers that are not a number: a maximum takes its second argument then, as the processor does.
* Rows that are shorter than eight: arrays are padded by whoever uses them.
* Compiled code kept on disk does not notice a change here; `model_choice.py` has to be saved again too.
"""

import operator
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.cgutils import get_or_insert_function
from numba.extending import intrinsic, models, overload, register_model

LANES = 8


class Lanes(types.Type):
    """The type of eight numbers of one kind."""

    def __init__(self, element):
        self.element = element
        super().__init__(name=f"Lanes({element})")


FLOATS, DOUBLES, WHOLES = Lanes(types.float32), Lanes(types.float64), Lanes(types.int32)
_VECTORS = {
    FLOATS: ir.VectorType(ir.FloatType(), LANES),
    DOUBLES: ir.VectorType(ir.DoubleType(), LANES),
    WHOLES: ir.VectorType(ir.IntType(32), LANES),
}
_OF = {lanes.element: lanes for lanes in _VECTORS}


@register_model(Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, lanes):
        super().__init__(manager, lanes, _VECTORS[lanes])


def _constant(lanes, number):
    return ir.Constant(_VECTORS[lanes], [number] * LANES)


def _greater(builder, a, b):
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


def _smaller(builder, a, b):
    return builder.select(builder.fcmp_ordered("<", a, b), a, b)


def _folded(builder, x, both):
    """What `both` makes of all eight lanes: halves against each other, three times."""
    for half in (4, 2, 1):
        swapped = ir.Constant(_VECTORS[WHOLES], [lane ^ half for lane in range(LANES)])
        x = both(builder, x, builder.shuffle_vector(x, x, swapped))
    return builder.extract_element(x, ir.Constant(ir.IntType(32), 0))


def _compiled(operation) -> Any:
    """What `intrinsic` makes of a function that writes code: called without its first argument."""
    return intrinsic(operation)


def _of_one(given, result, build):
    """A compiled function of one value, whose code is ``build(builder, a)``."""

    @_compiled
    def operation(typingctx, a):
        return result(given), lambda context, builder, signature, values: build(builder, *values)

    return operation


def _of_two(lanes, build):
    """A compiled function of two vectors of one type, whose code is ``build(builder, a, b)``."""

    @_compiled
    def operation(typingctx, a, b):
        return lanes(lanes, lanes), lambda context, builder, signature, values: build(builder, *values)

    return operation


maximum = _of_two(FLOATS, _greater)
minimum = _of_two(FLOATS, _smaller)
largest = _of_one(FLOATS, types.float32, lambda builder, x: _folded(builder, x, _greater))
summed = _of_one(WHOLES, types.int32, lambda builder, x: _folded(builder, x, lambda by, a, b: by.add(a, b)))
truncated = _of_one(FLOATS, WHOLES, lambda builder, x: builder.fptosi(x, _VECTORS[WHOLES]))


def _trailing_zeros(builder, x):
    kind = ir.FunctionType(x.type, [x.type, ir.IntType(1)])
    return builder.call(get_or_insert_function(builder.module, kind, "llvm.cttz.i64"), [x, ir.IntType(1)(1)])


lowest_bit = _of_one(types.uint64, types.uint64, _trailing_zeros)  # its number, from 0; of nil, anything


def _operator(symbol, build):
    """Let an operator of Python work lane by lane on two vectors of floats, both single or both double."""
    single, double = _of_two(FLOATS, build), _of_two(DOUBLES, build)

    @overload(symbol, inline="always")
    def overloaded(a, b):
        if a is FLOATS and b is FLOATS:
            return lambda a, b: single(a, b)
        if a is DOUBLES and b is DOUBLES:
            return lambda a, b: double(a, b)
        return None


_operator(operator.add, lambda builder, a, b: builder.fadd(a, b))
_operator(operator.sub, lambda builder, a, b: builder.fsub(a, b))
_operator(operator.mul, lambda builder, a, b: builder.fmul(a, b))
_operator(operator.truediv, lambda builder, a, b: builder.fdiv(a, b))


@_compiled
def spread(typingctx, number):
    """One float or whole number in every lane (dimensionless)."""
    lanes = _OF[number]

    def codegen(context, builder, signature, values):
        one = builder.insert_element(ir.Constant(_VECTORS[lanes], ir.Undefined), values[0], ir.IntType(32)(0))
        return builder.shuffle_vector(one, one, ir.Constant(_VECTORS[WHOLES], [0] * LANES))

    return lanes(lanes.element), codegen


def _address(context, builder, array, values, lanes):
    data = context.make_array(array)(context, builder, values[0]).data
    return builder.bitcast(builder.gep(data, [values[1]]), _VECTORS[lanes].as_pointer())


@_compiled
def load(typingctx, array, place):
    """Eight numbers of a flat array from a place on, in its unit."""
    lanes = _OF[array.dtype]

    def codegen(context, builder, signature, values):
        return builder.load(_address(context, builder, signature.args[0], values, lanes), align=4)

    return lanes(array, types.uint64), codegen


@_compiled
def store(typingctx, array, place, numbers):
    """Put eight numbers into a flat array, from a place on.

    Parameters
    ----------
    typingctx : Numba's own; array : flat array, out, in the unit of the numbers; place : uint64; numbers : `Lanes`
    """

    def codegen(context, builder, signature, values):
        builder.store(values[2], _address(context, builder, signature.args[0], values, numbers), align=4)
        return context.get_dummy_value()

    return types.void(array, types.uint64, numbers), codegen


@_compiled
def fetch(typingctx, array, place):
    """Ask for the memory at a place of a flat array ahead of its use; changes nothing.

    Parameters
    ----------
    typingctx : Numba's own; array : flat array; place : uint64
    """

    def codegen(context, builder, signature, values):
        whole, text = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [text, whole, whole, whole])
        address = builder.gep(context.make_array(signature.args[0])(context, builder, values[0]).data, [values[1]])
        builder.call(get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8"),
                     [builder.bitcast(address, text), whole(0), whole(3), whole(1)])  # fmt: skip
        return context.get_dummy_value()

    return types.void(array, types.uint64), codegen


@_compiled
def where_any(typingctx, bits, wanted, yes, no):
    """``yes`` in the lanes whose bits share one with those wanted, else ``no``.

    Parameters
    ----------
    typingctx : Numba's own; bits, wanted : `Lanes` of whole numbers; yes, no : `Lanes` of floats, in one unit

    Returns
    -------
    `Lanes` of floats, in that unit
    """

    def codegen(context, builder, signature, values):
        shared = builder.icmp_signed("!=", builder.and_(values[0], values[1]), _constant(WHOLES, 0))
        return builder.select(shared, values[2], values[3])

    return FLOATS(WHOLES, WHOLES, FLOATS, FLOATS), codegen


@_compiled
def above(typingctx, a, b):
    """One bit, as a uint64, for each lane of doubles ``a`` that is above that of ``b``, in one unit (dimensionless)."""

    def codegen(context, builder, signature, values):
        bits = builder.bitcast(builder.fcmp_ordered(">", *values), ir.IntType(LANES))
        return builder.zext(bits, ir.IntType(64))

    return types.uint64(DOUBLES, DOUBLES), codegen


@_compiled
def floor(typingctx, x):
    """The whole number below, as a float, in the same unit."""

    def codegen(context, builder, signature, values):
        kind = ir.FunctionType(_VECTORS[FLOATS], [_VECTORS[FLOATS]])
        return builder.call(get_or_insert_function(builder.module, kind, "llvm.floor.v8f32"), values)

    return FLOATS(FLOATS), codegen


@_compiled
def power_of_two(typingctx, whole):
    """2 to a whole power between -126 and 127, by its exponent bits (dimensionless)."""

    def codegen(context, builder, signature, values):
        bits = builder.shl(builder.add(values[0], _constant(WHOLES, 127)), _constant(WHOLES, 23))
        return builder.bitcast(bits, _VECTORS[FLOATS])

    return FLOATS(WHOLES), codegen
