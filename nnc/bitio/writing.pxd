# C types for writing.py: the same code, compiled.

cimport cython


cdef class BitWriter:
    cdef readonly bytearray buffer
    cdef unsigned long long waiting
    cdef Py_ssize_t pending_bits
    cdef public object filler
    cdef public object rules
    cdef public object limits
    cdef public list stack
    cdef public str layer
    cdef public dict begins
    cdef public list pending
    cdef Py_ssize_t idle
    cdef Py_ssize_t idle_passes

    cpdef enter(self, str name, str table, object index=*)
    cpdef leave(self)
    cpdef passed(self, Py_ssize_t begin, str name)
    @cython.locals(number=Py_ssize_t)
    cdef Py_ssize_t width(self, object n, str name, object index) except -1
    cdef Py_ssize_t order(self, object k, str name, object index) except -1
    @cython.locals(width=Py_ssize_t)
    cpdef u(self, object n, object value, str name, object index=*)
    @cython.locals(order=Py_ssize_t)
    cdef write_exp_golomb(self, Py_ssize_t k, object number, str name, object index)
    cdef write_bits(self, Py_ssize_t n, object number)
    @cython.locals(count=Py_ssize_t, pending="unsigned long long", one="unsigned long long")
    cdef write_word(self, Py_ssize_t n, unsigned long long word)
