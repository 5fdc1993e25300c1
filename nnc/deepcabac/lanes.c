/* Sixteen codewords decoded at once, in the lanes of one AVX-512 register.

It is C, as search_lanes.c is, since its functions have to be compiled for another processor
than the rest, which Cython can't say of a function; and without that no intrinsic is inlined.

A level is a walk over nodes: significance by state and neighbour, sign, each greater-than flag,
each prefix bin, each remainder bit. A node's number is also that of its context within the lane.
In each step every lane decodes one bin, whatever node it is at:

- a context is a word: the slow counter plus 2048 in bits 0 to 11, its shift less 4 above; the fast
  counter plus 128 in bits 16 to 23, its shift above;
- the range stands in the upper 9 bits of a word, and so does the offset in `value`, with 55 bits
  that follow in it and in `more`, of which `left` are loaded;
- a bypass bin is one with a context whose two ranges are half the range each;
- `magnitude` is the doubled magnitude, as its index for dependent quantization, with a bit for
  non-zero and the sign at the top: rotated by 2 its lower bits say what follows.
*/

#include "lanes.h"

#include <stdlib.h>
#include <string.h>

#include "avx512.h"

int64_t lanes_largest_block_row(const LaneStream *streams, int64_t count) {
    int64_t largest = 0;
    for (int64_t number = 0; number < count; number++) {
        const LaneStream *stream = streams + number;
        if (stream->block_row != NULL && stream->block_size < stream->cols &&
            stream->coded > largest)
            largest = stream->coded;
    }
    return largest;
}

void lanes_put_in_place(const LaneStream *stream, int32_t *scratch) {
    const uint8_t *skipped = stream->skipped;
    int64_t cols = stream->cols, coded = stream->coded;
    size_t row_bytes = sizeof(int32_t) * (size_t)cols;
    if (stream->block_size < cols)
        memcpy(scratch, stream->block_row, sizeof(int32_t) * (size_t)coded);
    /* Whole rows move down at most: from the last one on, none is overwritten. */
    for (int64_t row = stream->height - 1; skipped != NULL && row >= 0; row--) {
        int32_t *to = stream->block_row + row * cols;
        if (skipped[row])
            memset(to, 0, row_bytes);
        else
            memmove(to, stream->block_row + (coded -= cols), row_bytes);
    }
    if (stream->block_size >= cols)
        return;
    for (int64_t left = 0; left < cols; left += stream->block_size) {
        int64_t width = cols - left < stream->block_size ? cols - left : stream->block_size;
        for (int64_t row = 0; row < stream->height; row++) {
            if (skipped != NULL && skipped[row])
                continue;
            memcpy(stream->block_row + row * cols + left, scratch, sizeof(int32_t) * (size_t)width);
            scratch += width;
        }
    }
}

#if NNC_AVX512

/* Steps after which levels are written; a lane ends at most one level in each. */
#define STEPS 255
/* In the record of a level: its magnitude, and how many were before it in these steps. */
#define PLACE_SHIFT 18
#define LANE_SHIFT 28
/* Bytes past its end after which a stream is given up. */
#define MOST_PAST_END 16

typedef struct {
    uint32_t value[LANES], more[LANES], left[LANES], range[LANES];
    uint32_t node[LANES], state[LANES], magnitude[LANES], record[LANES];
} Registers;

typedef struct {
    Registers registers;
    uint32_t contexts[LANES * LANE_NODES];
    uint32_t records[LANES * (STEPS + 2)];
    const uint8_t *at[LANES];
    const uint8_t *end[LANES];
    int64_t past_end[LANES];
    LaneStream *streams[LANES];
} Machine;

int lanes_supported(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("popcnt") &&
           __builtin_cpu_supports("bmi");
}

/* The next 4 bytes of a lane; those past the end are 0. */
static uint32_t next_word(Machine *machine, int lane) {
    const uint8_t *at = machine->at[lane];
    uint32_t word = 0;
    if (machine->end[lane] - at >= 4) {
        memcpy(&word, at, 4);
        machine->at[lane] = at + 4;
        return __builtin_bswap32(word);
    }
    for (int index = 0; index < 4; index++) {
        word <<= 8;
        if (machine->at[lane] < machine->end[lane])
            word |= *machine->at[lane]++;
        else
            machine->past_end[lane]++;
    }
    return word;
}

INLINE void scattered(uint32_t *words, const uint32_t *index, const uint32_t *values) {
    for (int lane = 0; lane < LANES; lane++)
        words[index[lane]] = values[lane];
}

#define LOOK_UP(first, index, second) \
    _mm512_maskz_permutex2var_epi8(0x1111111111111111ULL, first, index, second)
#define LOOK_UP_64(table, index) \
    _mm512_maskz_permutexvar_epi8(0x1111111111111111ULL, index, table)

/* Decode one bin in each lane, so many times; return the end of the levels' records. */
static TARGET uint32_t *steps_of(Machine *machine, const LaneTables *tables, int64_t steps) {
#define TABLE(name, part) const __m512i name##part = _mm512_loadu_si512(tables->name + 64 * part)
    TABLE(next0, 0);
    TABLE(next0, 1);
    TABLE(next1, 0);
    TABLE(next1, 1);
    TABLE(weight, 0);
    TABLE(weight, 1);
    TABLE(curve, 0);
    TABLE(curve, 1);
    TABLE(lps, 0);
    TABLE(lps, 1);
    TABLE(lps, 2);
    TABLE(lps, 3);
    TABLE(after, 0);
    TABLE(reset, 0);
    const __m512i one = _mm512_set1_epi32(1), bit7 = _mm512_set1_epi32(0x80);
    const __m512i lanes = _mm512_mullo_epi32(
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        _mm512_set1_epi32(LANE_NODES));
    /* Which bits of a context are counters, and what they count in the sum of both. */
    const __m512i counters = _mm512_set1_epi32(0x00FF0FFF), parts = _mm512_set1_epi32(0x00100001);
    const __m512i middle = _mm512_set1_epi32(4096), less_one = _mm512_set1_epi32(0x00010001);
    /* Bits 7 to 13 of a context go to its byte 0, bits 19 to 25 to its byte 2. */
    const __m512i fields = _mm512_set1_epi64(0x0033002700130007LL);
    const __m512i upside_down = _mm512_set1_epi32(0x001F001F);
    Registers *held = &machine->registers;
    __m512i value = _mm512_loadu_si512(held->value), more = _mm512_loadu_si512(held->more);
    __m512i left = _mm512_loadu_si512(held->left), range = _mm512_loadu_si512(held->range);
    __m512i node = _mm512_loadu_si512(held->node), state = _mm512_loadu_si512(held->state);
    __m512i magnitude = _mm512_loadu_si512(held->magnitude);
    __m512i record = _mm512_loadu_si512(held->record);
    uint32_t *records = machine->records;
    uint32_t index[LANES] __attribute__((aligned(64))), words[LANES] __attribute__((aligned(64)));

    while (steps-- > 0) {
        /* A bin takes 7 bits at most. */
        if (__builtin_expect(_mm512_cmplt_epi32_mask(left, _mm512_set1_epi32(7)) != 0, 0)) {
            __mmask16 few = _mm512_cmplt_epi32_mask(left, _mm512_set1_epi32(24));
            for (unsigned rest = few; rest; rest &= rest - 1)
                words[__builtin_ctz(rest)] = next_word(machine, __builtin_ctz(rest));
            __m512i word = _mm512_maskz_loadu_epi32(few, words);
            __m512i taken = _mm512_add_epi32(left, _mm512_set1_epi32(9));
            value = _mm512_or_si512(value, _mm512_srlv_epi32(word, taken));
            taken = _mm512_sub_epi32(_mm512_set1_epi32(23), left);
            more = _mm512_mask_sllv_epi32(more, few, word, taken);
            left = _mm512_mask_add_epi32(left, few, left, _mm512_set1_epi32(32));
        }
        _mm512_store_si512(index, _mm512_add_epi32(node, lanes));
        __m512i context = gathered(machine->contexts, index);
        __m512i weight = LOOK_UP(weight0, node, weight1);
        __m512i next0 = LOOK_UP(next00, node, next01), next1 = LOOK_UP(next10, node, next11);
        __mmask16 regular = _mm512_testn_epi32_mask(weight, bit7);

        /* The less probable bin's part of the range. */
        __m512i sum = _mm512_madd_epi16(_mm512_and_si512(context, counters), parts);
        __m512i certainty = _mm512_srai_epi32(_mm512_sub_epi32(sum, middle), 7);
        certainty = _mm512_abs_epi32(certainty);
        __m512i row = _mm512_ternarylogic_epi32(
            _mm512_srli_epi32(range, 23), _mm512_set1_epi32(0xE0), certainty, 0xEA);
        __mmask16 upper = _mm512_test_epi32_mask(range, _mm512_set1_epi32(0x80 << 23));
        __m512i less = _mm512_mask_mov_epi32(
            LOOK_UP(lps0, row, lps1), upper, LOOK_UP(lps2, row, lps3));
        less = _mm512_mask_slli_epi32(_mm512_srli_epi32(range, 1), regular, less, 23);

        /* The bin, and what is left of the range. */
        __m512i limit = _mm512_sub_epi32(range, less);
        __mmask16 is_less = _mm512_cmpge_epu32_mask(value, limit);
        value = _mm512_mask_sub_epi32(value, is_less, value, limit);
        range = _mm512_mask_mov_epi32(limit, is_less, less);
        __m512i shift = _mm512_lzcnt_epi32(range);
        range = _mm512_sllv_epi32(range, shift);
        value = _mm512_shldv_epi32(value, more, shift);
        more = _mm512_sllv_epi32(more, shift);
        left = _mm512_sub_epi32(left, shift);
        __mmask16 bin = (__mmask16)(_mm512_mask_cmpge_epi32_mask(regular, sum, middle) ^ is_less);
        __mmask16 is_0 = (__mmask16)~bin;

        /* Both counters move by what their upper bits say, or those of their negative. */
        __m512i upper_bits = _mm512_mask_sub_epi32(context, is_0, context, less_one);
        upper_bits = _mm512_multishift_epi64_epi8(fields, upper_bits);
        upper_bits = _mm512_mask_xor_epi32(upper_bits, is_0, upper_bits, upside_down);
        __m512i move = _mm512_maskz_permutex2var_epi8(
            0x5555555555555555ULL, curve0, upper_bits, curve1);
        __m512i moved = _mm512_add_epi32(context, move);
        moved = _mm512_mask_sub_epi32(moved, is_0, context, move);
        _mm512_store_si512(words, moved);
        scattered(machine->contexts, index, words);

        /* The next node, of this level or the next. */
        magnitude = _mm512_mask_add_epi32(magnitude, bin, magnitude, _mm512_rolv_epi32(one, weight));
        node = _mm512_mask_mov_epi32(next0, bin, next1);
        __mmask16 ends = _mm512_test_epi32_mask(node, bit7);
        __m512i level = _mm512_rol_epi32(magnitude, 2);
        __m512i key = _mm512_ternarylogic_epi32(_mm512_set1_epi32(15), level, state, 0xCA);
        __m512i after = LOOK_UP_64(after0, key);
        node = _mm512_mask_mov_epi32(node, ends, after);
        state = _mm512_mask_mov_epi32(state, ends, after);
        magnitude = _mm512_mask_mov_epi32(magnitude, ends, LOOK_UP_64(reset0, key));
        __mmask16 not_0 = _mm512_mask_test_epi32_mask(ends, level, one);
        level = _mm512_maskz_compress_epi32(not_0, _mm512_or_si512(level, record));
        _mm512_storeu_si512(records, level);
        records += __builtin_popcount(not_0);
        record = _mm512_mask_add_epi32(record, ends, record, _mm512_set1_epi32(1 << PLACE_SHIFT));
    }
    _mm512_storeu_si512(held->value, value);
    _mm512_storeu_si512(held->more, more);
    _mm512_storeu_si512(held->left, left);
    _mm512_storeu_si512(held->range, range);
    _mm512_storeu_si512(held->node, node);
    _mm512_storeu_si512(held->state, state);
    _mm512_storeu_si512(held->magnitude, magnitude);
    _mm512_storeu_si512(held->record, record);
    return records;
}

/* Let a stream go on in a lane; without one the lane goes round in circles. */
static void enter(Machine *machine, int lane, LaneStream *stream, const LaneTables *tables) {
    Registers *held = &machine->registers;
    machine->streams[lane] = stream;
    machine->past_end[lane] = 0;
    if (stream == NULL) {
        held->value[lane] = held->more[lane] = held->state[lane] = held->magnitude[lane] = 0;
        held->range[lane] = 256U << 23;
        held->left[lane] = 0;
        held->node[lane] = (uint32_t)tables->trap;
        machine->at[lane] = machine->end[lane] = NULL;
        return;
    }
    uint64_t window = stream->value << (55 - stream->bits);
    held->value[lane] = (uint32_t)(window >> 32);
    held->more[lane] = (uint32_t)window;
    held->left[lane] = (uint32_t)stream->bits;
    held->range[lane] = stream->range << 23;
    held->node[lane] = held->state[lane] = (uint32_t)stream->node;
    held->magnitude[lane] = 2 - ((uint32_t)stream->node >> 2 & 1);
    machine->end[lane] = stream->data + stream->size;
    machine->at[lane] = machine->end[lane];
    if (stream->loaded < stream->size)
        machine->at[lane] = stream->data + stream->loaded;
    else
        machine->past_end[lane] = stream->loaded - stream->size;
    memcpy(machine->contexts + lane * LANE_NODES, stream->contexts, 4 * LANE_NODES);
}

/* Give a stream what its lane has come to, at the beginning of a level. */
static void leave(Machine *machine, int lane) {
    Registers *held = &machine->registers;
    LaneStream *stream = machine->streams[lane];
    uint64_t window = (uint64_t)held->value[lane] << 32 | held->more[lane];
    stream->bits = (int32_t)held->left[lane];
    stream->value = window >> (55 - stream->bits);
    stream->range = held->range[lane] >> 23;
    stream->node = (int32_t)held->node[lane];
    stream->loaded = machine->at[lane] - stream->data + machine->past_end[lane];
    memcpy(stream->contexts, machine->contexts + lane * LANE_NODES, 4 * LANE_NODES);
}

static void write_levels(Machine *machine, const uint32_t *end, int halve) {
    int32_t *levels[LANES];
    for (int lane = 0; lane < LANES; lane++)
        levels[lane] = machine->streams[lane] ? machine->streams[lane]->levels : NULL;
    for (const uint32_t *record = machine->records; record < end; record++) {
        int32_t level = (int32_t)(*record & ((1U << PLACE_SHIFT) - 1)) >> (2 + halve);
        uint32_t place = *record >> PLACE_SHIFT & ((1U << (LANE_SHIFT - PLACE_SHIFT)) - 1);
        levels[*record >> LANE_SHIFT][place] = *record & 2 ? -level : level;
    }
}

static LaneStream *taken(LaneStream *streams, int64_t count, long long *next) {
    if (__atomic_load_n(next, __ATOMIC_RELAXED) >= count)
        return NULL;
    int64_t number = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED);
    return number < count ? streams + number : NULL;
}

int lanes_decode(LaneStream *streams, int64_t count, long long *next, const LaneTables *tables) {
    Machine *machine = calloc(1, sizeof(Machine));
    size_t largest = (size_t)lanes_largest_block_row(streams, count);
    int32_t *scratch = malloc(sizeof(int32_t) * (largest ? largest : 1));
    if (machine == NULL || scratch == NULL) {
        free(machine);
        free(scratch);
        return -1;
    }
    Registers *held = &machine->registers;
    int active = 0;
    for (int lane = 0; lane < LANES; lane++) {
        LaneStream *stream = taken(streams, count, next);
        enter(machine, lane, stream, tables);
        active += stream != NULL;
    }
    while (active > 0) {
        /* When too few are left, each leaves as soon as it is at the beginning of a level. */
        int few = active < LANE_FEWEST;
        int64_t steps = few ? 1 : STEPS;
        for (uint32_t lane = 0; lane < LANES; lane++) {
            held->record[lane] = lane << LANE_SHIFT;
            LaneStream *stream = machine->streams[lane];
            if (stream != NULL && stream->count < steps)
                steps = stream->count;
        }
        write_levels(machine, steps_of(machine, tables, steps), tables->halve);
        for (uint32_t lane = 0; lane < LANES; lane++) {
            LaneStream *stream = machine->streams[lane];
            if (stream == NULL)
                continue;
            uint32_t ended = (held->record[lane] - (lane << LANE_SHIFT)) >> PLACE_SHIFT;
            stream->levels += ended;
            stream->count -= ended;
            stream->failed = held->node[lane] == (uint32_t)tables->trap ||
                             machine->past_end[lane] > MOST_PAST_END;
            if (stream->count > 0 && !stream->failed && !(few && ended))
                continue;
            leave(machine, (int)lane);
            if (stream->count == 0 && !stream->failed && stream->block_row != NULL)
                lanes_put_in_place(stream, scratch);
            stream = taken(streams, count, next);
            enter(machine, (int)lane, stream, tables);
            active -= stream == NULL;
        }
    }
    free(machine);
    free(scratch);
    return 0;
}

#else

int lanes_supported(void) {
    return 0;
}

int lanes_decode(LaneStream *streams, int64_t count, long long *next, const LaneTables *tables) {
    (void)streams, (void)count, (void)next, (void)tables;
    return -1;
}

#endif
