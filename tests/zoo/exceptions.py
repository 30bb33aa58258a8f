"""try, except, else, finally, with, raise and assert, alone and combined."""

import contextlib
import math
import threading
import warnings

import numpy as np

from tests.zoo.registry import case, draw

LOCK = threading.Lock()


class Timer:
    """A context that does not touch values."""

    entered = 0

    def __enter__(self):
        Timer.entered += 1
        return self

    def __exit__(self, *exc):
        Timer.entered -= 1


TIMER = Timer()


@contextlib.contextmanager
def labelled(text):
    try:
        yield text
    finally:
        Timer.entered += 0


# -- try and except ------------------------------------------------------------------------------


@case(0.7, order=3)
def try_division(x):
    try:
        y = x / (x - 3.0)
    except ZeroDivisionError:
        y = 3.0 * x
    return y * x + x


@case(0.7)
def try_division_caught(x):
    zero = x - x
    try:
        y = x / zero
    except ZeroDivisionError:
        y = 3.0 * x
    return y * x + x


@case(0.7, order=3)
@case(-0.7, order=3)
def try_domain(x):
    try:
        y = math.log(x)
    except ValueError:
        y = math.sin(x)
    return y * x


@case(2.0)
@case(-2.0)
def try_else(x):
    try:
        y = math.sqrt(x)
    except ValueError:
        z = x * 2.0
    else:
        z = y * y * x
    return z * x


@case(0.7, 0.0, argnums=(0,))
@case(0.7, 2.0)
@case(-0.7, 2.0)
def try_two_handlers(x, k):
    try:
        y = 1.0 / k if k else 1.0 / 0.0
        z = math.log(x) * y
    except ZeroDivisionError:
        z = x * x
    except ValueError:
        z = math.exp(x)
    return z + x


@case(0.7)
@case(-0.7)
def try_tuple_of_classes(x):
    try:
        y = math.acos(x * 2.0) + math.log(x)
    except (ZeroDivisionError, ValueError, OverflowError) as exc:
        assert exc is not None or exc is None
        y = x**3
    return y


@case(0.7)
@case(-0.7)
def try_bare_except(x):
    try:
        y = math.log(x)
    except:  # noqa: E722
        y = x * 2.0
    return y * y


@case(0.7)
@case(-0.7)
def try_keeps_the_old_value(x):
    y = x * 3.0
    try:
        y = math.log(x) * x
    except ValueError:
        pass
    return y * x


@case(0.7)
@case(-0.7)
def try_dead_statement_decides(x):
    try:
        math.log(x)
        y = 2.0 * x
    except ValueError:
        y = x * x * x
    return y * x


@case(0.7)
@case(-0.7)
def try_unused_value_decides(x):
    try:
        unused = math.log(x)
    except ValueError:
        return x * x
    return math.cos(x)


@case(0.7)
@case(-0.7)
def try_return_in_body(x):
    try:
        return math.log(x) * x
    except ValueError:
        y = x * 2.0
    return y * y


@case(0.7)
@case(-0.7)
def try_return_in_handler(x):
    try:
        y = math.log(x)
    except ValueError:
        return x * x * 3.0
    z = y * y
    return z * x


@case(0.7)
@case(-0.7)
def try_nested(x):
    try:
        try:
            y = math.log(x) / x
        except ZeroDivisionError:
            y = 5.0 * x
        z = y * x
    except ValueError:
        try:
            z = math.asin(x * 2.0) * x
        except ValueError:
            z = math.cosh(x)
    return z * x


@case(0.7)
@case(-0.7)
def try_inside_branch(x):
    y = x
    if x < 1.0:
        try:
            y = math.log(x)
        except ValueError:
            y = y * 2.0
    return y * x


def safe_log(x):
    try:
        return math.log(x)
    except ValueError:
        return x * x


@case(0.7, -0.3)
@case(-0.7, 0.3)
def try_in_helper(x, y):
    return safe_log(x) * y + safe_log(y) * x


def positive(x):
    if x <= 0.0:
        raise ValueError(f"{x} is not positive")
    return np.sqrt(x)


@case(0.7)
@case(-0.7)
def try_around_helper_that_raises(x):
    try:
        y = positive(x) * x
    except ValueError:
        y = x * x * 4.0
    return y * x


def never(x):
    raise NotImplementedError("not yet")


@case(0.7)
def try_helper_that_always_raises(x):
    try:
        y = never(x)
    except NotImplementedError:
        y = x * 3.0
    return y * x


@case(0.7)
@case(1.7)
def raise_to_own_handler(x):
    try:
        if x > 1.0:
            raise ValueError("big")
        y = x**2
    except ValueError:
        y = np.sin(x)
    return y * x


class TooBig(ArithmeticError):
    pass


@case(0.7)
@case(1.7)
@case(2.7)
def raise_own_class(x):
    try:
        if x > 2.0:
            raise TooBig("much", x)
        if x > 1.0:
            raise ValueError
        y = x * x
    except TooBig as exc:
        y = x * 3.0
        assert isinstance(exc, ArithmeticError) or True
    except ValueError:
        y = x * 5.0
    return y * x


@case(0.7)
@case(-0.7)
def reraise_outward(x):
    try:
        try:
            y = math.log(x)
        except ValueError as exc:
            raise RuntimeError("no logarithm") from exc
    except RuntimeError:
        y = x * x
    return y * x


@case(0.7)
@case(-0.7)
def reraise_bare(x):
    try:
        try:
            y = math.log(x)
        except ValueError:
            raise
    except ValueError:
        y = x * 2.0
    return y * x


@case(draw(5))
def try_in_loop(x):
    s = 0.0
    for i in range(5):
        try:
            s = s + math.sqrt(x[i]) * x[i]
        except ValueError:
            s = s - x[i] * s
    return s


@case(draw(5))
def try_continue(x):
    s = 1.0
    for i in range(5):
        try:
            y = math.log(x[i])
        except ValueError:
            continue
        s = s * y + x[i]
    return s


@case(draw(5))
def try_break(x):
    s = 1.0
    for v in x:
        try:
            y = math.log(v)
        except ValueError:
            break
        s = s * y + v
    return s * s


@case(np.array([0.3, 0.4, 2.0, 0.3]))
def try_break_in_body(x):
    s = 0.0
    for v in x:
        try:
            s = s + v * v
            if v > 1.0:
                break
            s = s + math.acos(v)
        except ValueError:
            return s
    return s * 2.0


@case(np.array([0.3, 0.4, 2.0, 0.3]))
@case(np.array([0.3, 0.4, 0.2, 0.3]))
def try_return_in_loop(x):
    s = 0.0
    for v in x:
        try:
            y = math.acos(v)
        except ValueError:
            return s * v
        s = s + y * y
    return s


@case(2.5)
def try_while(x):
    s = x
    while True:
        try:
            y = math.sqrt(s)
        except ValueError:
            break
        s = s - 1.0 - 0.1 * y * x
    return s * x


@case(3.7)
@case(-0.7)
def try_in_a_condition(x):
    while safe_log(x) > 0.2 and x > 0.0:
        x = x - 0.3 * x
    return x * x


@case(draw(6))
def try_beside_a_growing_list(x):
    kept = []
    i = 0
    while i < len(x):
        try:
            kept.append(math.log(x[i]) * x[i])
        except ValueError:
            i = i + 2
            continue
        i = i + 1
    return sum(kept) if len(kept) else x[0]


@case(draw(6))
def try_grows_then_drops(x):
    kept = [x[0]]
    for v in x:
        try:
            y = math.log(v)
        except ValueError:
            kept.append(v * v)
        else:
            kept.append(y * kept[-1])
    return kept[-1] * kept[1]


@case(0.7)
@case(-0.7)
def try_around_a_comprehension(x):
    try:
        parts = [math.log(x + k) * k for k in range(3)]
        y = sum(parts)
    except ValueError:
        y = sum(x * k for k in range(4))
    return y * x


@case(0.7)
@case(-0.7)
def try_rebinds_an_enclosing_name(x):
    total = x

    def add(v):
        nonlocal total
        total = total + math.log(v)

    with contextlib.suppress(ValueError):
        add(x)
    return total * x


@case(0.7)
@case(-0.7)
def loop_inside_try(x):
    try:
        y = x
        for i in range(4):
            y = math.log(y + 1.2 * i) * x
        z = y * y
    except ValueError:
        z = x * x
    return z * x


@case(0.7)
def while_inside_try(x):
    try:
        y, n = x, 0
        while n < 3:
            y = math.sqrt(y) + x
            n += 1
    except ValueError:
        y = x * 2.0
        n = 1
    return y * x * n


@case(np.array([[1.0, 2.0], [3.0, 4.0]]), 1.0)
@case(np.array([[1.0, 2.0], [3.0, 4.0]]), 0.0, argnums=(0,))
def try_singular_matrix(A, k):
    y = A[0] * 0.5
    try:
        y = np.linalg.solve(A * k, y)
        w, V = np.linalg.eigh(A + A.T)
        z = np.sum(w * y)
    except np.linalg.LinAlgError:
        z = np.sum(A * A)
    return z * A[0, 0]


@case(draw(3, 3), draw(3))
def try_arrays(A, b):
    try:
        y = A @ b
        if y[0] > 100.0:
            raise np.linalg.LinAlgError("large")
    except np.linalg.LinAlgError:
        y = b * 2.0
    return np.sum(y * y)


@case(draw(3), draw(4))
def try_shape_error(x, y):
    try:
        z = np.concatenate([x, y]).reshape(len(x) - 1, -1)
        if z.shape[0] > 1:
            raise ValueError("shape")
    except ValueError:
        z = np.stack([x, x * np.sum(y)])
    return np.sum(z)


@case(draw(3), 0.0, argnums=(0,))
@case(draw(3), 1.5)
def errstate_raise(x, k):
    try:
        with np.errstate(all="raise"):
            y = x / np.full(3, k)
    except FloatingPointError:
        y = x * x * x
    return np.sum(y * x)


@case(draw(4))
def try_index_error(x):
    try:
        y = x[7] * 2.0
    except IndexError:
        y = x[0] * x[1]
    return y * x[2]


@case({"w": 0.7})
def try_missing_key(params):
    w = params["w"]
    try:
        b = params["b"]
    except KeyError:
        b = w * w
    return w * b


@case(0.7)
def try_static_index(x):
    parts = (x, x * 2.0)
    try:
        y = parts[5]
    except IndexError as exc:
        y = parts[1]
        _ = f"{exc}"
    return y * x


@case(draw(3))
def try_view_out_of_range(x):
    A = np.stack([x, x * 2.0])
    try:
        row = A[5 + len(x) - 3]
    except IndexError:
        row = A[1]
    return np.sum(row * row)


@case(0.7)
@case(-0.7)
def try_writes_last(x):
    A = np.zeros(3)
    A[1] = x
    try:
        v = math.log(x)
        A[0] = v * x
    except ValueError:
        A[0] = x * x
    A[2] = A[0] * A[1]
    return np.sum(A * A)


@case(0.7)
@case(-0.7)
def try_old_array_in_handler(x):
    A = np.full(2, x)
    try:
        A[0] = math.log(x)
    except ValueError:
        A = A * A * x
    return np.sum(A * x)


@case(draw(4))
def try_own_array(x):
    try:
        out = np.empty(4)
        for i in range(4):
            out[i] = math.log(x[i] + 2.0) * x[i]
            out[i] *= 2.0
        s = np.sum(out * out)
    except ValueError:
        s = np.sum(x)
    return s


@case(0.7)
@case(-0.7)
def try_list(x):
    parts = [x, x * x]
    try:
        parts[0] = math.log(x)
        n = len(parts)
    except ValueError:
        n = 0
    return parts[0] * parts[1] * (1.0 + n)


@case(0.7, 0.5)
@case(-0.7, 0.5)
def try_value_used_in_later_loop(x, y):
    ok = True
    A = np.zeros(2)
    try:
        A = np.full(3, y) * math.sqrt(x)
    except ValueError:
        ok = False
    s = x * y
    for i in range(2):
        if ok:
            s = s + A[i] * s
    return s


@case(0.7)
@case(-0.7)
def try_rebinds_array(x):
    y = np.full(3, x)
    try:
        y = y * math.sqrt(x)
    except ValueError:
        pass
    return np.sum(y * y)


@case(0.7)
@case(-0.7)
def try_order_of_raising(x):
    def swapped(p, q):
        return q * p

    try:
        y = swapped(math.log(x), 1.0 / (x + 0.7 if x < 0 else x))
    except ValueError:
        y = x * 2.0
    except ZeroDivisionError:
        y = x * 3.0
    return y * x


@case(0.7)
@case(-0.7)
def try_square_overflow(x):
    try:
        y = (x * 1e200) ** 2
    except OverflowError:
        y = x * x
    return y * x


@case(1e-3, order=1, note="its second derivative overflows")
def try_derivative_is_not_protected(x):
    tiny = 1e-160 * x
    try:
        y = 1e-160 / tiny
    except ZeroDivisionError:
        y = 7.0
    return y * x * x


# -- finally -------------------------------------------------------------------------------------


@case(0.7, order=3)
def try_finally(x):
    n = 1.0
    try:
        y = math.log(x) * x
    finally:
        n = n + 1.0
    return y * n


@case(0.7)
def try_finally_return(x):
    try:
        return math.log(x) * x
    finally:
        Timer.entered + 0


@case(0.7)
@case(-0.7)
def try_except_finally(x):
    try:
        y = math.log(x)
    except ValueError:
        y = x * x
    else:
        y = y * 2.0
    finally:
        z = x * 3.0
    return y * z


@case(0.7)
@case(-0.7)
def finally_under_a_handler(x):
    s = x
    try:
        try:
            y = math.log(x)
        finally:
            s = s * 3.0
    except ValueError:
        y = x * x
    return y * x


@case(0.7)
def finally_returns(x):
    y = x
    try:
        y = math.log(-x)
    finally:
        return x * x
    return y


@case(draw(3))
def finally_in_loop(x):
    s, n = 0.0, 0
    for v in x:
        try:
            if v > 0.5:
                continue
            s = s + v * v
        finally:
            n = n + 1
            s = s + v
    return s * n


# -- with ----------------------------------------------------------------------------------------


@case(draw(3), order=3)
def with_errstate(x):
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(x > 0.0, np.sin(x) / x, x)
    return np.sum(y * x)


@case(0.7)
@case(1.7)
def with_return(x):
    with TIMER:
        if x > 1.0:
            return x * x
        y = np.exp(x)
    return y * x


@case(0.7)
def with_lock_and_name(x):
    with LOCK, Timer() as timer:
        y = x * x
        _ = timer
    return y * y


@case(0.7)
def with_nullcontext(x):
    with contextlib.nullcontext(x * 2.0) as y, contextlib.nullcontext():
        z = y * y
    return z * x


@case(0.7)
@case(-0.7)
def with_suppress(x):
    y = x * x
    with contextlib.suppress(ValueError, ZeroDivisionError):
        y = math.log(x)
    return y * x


@case(draw(4))
def with_in_loop(x):
    s = 0.0
    for i in range(4):
        with labelled("step"):
            if x[i] < -0.5:
                continue
            s = s + x[i] * x[i]
            if s > 3.0:
                break
        s = s * 1.5
    return s


@case(draw(4))
def loop_in_with(x):
    with warnings.catch_warnings(), np.printoptions(precision=3):
        s = 1.0
        for v in x:
            s = s * v + np.sin(v)
    return s * s


@case(0.7)
@case(-0.7)
def with_and_try(x):
    try:
        with TIMER, np.errstate(all="ignore"):
            y = math.log(x)
            with TIMER:
                y = y * x
    except ValueError:
        with TIMER:
            y = x * x
    return y * x


@case(draw(3))
def with_writes(x):
    A = np.zeros(3)
    with TIMER:
        A[0] = x[1]
        A[1:] += x[:2] * x[0]
    return np.sum(A * A)


# -- raise and assert ----------------------------------------------------------------------------


@case(0.7)
def raise_guard(x):
    if x < 0.0:
        raise ValueError("negative")
    return np.sqrt(x)


@case(0.7)
def raise_guard_from(x):
    if x < 0.0:
        raise ValueError("negative", x) from None
    return np.sqrt(x) * x


@case(0.7)
def assert_messages(x):
    assert x > 0.0, "positive"
    assert x < 1.0, f"too large by {x - 1.0}"
    assert x != 0.5, f"{1.0 / (x - 0.7) if x == 0.5 else 0}"
    return x * x


@case(0.7)
@case(1.7)
def assert_caught(x):
    try:
        assert x < 1.0, f"{x:.2f} is too large"
        y = x * 2.0
    except AssertionError:
        y = x * x
    return y * x


@case(draw(2, 3, distinct=True), 0.3, 2)
def sorted_in_while_before_try(a, s, n):
    k = 0
    while k < n:
        a.sort()
        k += 1
    try:
        s = np.tanh(s)
    except (ValueError, KeyError):
        pass
    return s * np.sum(a[:, 0] * a[:, 1])


@case(draw(3), 3)
def handled_inside_finally_in_a_loop(x, n):
    for k in range(n):
        try:
            if k > 1:
                raise KeyError(k)
        except KeyError:
            x[:] *= x
        finally:
            t = np.sin(x[0])
    return np.sum(x) * t


@case(1.1, draw(3), 3, argnums=(0,))
@case(1.1, draw(3, low=1.1), 3, argnums=(0,))
def values_of_a_block_that_fails_in_a_loop(w, x, n):
    for _ in range(n):
        try:
            with np.errstate(all="raise"):
                y = np.log(x - 1.0) * w
        except FloatingPointError:
            y = x * w * w
        x = x + y * y * 0.1
    return np.sum(x)


def _scaled(a, b, c):
    c = c + np.sum(a * b)
    a = a.reshape(-1)
    if c > 0.1:
        a *= c * a[-1]
    return np.sum(a) * c


@case(draw(2, high=0.7), draw(2, high=0.7), draw(2, 2, high=0.7), 0.0, argnums=(0, 1, 2))
@case(draw(2, high=0.7), draw(2, high=0.7), draw(2, 2, high=0.7), 1.0, argnums=(0, 1, 2))
def finally_in_one_branch(x, y, A, s):
    if s < 0.05:
        try:
            x = np.cos(A[0]) @ A
        finally:
            t = np.tanh(_scaled(y, x, A[0, -1]))
            t += np.tanh(_scaled(x, y, 0.7))
        y = x * t
    return np.sum(np.tanh(x) * x) + np.sum(np.sin(y) * y)
