# The step of the 16 states, in C: four states side by side where the processor can (SSE2 is
# what every x86-64 has), else one by one. Both give the same numbers.

from libc.stdint cimport int32_t, uint32_t

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
            decisions[i] = decided | NNC_MASK(mask0, mask1) << 16;
        }
        _mm_storeu_si128((__m128i *) costs, ended0);
        _mm_storeu_si128((__m128i *) (costs + 4), ended1);
        _mm_storeu_si128((__m128i *) (costs + 8), going0);
        _mm_storeu_si128((__m128i *) (costs + 12), going1);
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
            decisions[i] = decided;
        }
    }

    #endif
    """
    void nnc_advance(
        const int32_t *branches, const int32_t *after_zero, const int32_t *after_coded,
        const int32_t *zeros, const int32_t *coded, const int32_t *wholes, int count,
        int32_t *costs, uint32_t *decisions) noexcept nogil
