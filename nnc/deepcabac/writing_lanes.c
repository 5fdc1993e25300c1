/* Sixteen codewords written at once, in the lanes of one AVX-512 register.

It is C for the same reason as lanes.c is, and holds contexts as that does. All lanes write the
same syntax element at the same time, those that have none of it excepted: so most contexts are
rows of sixteen words, and only those of sig_flag are gathered.

A lane's low end has 9 bits, below `bits` bits that were not yet written, 21 at most, and a carry.
A bin adds 7 bits at most: after two of them whole bytes are taken out, with the carry before them,
and put into records, all of which go to the lanes' outputs at the end of sixteen levels.
*/

#include "writing_lanes.h"

#include "avx512.h"

#if NNC_AVX512

#include <stdlib.h>
#include <string.h>

enum {
    LANES = 16,
    /* Levels of each lane at once. */
    STEPS = 16,
    /* Of registers in memory. */
    ALIGNMENT = 64,
    PREFIX_BINS = 31,
    /* Bypass bins at once: with the 7 bits that may be left they make 21. */
    MOST_BYPASS = 14,
    /* Bytes that a level takes at most: 7 bits for each of 49 bins, and 31 bypass bins. */
    MOST_BYTES = 48,
    /* Records of a level at most, of a byte or two each. */
    MOST_RECORDS = MOST_BYTES,
    LANE_SHIFT = 28,
    SIZE_SHIFT = 20
};

typedef struct {
    uint32_t contexts[WRITTEN_CONTEXTS][LANES];
    uint32_t low[LANES], range[LANES], bits[LANES], state[LANES], neighbour[LANES];
    int32_t levels[STEPS][LANES];
    uint32_t records[STEPS * MOST_RECORDS * LANES + LANES];
    WrittenStream *streams[LANES];
} Machine;

/* What is at work in registers. */
typedef struct {
    __m512i low, range, bits;
    uint32_t *records;
} Writer;

typedef struct {
    __m512i curve0, curve1, lps0, lps1, lps2, lps3;
} Constants;

#define LOOK_UP(first, index, second) \
    _mm512_maskz_permutex2var_epi8(0x1111111111111111ULL, first, index, second)

/* Put a bin of some lanes, and return what becomes of its contexts; so also those of the others. */
INLINE __m512i put(
    Writer *writer, const Constants *constants, __m512i context, __mmask16 there, __mmask16 bin) {
    const __m512i counters = _mm512_set1_epi32(0x00FF0FFF), parts = _mm512_set1_epi32(0x00100001);
    const __m512i middle = _mm512_set1_epi32(4096), less_one = _mm512_set1_epi32(0x00010001);
    const __m512i fields = _mm512_set1_epi64(0x0033002700130007LL);
    const __m512i upside_down = _mm512_set1_epi32(0x001F001F);

    /* The less probable bin's part of the range. */
    __m512i sum = _mm512_madd_epi16(_mm512_and_si512(context, counters), parts);
    __m512i certainty = _mm512_abs_epi32(_mm512_srai_epi32(_mm512_sub_epi32(sum, middle), 7));
    __m512i row = _mm512_ternarylogic_epi32(
        writer->range, _mm512_set1_epi32(0xE0), certainty, 0xEA);
    __mmask16 upper = _mm512_test_epi32_mask(writer->range, _mm512_set1_epi32(0x80));
    __m512i less = _mm512_mask_mov_epi32(
        LOOK_UP(constants->lps0, row, constants->lps1), upper,
        LOOK_UP(constants->lps2, row, constants->lps3));
    __m512i more = _mm512_sub_epi32(writer->range, less);

    __mmask16 is_less = (__mmask16)(_mm512_cmpge_epi32_mask(sum, middle) ^ bin) & there;
    writer->low = _mm512_mask_add_epi32(writer->low, is_less, writer->low, more);
    __m512i left = _mm512_mask_mov_epi32(more, is_less, less);
    __m512i shift = _mm512_sub_epi32(_mm512_lzcnt_epi32(left), _mm512_set1_epi32(23));
    writer->low = _mm512_mask_sllv_epi32(writer->low, there, writer->low, shift);
    writer->range = _mm512_mask_sllv_epi32(writer->range, there, left, shift);
    writer->bits = _mm512_mask_add_epi32(writer->bits, there, writer->bits, shift);

    /* As in lanes.c. */
    __mmask16 is_0 = (__mmask16)~bin;
    __m512i upper_bits = _mm512_mask_sub_epi32(context, is_0, context, less_one);
    upper_bits = _mm512_multishift_epi64_epi8(fields, upper_bits);
    upper_bits = _mm512_mask_xor_epi32(upper_bits, is_0, upper_bits, upside_down);
    __m512i move = _mm512_maskz_permutex2var_epi8(
        0x5555555555555555ULL, constants->curve0, upper_bits, constants->curve1);
    __m512i moved = _mm512_add_epi32(context, move);
    return _mm512_mask_sub_epi32(moved, is_0, context, move);
}

/* Take whole bytes out of the low ends; after it fewer than 8 bits wait in each lane. */
INLINE void flush(Writer *writer) {
    const __m512i lanes = _mm512_slli_epi32(
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), LANE_SHIFT);
    __m512i size = _mm512_and_si512(writer->bits, _mm512_set1_epi32(24));
    __mmask16 full = _mm512_test_epi32_mask(size, size);
    writer->bits = _mm512_and_si512(writer->bits, _mm512_set1_epi32(7));
    __m512i shift = _mm512_add_epi32(writer->bits, _mm512_set1_epi32(9));
    __m512i word = _mm512_srlv_epi32(writer->low, shift);
    /* In the other lanes a carry may wait above. */
    writer->low = _mm512_mask_xor_epi32(
        writer->low, full, writer->low, _mm512_sllv_epi32(word, shift));
    __m512i record = _mm512_ternarylogic_epi32(
        word, _mm512_slli_epi32(size, SIZE_SHIFT), lanes, 0xFE);
    _mm512_storeu_si512(writer->records, _mm512_maskz_compress_epi32(full, record));
    writer->records += __builtin_popcount(full);
}

/* Put what magnitudes are beyond the flags. */
INLINE void put_remainder(
    Writer *writer, const Constants *constants, uint32_t (*prefixes)[LANES], __m512i magnitude,
    __mmask16 there, uint32_t flags) {
    __m512i least = _mm512_set1_epi32((int)flags + 1), count = _mm512_setzero_si512();
    uint32_t beyond_all = flags + 1;
    for (int number = 0; number < PREFIX_BINS && there; number++) {
        beyond_all += 1U << number;
        __m512i limit = _mm512_set1_epi32((int)beyond_all);
        __mmask16 bin = _mm512_mask_cmpge_epu32_mask(there, magnitude, limit);
        __m512i context = _mm512_load_si512(prefixes[number]);
        __m512i moved = put(writer, constants, context, there, bin);
        _mm512_store_si512(prefixes[number], _mm512_mask_mov_epi32(context, there, moved));
        flush(writer);
        least = _mm512_mask_mov_epi32(least, bin, limit);
        count = _mm512_mask_add_epi32(count, bin, count, _mm512_set1_epi32(1));
        there = bin;
    }
    __m512i rest = _mm512_sub_epi32(magnitude, least);
    __mmask16 more = _mm512_test_epi32_mask(count, count);
    while (more) {
        __m512i some = _mm512_min_epu32(count, _mm512_set1_epi32(MOST_BYPASS));
        count = _mm512_sub_epi32(count, some);
        __m512i bins = _mm512_srlv_epi32(rest, count);
        rest = _mm512_xor_si512(rest, _mm512_sllv_epi32(bins, count));
        writer->low = _mm512_sllv_epi32(writer->low, some);
        /* Both are below 2^15. */
        bins = _mm512_madd_epi16(bins, writer->range);
        writer->low = _mm512_mask_add_epi32(writer->low, more, writer->low, bins);
        writer->bits = _mm512_add_epi32(writer->bits, some);
        flush(writer);
        more = _mm512_test_epi32_mask(count, count);
    }
}

/* Write so many levels of the active lanes; return the end of the records. */
static TARGET uint32_t *write_levels(
    Machine *machine, const WritingTables *tables, int steps, __mmask16 active) {
    Constants constants = {
        _mm512_loadu_si512(tables->curve), _mm512_loadu_si512(tables->curve + 64),
        _mm512_loadu_si512(tables->lps), _mm512_loadu_si512(tables->lps + 64),
        _mm512_loadu_si512(tables->lps + 128), _mm512_loadu_si512(tables->lps + 192),
    };
    const __m512i transitions = _mm512_loadu_si512(tables->transitions);
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i halve = _mm512_set1_epi32(tables->dq);
    const int flags = tables->flags;
    uint32_t index[LANES] __attribute__((aligned(64))), words[LANES] __attribute__((aligned(64)));
    /* Those of sig_flag stand first. */
    uint32_t *contexts = (uint32_t *)machine->contexts;
    Writer writer = {
        _mm512_loadu_si512(machine->low), _mm512_loadu_si512(machine->range),
        _mm512_loadu_si512(machine->bits), machine->records,
    };
    __m512i state = _mm512_loadu_si512(machine->state);
    __m512i neighbour = _mm512_loadu_si512(machine->neighbour);
    for (int step = 0; step < steps; step++) {
        __m512i level = _mm512_load_si512(machine->levels[step]);
        __mmask16 coded = _mm512_mask_test_epi32_mask(active, level, level);
        __m512i place = _mm512_add_epi32(_mm512_add_epi32(state, _mm512_add_epi32(state, state)), neighbour);
        place = _mm512_add_epi32(_mm512_slli_epi32(place, 4), lanes);
        _mm512_store_si512(index, place);
        __m512i context = gathered(contexts, index);
        _mm512_store_si512(words, put(&writer, &constants, context, active, coded));
        for (int lane = 0; lane < LANES; lane++)
            contexts[index[lane]] = words[lane];

        __mmask16 negative = _mm512_movepi32_mask(level);
        __m512i magnitude = _mm512_abs_epi32(level);
        magnitude = _mm512_srlv_epi32(_mm512_add_epi32(magnitude, halve), halve);
        if (coded) {
            uint32_t (*signs)[LANES] = machine->contexts + WRITTEN_SIGN;
            __mmask16 after_negative = _mm512_cmpeq_epi32_mask(neighbour, _mm512_set1_epi32(1));
            __mmask16 after_positive = _mm512_cmpeq_epi32_mask(neighbour, _mm512_set1_epi32(2));
            __m512i sign0 = _mm512_load_si512(signs[0]), sign1 = _mm512_load_si512(signs[1]);
            __m512i sign2 = _mm512_load_si512(signs[2]);
            context = _mm512_mask_mov_epi32(sign0, after_negative, sign1);
            context = _mm512_mask_mov_epi32(context, after_positive, sign2);
            __m512i moved = put(&writer, &constants, context, coded, negative);
            __mmask16 after_zero = coded & (__mmask16)~(after_negative | after_positive);
            _mm512_store_si512(signs[0], _mm512_mask_mov_epi32(sign0, after_zero, moved));
            after_negative &= coded, after_positive &= coded;
            _mm512_store_si512(signs[1], _mm512_mask_mov_epi32(sign1, after_negative, moved));
            _mm512_store_si512(signs[2], _mm512_mask_mov_epi32(sign2, after_positive, moved));
        }
        flush(&writer);
        __mmask16 there = coded;
        int flag = 0;
        for (; there && flag < flags; flag++) {
            uint32_t (*pair)[LANES] = machine->contexts + WRITTEN_GREATER + 2 * flag;
            __m512i limit = _mm512_set1_epi32(flag + 1);
            __mmask16 bin = _mm512_mask_cmpgt_epu32_mask(there, magnitude, limit);
            __m512i of_positive = _mm512_load_si512(pair[0]);
            __m512i of_negative = _mm512_load_si512(pair[1]);
            context = _mm512_mask_mov_epi32(of_positive, negative, of_negative);
            __m512i moved = put(&writer, &constants, context, there, bin);
            __mmask16 which = there & (__mmask16)~negative;
            _mm512_store_si512(pair[0], _mm512_mask_mov_epi32(of_positive, which, moved));
            which = there & negative;
            _mm512_store_si512(pair[1], _mm512_mask_mov_epi32(of_negative, which, moved));
            if (flag & 1)
                flush(&writer);
            there = bin;
        }
        if (flag & 1)
            flush(&writer);
        if (there)
            put_remainder(
                &writer, &constants, machine->contexts + WRITTEN_PREFIX, magnitude, there,
                (uint32_t)flags);
        __m512i parity = _mm512_and_si512(magnitude, _mm512_set1_epi32(1));
        parity = _mm512_add_epi32(_mm512_add_epi32(state, state), parity);
        state = _mm512_permutexvar_epi32(parity, transitions);
        neighbour = _mm512_maskz_mov_epi32(coded, _mm512_set1_epi32(2));
        neighbour = _mm512_mask_mov_epi32(neighbour, coded & negative, _mm512_set1_epi32(1));
    }
    _mm512_storeu_si512(machine->low, writer.low);
    _mm512_storeu_si512(machine->range, writer.range);
    _mm512_storeu_si512(machine->bits, writer.bits);
    _mm512_storeu_si512(machine->state, state);
    _mm512_storeu_si512(machine->neighbour, neighbour);
    return writer.records;
}

/* Turn sixteen levels of each lane into those of all lanes at each step. */
static TARGET void load_levels(Machine *machine, int steps) {
    __m512i rows[16];
    for (int lane = 0; lane < LANES; lane++) {
        const WrittenStream *stream = machine->streams[lane];
        __mmask16 there = stream == NULL ? 0 : (__mmask16)((1U << steps) - 1);
        rows[lane] = _mm512_maskz_loadu_epi32(there, stream == NULL ? NULL : stream->levels);
    }
    transpose_16(rows);
#pragma GCC unroll 16
    for (int step = 0; step < 16; step++)
        _mm512_store_si512(machine->levels[step], rows[step]);
}

/* Add 1 to what stands before a place. */
static void carry_into(uint8_t *place) {
    while (*--place == 255)
        *place = 0;
    ++*place;
}

/* Write records to the outputs; two bytes at a time, of which one may be written over. */
static void distribute(Machine *machine, const uint32_t *end) {
    uint8_t *at[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        WrittenStream *stream = machine->streams[lane];
        at[lane] = stream == NULL ? NULL : stream->output + stream->written;
    }
    for (const uint32_t *record = machine->records; record < end; record++) {
        uint32_t size = *record >> SIZE_SHIFT & 24, lane = *record >> LANE_SHIFT;
        uint32_t word = (*record & ((1U << SIZE_SHIFT) - 1)) << (16 - size);
        uint8_t *place = at[lane];
        if (word >> 16)
            carry_into(place);
        place[0] = (uint8_t)(word >> 8);
        place[1] = (uint8_t)word;
        at[lane] = place + (size >> 3);
    }
    for (int lane = 0; lane < LANES; lane++)
        if (machine->streams[lane] != NULL)
            machine->streams[lane]->written = at[lane] - machine->streams[lane]->output;
}

/* See to it that a stream has room for what is written at once. */
static int reserve(WrittenStream *stream) {
    if (stream->capacity - stream->written >= STEPS * MOST_BYTES + 16)
        return 0;
    int64_t capacity = 2 * stream->capacity + STEPS * MOST_BYTES + 16;
    uint8_t *output = realloc(stream->output, (size_t)capacity);
    if (output == NULL)
        return -1;
    stream->output = output;
    stream->capacity = capacity;
    return 0;
}

/* Let a stream go on in a lane; return -1 if there is no memory. */
static int enter(Machine *machine, int lane, WrittenStream *stream) {
    machine->streams[lane] = stream;
    machine->low[lane] = machine->bits[lane] = 0;
    machine->range[lane] = 256;
    machine->state[lane] = machine->neighbour[lane] = 0;
    if (stream == NULL)
        return 0;
    if (reserve(stream))
        return -1;
    while (stream->bits >= 8) {
        int shift = stream->bits + 1;
        uint64_t word = stream->low >> shift;
        stream->low ^= word << shift;
        stream->bits -= 8;
        if (word >> 8)
            carry_into(stream->output + stream->written);
        stream->output[stream->written++] = (uint8_t)word;
    }
    machine->low[lane] = (uint32_t)stream->low;
    machine->range[lane] = stream->range;
    machine->bits[lane] = (uint32_t)stream->bits;
    machine->state[lane] = (uint32_t)stream->state;
    machine->neighbour[lane] = (uint32_t)stream->neighbour;
    for (int number = 0; number < WRITTEN_CONTEXTS; number++)
        machine->contexts[number][lane] = stream->contexts[number];
    return 0;
}

/* Give a stream what its lane has come to. */
static void leave(Machine *machine, int lane) {
    WrittenStream *stream = machine->streams[lane];
    stream->low = machine->low[lane];
    stream->range = machine->range[lane];
    stream->bits = (int32_t)machine->bits[lane];
    stream->state = (int32_t)machine->state[lane];
    stream->neighbour = (int32_t)machine->neighbour[lane];
    for (int number = 0; number < WRITTEN_CONTEXTS; number++)
        stream->contexts[number] = machine->contexts[number][lane];
    machine->streams[lane] = NULL;
}

int write_in_lanes(WrittenStream *streams, int64_t count, const WritingTables *tables) {
    uint8_t *memory = calloc(1, sizeof(Machine) + ALIGNMENT);
    if (memory == NULL)
        return -1;
    Machine *machine = (Machine *)(memory + (ALIGNMENT - (uintptr_t)memory % ALIGNMENT));
    int active = 0, wrong = 0;
    int64_t next = 0;
    for (int lane = 0; lane < LANES; lane++) {
        wrong |= enter(machine, lane, next < count ? streams + next : NULL);
        active += next++ < count;
    }
    while (active >= WRITTEN_FEWEST && !wrong) {
        int steps = STEPS;
        __mmask16 there = 0;
        for (int lane = 0; lane < LANES; lane++) {
            WrittenStream *stream = machine->streams[lane];
            if (stream == NULL)
                continue;
            there |= (__mmask16)(1U << lane);
            if (stream->count < steps)
                steps = (int)stream->count;
            wrong |= reserve(stream);
        }
        if (wrong)
            break;
        load_levels(machine, steps);
        distribute(machine, write_levels(machine, tables, steps, there));
        for (int lane = 0; lane < LANES; lane++) {
            WrittenStream *stream = machine->streams[lane];
            if (stream == NULL)
                continue;
            stream->levels += steps;
            stream->count -= steps;
            if (stream->count > 0)
                continue;
            leave(machine, lane);
            wrong |= enter(machine, lane, next < count ? streams + next : NULL);
            active -= next++ >= count;
        }
    }
    for (int lane = 0; lane < LANES; lane++)
        if (machine->streams[lane] != NULL)
            leave(machine, lane);
    free(memory);
    return wrong;
}

#else

int write_in_lanes(WrittenStream *streams, int64_t count, const WritingTables *tables) {
    (void)streams, (void)count, (void)tables;
    return -1;
}

#endif
