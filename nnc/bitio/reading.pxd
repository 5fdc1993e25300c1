# C types for reading.py: the same code, compiled.

cimport cython


cdef class BitReader:
    cdef readonly object source
    cdef const unsigned char[::1] data
    cdef public Py_ssize_t position
    cdef public Py_ssize_t end
    cdef public object trace
    cdef public object rules
    cdef public object limits
    cdef public list stack
    cdef public str layer
    cdef public dict begins
    cdef public list pending
    cdef Py_ssize_t widest
    cdef Py_ssize_t deepest
    cdef Py_ssize_t idle
    cdef Py_ssize_t idle_passes
    cdef Py_ssize_t idle_tables
    cdef Py_ssize_t free
    cdef Py_ssize_t entered

    cpdef enter(self, str name, str table, object index=*)
    cpdef leave(self)
    cpdef passed(self, Py_ssize_t begin, str name)
    cpdef make(self, object count, str name)
    @cython.locals(number=Py_ssize_t)
    cdef Py_ssize_t width(self, object n, str name, object index) except -1
    cdef Py_ssize_t order(self, object k, str name, object index) except -1
    @cython.locals(start=Py_ssize_t, width=Py_ssize_t)
    cpdef u(self, object n, str name, object index=*)
    @cython.locals(start=Py_ssize_t, width=Py_ssize_t)
    cpdef i(self, object n, str name, object index=*)
    cpdef ue(self, object k, str name, object index=*)
    cpdef ie(self, object k, str name, object index=*)
    @cython.locals(word="unsigned long long")
    cdef read_bits(self, Py_ssize_t start, Py_ssize_t n)
    @cython.locals(
        first=Py_ssize_t, last=Py_ssize_t, j=Py_ssize_t, drop=Py_ssize_t,
        word="unsigned long long", mask="unsigned long long",
    )
    cdef unsigned long long read_word(self, Py_ssize_t start, Py_ssize_t n)
    @cython.locals(
        start=Py_ssize_t, order=Py_ssize_t, place=Py_ssize_t, low="unsigned long long",
    )
    cdef read_exp_golomb(self, Py_ssize_t k, str name, object index)
    @cython.locals(j=Py_ssize_t)
    cdef Py_ssize_t find_zero_byte(self, Py_ssize_t first, Py_ssize_t last)
