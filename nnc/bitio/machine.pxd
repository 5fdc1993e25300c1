# The instructions of a machine, but for operators.

cdef enum:
    # As programs.py numbers them: elements, and what is between them.
    UNSIGNED = 0
    SIGNED
    UNSIGNED_CODE
    SIGNED_CODE
    UNSIGNED_BYTES
    SIGNED_BYTES
    BYTES
    TEXT
    BITS
    ALIGNMENT
    CALL
    LIST
    FOR
    NEXT
    JUMP
    UNLESS
    SHARE
    LOAD
    MISSING
    # What is said of whole tables.
    EXTENT = 39
    DERIVE
    OUTPUT
