"""A bundle behind a port: a page to try it, and the Open Inference Protocol.

Guaranteed: answers are those of `headswap predict`; no picture is written to a disk;
and whatever is sent, memory stays below what the limits say.
"""
