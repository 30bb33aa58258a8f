"""What of NumPy is refused, by name, with what to do instead."""

from __future__ import annotations

import numpy as np

from adcompile.rules.dsl import REGISTRY

OUTSIDE = "Do it outside of the differentiated function."
REFUSED = (
    (
        OUTSIDE,
        """save savez savez_compressed savetxt load loadtxt genfromtxt fromfile fromregex fromstring
        frombuffer fromiter from_dlpack memmap datetime_data busday_count busday_offset is_busday
        busdaycalendar datetime_as_string isnat show_config show_runtime info test get_include
        array2string array_repr array_str base_repr binary_repr format_float_positional
        format_float_scientific get_printoptions set_printoptions printoptions typename mintypecode
        seterr geterr seterrcall geterrcall errstate setbufsize getbufsize packbits unpackbits
        require nested_iters flatiter broadcast einsum_path isfortran shares_memory
        may_share_memory iterable datetime64 timedelta64 ufunc frompyfunc""",
    ),
    ("Use plain arrays.", "matrix asmatrix bmat recarray record poly1d"),
    ("Write a loop over ranges.", "nditer"),
    ("Use np.isin.", "in1d"),
    ("Use np.unique.", "unique_all unique_counts unique_inverse unique_values"),
    ("Use np.linalg.eigvals on the companion matrix.", "roots"),
    ("Slice with bounds from np.flatnonzero.", "trim_zeros"),
    ("Sort the real parts.", "sort_complex real_if_close"),
    ("Index with np.tril_indices or np.triu_indices.", "mask_indices"),
)

for _advice, _names in REFUSED:
    for _name in _names.split():
        if hasattr(np, _name):
            REGISTRY.refused[getattr(np, _name)] = _advice
for _name in """roots poly1d real_if_close sort_complex trim_zeros unique_values unique_all
    unique_counts unique_inverse nditer""".split():
    if hasattr(np, _name):
        REGISTRY.refused_differentiable.add(getattr(np, _name))
for _name in ("ranf", "sample"):
    REGISTRY.refused[getattr(np.random, _name)] = "Use np.random.random."
REGISTRY.refused[np.random.seed] = OUTSIDE
for _name in ("Generator", "SeedSequence"):
    REGISTRY.refused[getattr(np.random, _name)] = "Use np.random.default_rng(seed)."
REGISTRY.refused[np.lib.stride_tricks.as_strided] = (
    "Use np.lib.stride_tricks.sliding_window_view, or index with arrays."
)
