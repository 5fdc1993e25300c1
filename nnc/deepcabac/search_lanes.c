/* Bins of sixteen contexts counted at once, in the lanes of AVX-512 registers.

It is C for the same reason as lanes.c is. A lane has the bins of one context, and a register for
each candidate what that has come to there, a word as Candidate has it.
*/

#include "search_lanes.h"

#include "avx512.h"

#if NNC_AVX512

#include <string.h>

enum { LANES = 16, STEPS = 32 };

typedef struct {
    uint32_t words[CANDIDATES][LANES];
    uint32_t costs[CANDIDATES][LANES];
    uint32_t bins[LANES];
    ContextSearch *searches[LANES];
} Lanes;

#define EVEN_BYTES 0x5555555555555555ULL
#define EVEN_WORDS 0x55555555U

/* Count up to 32 bins in each lane; the number of candidates is a constant. */
INLINE void count(Lanes *held, const SearchTables *tables, int steps, const int candidates) {
    const __m512i curve0 = _mm512_loadu_si512(tables->curve);
    const __m512i curve1 = _mm512_loadu_si512(tables->curve + 64);
    const __m512i cost00 = _mm512_loadu_si512(tables->costs[0]);
    const __m512i cost01 = _mm512_loadu_si512(tables->costs[0] + 32);
    const __m512i cost10 = _mm512_loadu_si512(tables->costs[1]);
    const __m512i cost11 = _mm512_loadu_si512(tables->costs[1] + 32);
    /* The same as in lanes.c. */
    const __m512i counters = _mm512_set1_epi32(0x00FF0FFF), parts = _mm512_set1_epi32(0x00100001);
    const __m512i less_one = _mm512_set1_epi32(0x00010001);
    const __m512i fields = _mm512_set1_epi64(0x0033002700130007LL);
    const __m512i upside_down = _mm512_set1_epi32(0x001F001F);
    const __m512i bins = _mm512_loadu_si512(held->bins);
    __m512i bit = _mm512_set1_epi32(1);
    __m512i word[CANDIDATES], cost[CANDIDATES];
    for (int number = 0; number < candidates; number++) {
        word[number] = _mm512_loadu_si512(held->words[number]);
        cost[number] = _mm512_loadu_si512(held->costs[number]);
    }
    while (steps-- > 0) {
        __mmask16 is_0 = _mm512_testn_epi32_mask(bins, bit);
        bit = _mm512_add_epi32(bit, bit);
#pragma GCC unroll 9
        for (int number = 0; number < candidates; number++) {
            __m512i context = word[number];
            __m512i sum = _mm512_madd_epi16(_mm512_and_si512(context, counters), parts);
            sum = _mm512_srli_epi32(sum, 7);
            __m512i of_1 = _mm512_maskz_permutex2var_epi16(EVEN_WORDS, cost10, sum, cost11);
            __m512i of_0 = _mm512_maskz_permutex2var_epi16(EVEN_WORDS, cost00, sum, cost01);
            of_1 = _mm512_mask_mov_epi32(of_1, is_0, of_0);
            cost[number] = _mm512_add_epi32(cost[number], of_1);

            __m512i upper_bits = _mm512_mask_sub_epi32(context, is_0, context, less_one);
            upper_bits = _mm512_multishift_epi64_epi8(fields, upper_bits);
            upper_bits = _mm512_mask_xor_epi32(upper_bits, is_0, upper_bits, upside_down);
            __m512i move = _mm512_maskz_permutex2var_epi8(EVEN_BYTES, curve0, upper_bits, curve1);
            word[number] = _mm512_add_epi32(context, move);
            word[number] = _mm512_mask_sub_epi32(word[number], is_0, context, move);
        }
    }
    for (int number = 0; number < candidates; number++) {
        _mm512_storeu_si512(held->words[number], word[number]);
        _mm512_storeu_si512(held->costs[number], cost[number]);
    }
}

static TARGET void count_all(Lanes *held, const SearchTables *tables, int steps) {
    count(held, tables, steps, CANDIDATES);
}

static TARGET void count_few(Lanes *held, const SearchTables *tables, int steps) {
    count(held, tables, steps, FEW_CANDIDATES);
}

static void enter(Lanes *held, int lane, ContextSearch *search, int candidates) {
    held->searches[lane] = search;
    for (int number = 0; number < candidates; number++) {
        held->words[number][lane] = search->candidates[number].word;
        held->costs[number][lane] = 0;
    }
}

static void leave(Lanes *held, int lane, int candidates) {
    ContextSearch *search = held->searches[lane];
    held->searches[lane] = NULL;
    for (int number = 0; number < candidates; number++) {
        search->candidates[number].word = held->words[number][lane];
        search->candidates[number].cost += held->costs[number][lane];
    }
}

/* The next 32 bins of a context, each in a bit. */
INLINE uint32_t next_bins(const ContextSearch *search) {
    __m256i bins = _mm256_loadu_si256((const __m256i *)(search->buffer + search->counted));
    return _mm256_test_epi8_mask(bins, bins);
}

TARGET void search_in_lanes(
    ContextSearch **searches, int64_t count, int candidates, const SearchTables *tables) {
    Lanes held;
    int64_t next = 0;
    int active = 0;
    memset(&held, 0, sizeof held);
    for (int lane = 0; lane < LANES && next < count; lane++, active++)
        enter(&held, lane, searches[next++], candidates);
    while (active >= FEWEST_SEARCHES) {
        int steps = STEPS;
        for (int lane = 0; lane < LANES; lane++) {
            const ContextSearch *search = held.searches[lane];
            if (search == NULL)
                continue;
            held.bins[lane] = next_bins(search);
            if (search->stop - search->counted < steps)
                steps = search->stop - search->counted;
        }
        if (candidates == CANDIDATES)
            count_all(&held, tables, steps);
        else
            count_few(&held, tables, steps);
        for (int lane = 0; lane < LANES; lane++) {
            ContextSearch *search = held.searches[lane];
            if (search == NULL)
                continue;
            search->counted += steps;
            search->bins += steps;
            if (search->counted < search->stop)
                continue;
            leave(&held, lane, candidates);
            if (next < count)
                enter(&held, lane, searches[next++], candidates);
            else
                active--;
        }
    }
    for (int lane = 0; lane < LANES; lane++)
        if (held.searches[lane] != NULL)
            leave(&held, lane, candidates);
}

TARGET int64_t sift_in_lanes(
    uint32_t *values, int64_t count, uint32_t threshold, ContextSearch *search) {
    const __m512i least = _mm512_set1_epi32((int)threshold);
    unsigned char *bins = search->buffer + search->filled;
    int64_t kept = 0;
    for (int64_t place = 0; place < count; place += LANES) {
        __mmask16 there = (__mmask16)(count - place < LANES ? (1U << (count - place)) - 1 : 0xFFFF);
        __m512i some = _mm512_loadu_si512(values + place);
        __mmask16 enough = _mm512_mask_cmpge_epu32_mask(there, some, least);
        _mm_storeu_si128((__m128i *)(bins + place), _mm_maskz_set1_epi8(enough, 1));
        _mm512_storeu_si512(values + kept, _mm512_maskz_compress_epi32(enough, some));
        kept += __builtin_popcount(enough);
    }
    search->filled += (int32_t)count;
    return kept;
}

TARGET uint32_t pass_in_lanes(
    const int32_t *levels, int64_t count, const uint16_t *steps, int *state) {
    const __m512i one = _mm512_set1_epi32(1), two = _mm512_set1_epi32(2);
    uint32_t wrong = 0, at = (uint32_t)*state << 8;
    for (int64_t place = 0; place < count; place += LANES) {
        __m512i level = _mm512_loadu_si512(levels + place);
        /* The parity of half the magnitude, rounded up, is bit 1 of the magnitude plus 1. */
        __m512i magnitude = _mm512_add_epi32(_mm512_abs_epi32(level), one);
        uint32_t parities = _mm512_test_epi32_mask(magnitude, two);
        uint32_t odd = _mm512_test_epi32_mask(level, one);
        uint32_t coded = _mm512_test_epi32_mask(level, level);
        uint32_t first = steps[at | (parities & 255)];
        at = (first & 7) << 8;
        uint32_t second = steps[at | parities >> 8];
        at = (second & 7) << 8;
        wrong |= coded & (odd ^ (first >> 8 | (second & 0xFF00)));
    }
    *state = (int)(at >> 8);
    return wrong;
}

/* Append those of 64 bins that a mask says. */
INLINE void append(ContextSearch *search, __mmask64 mask, __m512i bins) {
    _mm512_storeu_si512(search->buffer + search->filled, _mm512_maskz_compress_epi8(mask, bins));
    search->filled += __builtin_popcountll(mask);
}

INLINE void append_magnitudes(Sifted *sifted, int kind, __mmask16 mask, __m512i magnitudes) {
    uint32_t *place = sifted->magnitudes[kind] + sifted->counts[kind];
    _mm512_storeu_si512(place, _mm512_maskz_compress_epi32(mask, magnitudes));
    sifted->counts[kind] += __builtin_popcount(mask);
}

TARGET uint64_t collect_in_lanes(
    const int32_t *levels, int64_t count, int dq, uint32_t flags, const uint16_t *steps,
    const uint64_t *states, int *state, int *neighbour, ContextSearch *sig_flags,
    ContextSearch *sign_flags, Sifted *sifted) {
    const __m512i one = _mm512_set1_epi32(1), limit = _mm512_set1_epi32((int)flags);
    const __m512i halve = _mm512_set1_epi32(dq);
    uint64_t before_coded = *neighbour != 0, before_negative = *neighbour == 1, wrong = 0;
    uint32_t at = (uint32_t)*state << 8;
    uint64_t passed[8];
    memset(passed, 0, sizeof passed);
    for (int64_t place = 0; place < count; place += 64) {
        uint64_t coded = 0, negative = 0, odd = 0, parities = 0;
        for (int part = 0; part < 4; part++) {
            __m512i level = _mm512_loadu_si512(levels + place + LANES * part);
            __m512i magnitude = _mm512_add_epi32(_mm512_abs_epi32(level), halve);
            magnitude = _mm512_srlv_epi32(magnitude, halve);
            __mmask16 here = _mm512_test_epi32_mask(level, level);
            __mmask16 below = _mm512_movepi32_mask(level);
            coded |= (uint64_t)here << LANES * part;
            negative |= (uint64_t)below << LANES * part;
            odd |= (uint64_t)_mm512_test_epi32_mask(level, one) << LANES * part;
            parities |= (uint64_t)_mm512_test_epi32_mask(magnitude, one) << LANES * part;
            append_magnitudes(sifted, 0, here & (__mmask16)~below, magnitude);
            append_magnitudes(sifted, 1, below, magnitude);
            append_magnitudes(sifted, 2, _mm512_cmpgt_epu32_mask(magnitude, limit), magnitude);
        }
        if (dq) {
            uint64_t odd_states = 0;
            for (int eight = 0; eight < 8; eight++) {
                uint32_t index = at | (parities >> 8 * eight & 255);
                passed[eight] = states[index];
                at = (steps[index] & 7U) << 8;
                odd_states |= (uint64_t)(steps[index] >> 8) << 8 * eight;
            }
            wrong |= coded & (odd ^ odd_states);
        }
        uint64_t after_coded = coded << 1 | before_coded;
        uint64_t after_negative = negative << 1 | before_negative;
        before_coded = coded >> 63;
        before_negative = negative >> 63;
        /* 3 * state + neighbour. */
        __m512i number = _mm512_loadu_si512(passed);
        number = _mm512_add_epi8(number, _mm512_add_epi8(number, number));
        number = _mm512_mask_add_epi8(number, after_coded, number, _mm512_set1_epi8(2));
        number = _mm512_mask_sub_epi8(number, after_negative, number, _mm512_set1_epi8(1));
        __m512i bins = _mm512_maskz_set1_epi8(coded, 1);
        for (int context = 0; context < (dq ? 24 : 3); context++) {
            __m512i wanted = _mm512_set1_epi8((char)context);
            append(sig_flags + context, _mm512_cmpeq_epi8_mask(number, wanted), bins);
        }
        bins = _mm512_maskz_set1_epi8(negative, 1);
        append(sign_flags, coded & ~after_coded, bins);
        append(sign_flags + 1, coded & after_negative, bins);
        append(sign_flags + 2, coded & after_coded & ~after_negative, bins);
    }
    *state = (int)(at >> 8);
    *neighbour = before_coded ? 2 - (int)before_negative : 0;
    return wrong;
}

#else

uint64_t collect_in_lanes(
    const int32_t *levels, int64_t count, int dq, uint32_t flags, const uint16_t *steps,
    const uint64_t *states, int *state, int *neighbour, ContextSearch *sig_flags,
    ContextSearch *sign_flags, Sifted *sifted) {
    (void)levels, (void)count, (void)dq, (void)flags, (void)steps, (void)states, (void)state;
    (void)neighbour, (void)sig_flags, (void)sign_flags, (void)sifted;
    return 0;
}

uint32_t pass_in_lanes(const int32_t *levels, int64_t count, const uint16_t *steps, int *state) {
    (void)levels, (void)count, (void)steps, (void)state;
    return 0;
}

int64_t sift_in_lanes(uint32_t *values, int64_t count, uint32_t threshold, ContextSearch *search) {
    (void)values, (void)count, (void)threshold, (void)search;
    return 0;
}

void search_in_lanes(
    ContextSearch **searches, int64_t count, int candidates, const SearchTables *tables) {
    (void)searches, (void)count, (void)candidates, (void)tables;
}

#endif
