# C types for runs.py: the same code, compiled.

cimport cython


cdef class RunMatcher:
    cdef readonly list patterns
    cdef list followers
    cdef Py_ssize_t last
    cdef const unsigned char[::1] data

    @cython.locals(
        place=Py_ssize_t, number=Py_ssize_t, guess=Py_ssize_t,
        stop=Py_ssize_t, begin=Py_ssize_t, zero=Py_ssize_t,
    )
    cpdef list run(self, object source, Py_ssize_t start, Py_ssize_t end)
    @cython.locals(
        size="unsigned long long", width=Py_ssize_t, bits=Py_ssize_t, j=Py_ssize_t,
    )
    cdef Py_ssize_t end_of_record(
        self, Py_ssize_t place, Py_ssize_t end, tuple pattern
    )
    @cython.locals(j=Py_ssize_t, length=Py_ssize_t)
    cdef bint holds(
        self, Py_ssize_t place, Py_ssize_t end, bytes wanted
    )
    @cython.locals(j=Py_ssize_t)
    cdef Py_ssize_t zero_byte(
        self, Py_ssize_t place, Py_ssize_t end
    )
