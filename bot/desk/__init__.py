"""The desk: what staff see and do.

``work`` is a worker's day, ``team`` what staff do together, ``reading`` how a case reads, ``views`` what pages get.
"""
