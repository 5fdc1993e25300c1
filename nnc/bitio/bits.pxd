# C types for bits.py: the same code, compiled.

cimport cython


cdef class BitReader:
    cdef readonly object source
    cdef const unsigned char[::1] data
    cdef public Py_ssize_t position
    cdef public Py_ssize_t end
    cdef public object trace
    cdef public list stack

    cpdef enter(self, str name, str table, object index=*)
    cpdef leave(self)
    @cython.locals(start=Py_ssize_t)
    cpdef u(self, Py_ssize_t n, str name, object index=*)
    @cython.locals(start=Py_ssize_t)
    cpdef i(self, Py_ssize_t n, str name, object index=*)
    cpdef ue(self, Py_ssize_t k, str name, object index=*)
    cpdef ie(self, Py_ssize_t k, str name, object index=*)
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


cdef class BitWriter:
    cdef readonly bytearray buffer
    cdef unsigned long long pending
    cdef Py_ssize_t pending_bits
    cdef public list stack

    cpdef enter(self, str name, str table, object index=*)
    cpdef leave(self)
    cpdef u(self, Py_ssize_t n, object value, str name, object index=*)
    @cython.locals(order=Py_ssize_t)
    cdef write_exp_golomb(self, Py_ssize_t k, object number, object value, str name, object index)
    cdef write_bits(self, Py_ssize_t n, object number)
    @cython.locals(count=Py_ssize_t, pending="unsigned long long", one="unsigned long long")
    cdef write_word(self, Py_ssize_t n, unsigned long long word)
