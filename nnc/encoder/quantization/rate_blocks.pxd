# The costs of indices and the step of the 16 states, in C: four side by side where the processor
# can (SSE2 is what every x86-64 has), else one by one. Both give the same numbers.
#
# nnc_measure gives for each value the cheaper of the two indices next to it in each of the four
# subsets, twice over in the order of the indices, and sets the bits 24 to 27 of its decisions
# where that is the upper one. nnc_advance sets the bits below them. Where there is AVX2, rate_wide.c
# does the same.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

# What is to be quantized, and how. Pointers to what there isn't are null.
ctypedef struct Task:
    const float *narrow
    const double *wide
    double step
    bint by_eight
    bint in_lanes
    bint dependent
    Py_ssize_t restart
    int32_t most_negative
    int32_t most_positive
    int32_t flags
    const int32_t *base
    const uint8_t *history
    const int32_t *branches
    const int32_t *magnitudes

# What is known of the values of one block.
ctypedef struct Block:
    int32_t wholes[256]
    float rests[256]
    int32_t signs[256]
    int32_t limits[256]
    int32_t zeros[256]
    # The cheapest coded level of each of four subsets, twice over.
    int32_t coded[2048]
    # Rows of `branches` after a level 0 and after a coded one, and of `magnitudes`.
    int32_t after_zero[256]
    int32_t after_coded[256]
    int32_t rows[256]

cdef bint by_eight_supported() noexcept nogil
cdef Py_ssize_t forward_in_blocks(
    Task *task, Block *block, Py_ssize_t first, Py_ssize_t stop, int32_t *costs,
    uint32_t *decisions, int32_t *indices) noexcept nogil
cdef void indices_by_eight(
    const uint32_t *decisions, int64_t count, int32_t *indices) noexcept nogil

cdef extern from "rate_wide.h" nogil:
    bint wide_supported()
    void wide_advance(
        const int32_t *branches, const int32_t *after_zero, const int32_t *after_coded,
        const int32_t *zeros, const int32_t *coded, int count, int32_t *costs,
        uint32_t *decisions)
    void wide_measure(
        const int32_t *magnitudes, const int32_t *rows, const int32_t *wholes, const float *rests,
        const int32_t *limits, int32_t top, int32_t forbidden, float one, int count,
        int32_t *coded, uint32_t *decisions)
    void wide_indices(const uint32_t *decisions, int64_t count, int32_t *indices)
    ctypedef struct WideBlock:
        int32_t *wholes
        float *rests
        int32_t *signs
        int32_t *limits
        int32_t *zeros
        int32_t *after_zero
        int32_t *after_coded
        int32_t *rows
    ctypedef struct WideTask:
        float step
        float largest
        float reach
        float one
        int32_t most_negative
        int32_t most_positive
        int32_t forbidden
        int32_t row
    int wide_prepare(
        const float *values, int count, int goes_on, const WideTask *task, const WideBlock *block,
        int32_t *indices)

cdef extern from *:
    """
    #if defined(__SSE2__) || defined(_M_X64)
    #include <emmintrin.h>

    #define NNC_CHEAPER(mask, one, other) \\
        _mm_or_si128(_mm_andnot_si128(mask, one), _mm_and_si128(mask, other))
    #define NNC_MASK(low, high) \\
        ((uint32_t)(_mm_movemask_ps(_mm_castsi128_ps(low)) \\
        | _mm_movemask_ps(_mm_castsi128_ps(high)) << 4))
    /* Lanes 0 2 4 6, and lanes 7 5 3 1. */
    #define NNC_EVEN(low, high) _mm_castps_si128(_mm_shuffle_ps( \\
        _mm_castsi128_ps(low), _mm_castsi128_ps(high), _MM_SHUFFLE(2, 0, 2, 0)))
    #define NNC_ODD(low, high) _mm_castps_si128(_mm_shuffle_ps( \\
        _mm_castsi128_ps(high), _mm_castsi128_ps(low), _MM_SHUFFLE(1, 3, 1, 3)))
    #define NNC_SWAPPED(lanes) _mm_shuffle_epi32(lanes, _MM_SHUFFLE(1, 0, 3, 2))

    static void nnc_advance(
        const int32_t *branches, const int32_t *after_zero, const int32_t *after_coded,
        const int32_t *zeros, const int32_t *coded, const int32_t *wholes, int count,
        int32_t *costs, uint32_t *decisions)
    {
        __m128i ended0 = _mm_loadu_si128((const __m128i *) costs);
        __m128i ended1 = _mm_loadu_si128((const __m128i *) (costs + 4));
        __m128i going0 = _mm_loadu_si128((const __m128i *) (costs + 8));
        __m128i going1 = _mm_loadu_si128((const __m128i *) (costs + 12));
        for (int i = 0; i < count; i++) {
            const __m128i *ended_row = (const __m128i *) (branches + after_zero[i]);
            const __m128i *going_row = (const __m128i *) (branches + after_coded[i]);
            __m128i one0 = _mm_add_epi32(ended0, _mm_loadu_si128(ended_row));
            __m128i one1 = _mm_add_epi32(ended1, _mm_loadu_si128(ended_row + 1));
            __m128i other0 = _mm_add_epi32(going0, _mm_loadu_si128(going_row));
            __m128i other1 = _mm_add_epi32(going1, _mm_loadu_si128(going_row + 1));
            __m128i mask0 = _mm_cmpgt_epi32(one0, other0);
            __m128i mask1 = _mm_cmpgt_epi32(one1, other1);
            __m128i zero0 = NNC_CHEAPER(mask0, one0, other0);
            __m128i zero1 = NNC_CHEAPER(mask1, one1, other1);
            uint32_t decided = NNC_MASK(mask0, mask1);
            one0 = _mm_add_epi32(ended0, _mm_loadu_si128(ended_row + 2));
            one1 = _mm_add_epi32(ended1, _mm_loadu_si128(ended_row + 3));
            other0 = _mm_add_epi32(going0, _mm_loadu_si128(going_row + 2));
            other1 = _mm_add_epi32(going1, _mm_loadu_si128(going_row + 3));
            mask0 = _mm_cmpgt_epi32(one0, other0);
            mask1 = _mm_cmpgt_epi32(one1, other1);
            __m128i coded0 = NNC_CHEAPER(mask0, one0, other0);
            __m128i coded1 = NNC_CHEAPER(mask1, one1, other1);
            decided |= NNC_MASK(mask0, mask1) << 8;
            __m128i error = _mm_set1_epi32(zeros[i]);
            ended0 = _mm_add_epi32(NNC_EVEN(zero0, zero1), error);
            ended1 = _mm_add_epi32(NNC_ODD(zero0, zero1), error);
            /* Costs of the subsets 0, 3, 1, 2. */
            __m128i errors = _mm_loadu_si128((const __m128i *) (coded + 8 * i + (~wholes[i] & 3)));
            __m128i even = NNC_EVEN(coded0, coded1);
            __m128i odd = NNC_ODD(coded0, coded1);
            one0 = _mm_add_epi32(even, _mm_shuffle_epi32(errors, 0x00));
            other0 = _mm_add_epi32(NNC_SWAPPED(even), _mm_shuffle_epi32(errors, 0xAA));
            one1 = _mm_add_epi32(odd, _mm_shuffle_epi32(errors, 0xFF));
            other1 = _mm_add_epi32(NNC_SWAPPED(odd), _mm_shuffle_epi32(errors, 0x55));
            mask0 = _mm_cmpgt_epi32(one0, other0);
            mask1 = _mm_cmpgt_epi32(one1, other1);
            going0 = NNC_CHEAPER(mask0, one0, other0);
            going1 = NNC_CHEAPER(mask1, one1, other1);
            decisions[i] |= decided | NNC_MASK(mask0, mask1) << 16;
        }
        _mm_storeu_si128((__m128i *) costs, ended0);
        _mm_storeu_si128((__m128i *) (costs + 4), ended1);
        _mm_storeu_si128((__m128i *) (costs + 8), going0);
        _mm_storeu_si128((__m128i *) (costs + 12), going1);
    }

    static void nnc_measure(
        const int32_t *magnitudes, const int32_t *rows, const int32_t *wholes, const float *rests,
        const int32_t *limits, int32_t top, int32_t forbidden, float one, int count,
        int32_t *coded, uint32_t *decisions)
    {
        const __m128 below = _mm_setr_ps(3, 2, 1, 0), above = _mm_setr_ps(1, 2, 3, 4);
        const __m128 unit = _mm_set1_ps(one);
        const __m128i ban = _mm_set1_epi32(forbidden);
        for (int i = 0; i < count; i++) {
            int32_t whole = wholes[i];
            const int32_t *costs = magnitudes + rows[i] + 1 + (whole < top ? whole : top);
            __m128 rest = _mm_set1_ps(rests[i]);
            __m128 down = _mm_add_ps(rest, below), up = _mm_sub_ps(rest, above);
            __m128i lower = _mm_cvttps_epi32(_mm_mul_ps(_mm_mul_ps(down, down), unit));
            __m128i upper = _mm_cvttps_epi32(_mm_mul_ps(_mm_mul_ps(up, up), unit));
            lower = _mm_add_epi32(lower, _mm_loadu_si128((const __m128i *) costs));
            upper = _mm_add_epi32(upper, _mm_loadu_si128((const __m128i *) (costs + 4)));
            if (whole + 4 > limits[i]) {
                __m128i most = _mm_set1_epi32(limits[i]);
                __m128i index = _mm_add_epi32(_mm_set1_epi32(whole), _mm_setr_epi32(-3, -2, -1, 0));
                lower = NNC_CHEAPER(_mm_cmpgt_epi32(index, most), lower, ban);
                index = _mm_add_epi32(index, _mm_set1_epi32(4));
                upper = NNC_CHEAPER(_mm_cmpgt_epi32(index, most), upper, ban);
            }
            __m128i mask = _mm_cmpgt_epi32(lower, upper);
            lower = NNC_CHEAPER(mask, lower, upper);
            _mm_storeu_si128((__m128i *) (coded + 8 * i), lower);
            _mm_storeu_si128((__m128i *) (coded + 8 * i + 4), lower);
            decisions[i] = (uint32_t) _mm_movemask_ps(_mm_castsi128_ps(mask)) << 24;
        }
    }

    #else

    static void nnc_advance(
        const int32_t *branches, const int32_t *after_zero, const int32_t *after_coded,
        const int32_t *zeros, const int32_t *coded, const int32_t *wholes, int count,
        int32_t *costs, uint32_t *decisions)
    {
        static const int before[8] = {0, 2, 4, 6, 7, 5, 3, 1};
        for (int i = 0; i < count; i++) {
            const int32_t *ended_row = branches + after_zero[i];
            const int32_t *going_row = branches + after_coded[i];
            const int32_t *errors = coded + 8 * i + (~wholes[i] & 3);
            int32_t cheapest[16];
            uint32_t decided = 0;
            for (int j = 0; j < 16; j++) {
                int32_t one = costs[j & 7] + ended_row[j];
                int32_t other = costs[8 + (j & 7)] + going_row[j];
                cheapest[j] = one > other ? other : one;
                decided |= (uint32_t) (one > other) << j;
            }
            for (int j = 0; j < 8; j++) {
                int32_t one = cheapest[8 + before[j]] + errors[j < 4 ? 0 : 3];
                int32_t other = cheapest[8 + before[j ^ 2]] + errors[j < 4 ? 2 : 1];
                costs[j] = cheapest[before[j]] + zeros[i];
                costs[8 + j] = one > other ? other : one;
                decided |= (uint32_t) (one > other) << (16 + j);
            }
            decisions[i] |= decided;
        }
    }

    static void nnc_measure(
        const int32_t *magnitudes, const int32_t *rows, const int32_t *wholes, const float *rests,
        const int32_t *limits, int32_t top, int32_t forbidden, float one, int count,
        int32_t *coded, uint32_t *decisions)
    {
        for (int i = 0; i < count; i++) {
            int32_t whole = wholes[i];
            const int32_t *costs = magnitudes + rows[i] + 1 + (whole < top ? whole : top);
            decisions[i] = 0;
            for (int j = 0; j < 4; j++) {
                float down = rests[i] + (float) (3 - j), up = rests[i] - (float) (1 + j);
                int32_t lower = (int32_t) (down * down * one) + costs[j];
                int32_t upper = (int32_t) (up * up * one) + costs[4 + j];
                if (whole - 3 + j > limits[i]) lower = forbidden;
                if (whole + 1 + j > limits[i]) upper = forbidden;
                decisions[i] |= (uint32_t) (lower > upper) << (24 + j);
                coded[8 * i + j] = coded[8 * i + 4 + j] = lower > upper ? upper : lower;
            }
        }
    }

    #endif
    """
    void nnc_advance(
        const int32_t *branches, const int32_t *after_zero, const int32_t *after_coded,
        const int32_t *zeros, const int32_t *coded, const int32_t *wholes, int count,
        int32_t *costs, uint32_t *decisions) noexcept nogil
    void nnc_measure(
        const int32_t *magnitudes, const int32_t *rows, const int32_t *wholes, const float *rests,
        const int32_t *limits, int32_t top, int32_t forbidden, float one, int count,
        int32_t *coded, uint32_t *decisions) noexcept nogil
