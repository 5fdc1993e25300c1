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
    # Bytes of a context's row.
    ROW = 32
    # Greater-than flags that a queue of bins may hold for a level, and the largest magnitude
    # of a level that has so many.
    QUEUED_FLAGS = 16
    MOST_QUEUED = 32
    # The position is compared with the payload's end after so many levels at the latest.
    CHUNK = 512

ctypedef struct Context:
    # Entry 0 is the more probable bin, entries 8 to 15 are the LPS ranges by range >> 5.
    const unsigned char *row
    # By bin: twice the next fast counter, at twice the counter in bytes; steps of the slow
    # counter; see `update`.
    const unsigned char *fast_next[2]
    const short *slow_step[2]
    # Counters: slow is S1 - 1, fast is 2 * (S0 + 128).
    short slow
    unsigned short fast
    # So that a context begins a line of the cache, and its number times 64 leads to it.
    unsigned char unused[20]

ctypedef struct QueuedLevel:
    # 64 * context + bin for each bin in order; for sig_flag and sign_flag without the context.
    unsigned short bins[22]
    # How many of them there are.
    unsigned short count
    # 3 * parity + what the level is as a neighbour.
    unsigned short step

ctypedef struct Tables:
    # 64 rows by q >> 7; the middle one is that of q = 0.
    unsigned char rows[64 * ROW]
    # By shift0, bin, counter.
    unsigned short fast_next[4 * 512]
    # By shift1, bin, upper bits of the counter.
    short slow_step[8 * 66]
    # What follows on a range, less 256, and above it the shift that leads there, by row, whether
    # the bin is the less probable one, and range, less 256 too.
    unsigned short next_range[64 * 16 * ROW]
    # Left shift that makes a range of at least 256 out of a smaller one.
    unsigned char renormalisation[512]
    # Floor(2^32 / range) by range - 256.
    unsigned int reciprocal[256]
    # Next state by 2 * state + parity.
    unsigned char transitions[16]
    # Costs of bins 0 and 1 by 2 * (q >> 7) + bin, the middle one that of q = 0.
    unsigned short costs[128]
    # How levels stand in a queue of bins, by dq_flag and level + MOST_QUEUED.
    QueuedLevel queued[2 * (2 * MOST_QUEUED + 1)]
    # 64 times the numbers of sig_flag's and sign_flag's contexts by 3 * state + neighbour.
    unsigned short places[24 * 4]
    # The next 3 * state + neighbour by dq_flag, the one before, and `step` of a level.
    unsigned char next_place[2 * 24 * 8]
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
cdef counters(const Context *contexts, Py_ssize_t count)

cdef inline void update(Context *context, const unsigned char *rows, int bin) noexcept nogil:
    cdef int slow = context.slow
    # Rounding the upper bits up for bin 0 is what negating, shifting and negating gives.
    slow += context.slow_step[bin][(slow + bin) >> 7]
    cdef int fast = (<const unsigned short *> (context.fast_next[bin] + context.fast))[0]
    context.slow = <short> slow
    context.fast = <unsigned short> fast
    # rows points to that of q = 0; q is 16 * S0 + S1.
    context.row = rows + (((8 * fast + slow - 2047) >> 2) & ~31)
