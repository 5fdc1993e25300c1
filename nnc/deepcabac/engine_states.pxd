# Contexts and tables as the compiled coders hold them; cimported by both so that gcc can inline.

cdef enum:
    # The same numbers as in contexts.py, known at compile time.
    SHIFT = 0
    ROW_SKIP = 1
    SIG = 2
    TEMPORAL_SIG = 26
    HISTORY_SIG = 42
    SIGN = 50
    TEMPORAL_SIGN = 53
    PREFIX = 55
    GREATER = 87
    CONTEXTS = 87 + 4 * 256
    BYPASS = -1
    TERMINATE = -2
    PREFIX_BINS = 31
    RECORD_FIELDS = 7
    # The position is compared with the payload's end after so many levels at the latest.
    CHUNK = 512

ctypedef struct Context:
    # Entry 0 is the more probable bin, entries 8 to 15 are the LPS ranges by range >> 5.
    const unsigned char *row
    # Next fast counter by bin * 256 + counter.
    const unsigned char *fast_next
    # Steps of the slow counter by bin * 33 + the upper bits of the counter; see `update`.
    const short *slow_step
    # Counters with an offset: slow is S1 - 2048, fast is S0 + 128, so that 16 fast + slow is q.
    short slow
    unsigned char fast

ctypedef struct Tables:
    # 64 rows of 16 by q >> 7; the middle one is that of q = 0.
    unsigned char rows[1024]
    # By shift0, bin, counter.
    unsigned char fast_next[4 * 512]
    # By shift1, bin, upper bits of the counter.
    short slow_step[8 * 66]
    # Left shift that makes a range of at least 256 out of a smaller one.
    unsigned char renormalisation[512]
    # Floor(2^32 / range) by range - 256.
    unsigned int reciprocal[256]
    # Next state by 2 * state + parity.
    unsigned char transitions[16]
    # Costs of bins 0 and 1 by 2 * (q >> 7) + bin, the middle one that of q = 0.
    unsigned short costs[128]
    # The contexts' starts by parameter set.
    Context starts[9]

ctypedef struct Coding:
    # What the inner loops need of a TensorCoding.
    int dq
    int greater_flags
    int implied_sign
    int nothing_coded
    int limited
    long long negative_limit
    long long positive_limit

ctypedef struct Place:
    # What carries over from level to level: dq state, and 0, 1 or 2 as the level coded just
    # before is zero, negative or positive.
    int state
    int neighbour

cdef const Tables *tables() noexcept nogil
cdef Coding coding_struct(coding)

cdef inline void update(Context *context, const unsigned char *rows, int bin) noexcept nogil:
    cdef int slow = context.slow
    # Rounding the upper bits up for bin 0 is what negating, shifting and negating gives.
    slow += context.slow_step[33 * bin + ((slow + 2048 + 127 * (bin ^ 1)) >> 7)]
    cdef int fast = context.fast_next[256 * bin + context.fast]
    context.slow = <short> slow
    context.fast = <unsigned char> fast
    # rows points to that of q = 0.
    context.row = rows + (((16 * fast + slow) >> 3) & ~15)
