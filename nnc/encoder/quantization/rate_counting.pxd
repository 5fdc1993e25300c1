# Counts and costs, as rate_trellis.py uses them.

from libc.stdint cimport int32_t, int64_t

cdef void count_plainly(
    const int32_t[::1] values, const int64_t[:, ::1] runs, bint dependent, int32_t flags,
    Py_ssize_t restart, int64_t[:, :, ::1] significant, int64_t[:, ::1] signs,
    int64_t[:, ::1] magnitudes) noexcept nogil
cdef void fill_branches(
    const int64_t[:, :, ::1] significant, const int64_t[:, ::1] signs, int64_t units,
    int32_t[:, :, ::1] branches) noexcept nogil
cdef void fill_bits(
    const int64_t[:, ::1] counts, int64_t[:, ::1] reached, int flags, int64_t[:, ::1] bits
) noexcept nogil
cdef void spread(
    int64_t[:, ::1] bits, int64_t units, int flags, bint dependent,
    int32_t[:, ::1] costs) noexcept nogil
