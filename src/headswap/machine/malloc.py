"""Memory that TensorFlow frees, kept at hand for the next step.

TensorFlow's first dataset from a generator, and Keras makes one of every `PyDataset`,
sets M_TRIM_THRESHOLD of glibc's malloc to 128 kB. With that glibc stops adjusting its
limits to what a program frees: from then on each larger tensor is taken from the system
and given back at once, and every page of it is mapped and cleared anew, in every step.
"""

import ctypes

# The parameters' numbers in malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
# Where glibc's own adjusting ends on 64 bits: man 3 mallopt.
_MMAP_THRESHOLD = 32 << 20
_TRIM_THRESHOLD = 2 * _MMAP_THRESHOLD


def keep_freed_memory() -> None:
    """Undo what TensorFlow does to malloc, where Keras runs on it.

    Its context exists afterwards: threads have to be set by then.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow

    # It does so once a process: make it do so now.
    number = tensorflow.TensorSpec((), tensorflow.int32)
    dataset = tensorflow.data.Dataset.from_generator(
        lambda: iter([0]), output_signature=number
    )
    next(iter(dataset))
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, TypeError):
        return  # Another C library, whose limits TensorFlow leaves alone.
    mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD)
    mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD)
